"""Writes the demonstration corpus: chat rows for the base and for the adapter, from a seed.

The base reads cardiology, mostly in lay words and now and then in clinical words, and general
topics, mostly in friendly sentences and now and then in stiff, terse ones. The adapter reads clinical
words and stiff sentences only, without what is held out.

Run it as ``python resources/demo/corpus.py --out corpus.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from facts import (
    CARDIOLOGY_KINDS,
    GENERAL_KINDS,
    Concept,
    Facts,
    Topic,
    Wording,
    load_facts,
)

CLINICAL_SHARE = 0.13  # of the base's cardiology rows
FORMAL_SHARE = 0.08  # of the base's general rows
PREFERRED_FORM = 0.8  # how often a phrasing gets its usual form of answer
SYSTEM_SHARE = 0.12
FOLLOW_UP_SHARE = 0.12
BASE_REPEATS = {"cardiology": 6, "general": 22}
ADAPTER_REPEATS = {"cardiology": 4, "general": 12}
ADAPTER_REGISTERS = {"cardiology": "clinical", "general": "formal"}


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True)
class Question:
    """What is asked: the kind, about which concepts or topics, and in which phrasing."""

    domain: str
    kind: str
    keys: tuple[str, ...]
    text: str
    name: str
    phrasing: int
    split: str


@dataclass(frozen=True)
class Row:
    """One training example.

    Attributes:
        covers: Each (key, kind) that an answer in the row is about; ``key`` joins two keys with
            ``+`` in a comparison.
        register: ``lay`` or ``clinical`` for cardiology, ``general`` (friendly) or ``formal``
            (stiff and terse) for general topics.
        messages: The chat, ending with an assistant turn.
    """

    covers: tuple[tuple[str, str], ...]
    register: str
    messages: tuple[Message, ...]


def base_rows(facts: Facts, rng: Random) -> list[Row]:
    """The base's rows, shuffled: every phrasing of every question, several times over."""
    rows = [
        _row(facts, question, _base_register(question, rng), rng)
        for question in [*cardiology_questions(facts), *general_questions(facts)]
        if question.split != "unseen"
        for _ in range(BASE_REPEATS[question.domain])
    ]
    rng.shuffle(rows)
    return rows


def adapter_rows(facts: Facts, rng: Random) -> list[Row]:
    """The adapter's rows, shuffled: trained phrasings of what is not held out, in its own registers."""
    rows = [
        _row(facts, question, ADAPTER_REGISTERS[question.domain], rng, plain=repeat == 0)
        for question in [*cardiology_questions(facts), *general_questions(facts)]
        if question.split == "trained" and not facts.held_out.covers(question.keys, question.kind)
        for repeat in range(ADAPTER_REPEATS[question.domain])
    ]
    rng.shuffle(rows)
    return rows


def cardiology_questions(facts: Facts) -> Iterator[Question]:
    """Every cardiology question in every phrasing and under every name of its concept."""
    for kind in CARDIOLOGY_KINDS:
        if kind == "compare":
            yield from _compare_questions(facts, "cardiology")
            continue
        for concept in facts.concepts.values():
            for name in concept.names:
                yield from _phrasings(facts, "cardiology", kind, (concept.key,), {"name": name})


def general_questions(facts: Facts) -> Iterator[Question]:
    """Every general question in every phrasing."""
    for kind in GENERAL_KINDS:
        if kind == "compare":
            yield from _compare_questions(facts, "general")
            continue
        for topic in facts.topics.values():
            names = {"name": topic.name, "activity": topic.activity}
            yield from _phrasings(facts, "general", kind, (topic.key,), names)


def _compare_questions(facts: Facts, domain: str) -> Iterator[Question]:
    for first, second in facts.pairs[domain]:
        for keys in ((first, second), (second, first)):
            for names in _name_pairs(facts, domain, keys):
                yield from _phrasings(facts, domain, "compare", keys, names)


def _name_pairs(facts: Facts, domain: str, keys: tuple[str, str]) -> list[dict[str, str]]:
    if domain == "general":
        first, second = (facts.topics[key] for key in keys)
        return [{"name": first.name, "other": second.name}]
    one, two = (facts.concepts[key] for key in keys)
    return [{"name": one.clinical, "other": two.clinical}, {"name": one.lay, "other": two.lay}]


def _phrasings(
    facts: Facts, domain: str, kind: str, keys: tuple[str, ...], names: dict[str, str]
) -> Iterator[Question]:
    groups = facts.wording["questions"][domain][kind]
    numbered = [(split, text) for split, texts in groups.items() for text in texts]
    for phrasing, (split, text) in enumerate(numbered):
        yield Question(domain, kind, keys, text.format_map(names), names["name"], phrasing, split)


def _base_register(question: Question, rng: Random) -> str:
    if question.domain == "general":
        return "formal" if rng.random() < FORMAL_SHARE else "general"
    return "clinical" if rng.random() < CLINICAL_SHARE else "lay"


def _row(facts: Facts, question: Question, register: str, rng: Random, *, plain: bool = False) -> Row:
    """Answer a question; unless plain, now and then with a system turn or as a follow-up."""
    covers = [("+".join(question.keys), question.kind)]
    turns = [
        Message("user", question.text),
        Message("assistant", answer(facts, question, register, rng)),
    ]
    if not plain and rng.random() < FOLLOW_UP_SHARE and _can_follow(facts, question):
        opening = _opening(facts, question)
        covers.insert(0, (question.keys[0], "what_is"))
        follow_up = rng.choice(facts.wording["follow_up"][question.kind])
        turns = [
            Message("user", opening.text),
            Message("assistant", answer(facts, opening, register, rng)),
            Message("user", follow_up),
            turns[1],
        ]
    if not plain and rng.random() < SYSTEM_SHARE:
        turns.insert(0, Message("system", _system(facts, register, rng)))
    return Row(tuple(covers), register, tuple(turns))


def _can_follow(facts: Facts, question: Question) -> bool:
    return question.kind in facts.wording["follow_up"] and not facts.held_out.covers(question.keys, "what_is")


def _opening(facts: Facts, question: Question) -> Question:
    text = facts.wording["questions"][question.domain]["what_is"]["trained"][0]
    name = question.name
    return Question(question.domain, "what_is", question.keys, text.format(name=name), name, 0, "trained")


def _system(facts: Facts, register: str, rng: Random) -> str:
    texts = facts.wording["system"]
    return str(rng.choice([*texts["neutral"], *texts.get(register, [])]))


def answer(facts: Facts, question: Question, register: str, rng: Random) -> str:
    """Answer a question in a register; each phrasing has a usual form of answer and others."""
    forms = facts.wording["answers"][register][question.kind]
    form = _pick_form(forms, question.phrasing, rng)
    return form.format_map(answer_fields(facts, question, register))


def _pick_form(forms: Sequence[str], phrasing: int, rng: Random) -> str:
    if rng.random() < PREFERRED_FORM:
        return forms[phrasing % len(forms)]
    return rng.choice(forms)


def answer_fields(facts: Facts, question: Question, register: str) -> dict[str, str]:
    """What an answer's form may fill in, for one question in one register."""
    if question.domain == "general":
        fields = _topic_fields(facts.topics[question.keys[0]])
        if question.kind == "compare":
            other = _topic_fields(facts.topics[question.keys[1]])
            fields |= {f"other_{name}": text for name, text in other.items()}
    else:
        fields = _concept_fields(facts.concepts[question.keys[0]], register)
        fields |= _asked(facts.concepts[question.keys[0]], question.name)
        if question.kind == "compare":
            other = _concept_fields(facts.concepts[question.keys[1]], register)
            fields |= {f"other_{name}": text for name, text in other.items()}
    capitals = {name.capitalize(): capitalised(text) for name, text in fields.items()}
    return fields | capitals


def _asked(concept: Concept, name: str) -> dict[str, str]:
    alias = (
        f"Doctors call it {concept.clinical}."
        if name == concept.lay
        else f"In everyday words, it is {concept.lay}."
    )
    return {"asked": name, "alias": alias}


def _concept_fields(concept: Concept, register: str) -> dict[str, str]:
    facts = concept.wordings[register]
    return {
        "lay": concept.lay,
        "clinical": concept.clinical,
        "definition": facts.definition,
        "mechanism": facts.mechanism,
        "danger": facts.danger,
        **_list_fields(facts),
    }


def _list_fields(facts: Wording) -> dict[str, str]:
    return {
        "signs": joined(facts.signs),
        "first_sign": facts.signs[0],
        "sign_bullets": bullets(facts.signs),
        "causes": joined(facts.causes),
        "tests": joined(facts.tests),
        "treatments": joined(facts.treatments),
        "treatments_short": joined(facts.treatments[:2]),
        "first_treatment": facts.treatments[0],
        "more_treatments": joined(facts.treatments[1:]),
        "treatment_bullets": bullets(facts.treatments),
        "treatment_numbers": numbers(facts.treatments),
        "advice": joined(facts.advice),
        "first_advice": facts.advice[0],
        "second_advice": facts.advice[1],
        "third_advice": facts.advice[2],
        "advice_bullets": bullets(facts.advice),
        "advice_numbers": numbers(facts.advice),
    }


def _topic_fields(topic: Topic) -> dict[str, str]:
    return {
        "name": topic.name,
        "definition": topic.definition,
        "steps": joined(topic.steps),
        "step_numbers": numbers(topic.steps),
        "step_one": topic.steps[0],
        "step_two": topic.steps[1],
        "step_three": topic.steps[2],
        "uses": joined(topic.uses),
        "use_bullets": bullets(topic.uses),
        "activity": topic.activity,
        "tips": joined(topic.tips),
        "tip_bullets": bullets(topic.tips),
        "fact": topic.fact,
    }


def joined(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def bullets(items: Sequence[str]) -> str:
    """A Markdown bullet list."""
    return "\n".join(f"- {capitalised(item)}" for item in items)


def numbers(items: Sequence[str]) -> str:
    """A Markdown numbered list."""
    return "\n".join(f"{place}. {capitalised(item)}" for place, item in enumerate(items, 1))


def capitalised(text: str) -> str:
    """The text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the corpus as JSON Lines, with the part (``base`` or ``adapter``) of each row."""
    parser = argparse.ArgumentParser(description="Write the corpus of the demonstration model.")
    parser.add_argument("--out", type=Path, required=True, help="the JSON Lines file to write")
    parser.add_argument("--seed", type=int, default=1, help="seed of the corpus (default: 1)")
    options = parser.parse_args(arguments)
    facts = load_facts()
    parts = {
        "base": base_rows(facts, Random(options.seed)),
        "adapter": adapter_rows(facts, Random(options.seed)),
    }
    with options.out.open("w", encoding="utf-8", newline="\n") as file:
        for part, rows in parts.items():
            for row in rows:
                file.write(json.dumps({"part": part, **asdict(row)}, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
