"""Writes the prompts of the demonstration study and rows of the adapter's training data.

Both, ``prompts.jsonl`` and ``training.jsonl``, come from the corpus's facts.
Run it as ``python resources/demo/study.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from corpus import Message, Question, adapter_rows, capitalised, cardiology_questions, general_questions
from facts import Concept, Facts, load_facts

CATEGORIES = {
    "what_is": "Explanation",
    "overview": "Explanation",
    "signs": "Diagnosis",
    "treatment": "Treatment",
    "compare": "Comparison",
    "advice": "Advice to a patient",
}
GENERAL_CATEGORY = "General topics"
# How many single-turn prompts of each kind for every cardiology split.
CARDIOLOGY_COUNTS = {
    "what_is": 2, "overview": 2, "signs": 4, "treatment": 4, "compare": 3, "advice": 4,
}  # fmt: skip
# General topics, all of them new to the adapter: (kind, keys, split of the phrasing). The base has
# met the phrasings marked `trained`, and nobody those marked `unseen`.
GENERAL = (
    ("what_is", ("volcano",), "trained"),
    ("what_is", ("honeybee",), "unseen"),
    ("how", ("telescope",), "trained"),
    ("how", ("earthquake",), "unseen"),
    ("uses", ("bicycle",), "trained"),
    ("uses", ("chess",), "unseen"),
    ("compare", ("guitar", "piano"), "trained"),
    ("compare", ("volcano", "earthquake"), "unseen"),
    ("overview", ("coffee",), "trained"),
    ("overview", ("cheese",), "unseen"),
    ("tips", ("swimming",), "trained"),
    ("tips", ("sleep",), "trained"),
    ("tips", ("coffee",), "trained"),
    ("what_is", ("piano",), "trained"),
)
SPLITS = ("trained", "paraphrase", "held_out")
WITH_SYSTEM = {  # (kind, key): system turn
    ("advice", "angina"): "You write for patients and their families.",
    ("treatment", "deep-vein-thrombosis"): "You write for cardiologists.",
    ("signs", "mitral-stenosis"): "Answer clearly and briefly.",
}
UNSUITED = {  # (key, kind)
    # An emergency is not lived with at home.
    *(
        (key, "advice")
        for key in ("cardiac-arrest", "ventricular-fibrillation", "cardiogenic-shock", "cardiac-tamponade")
    ),
    # Here the model answers with broken words, mixes concepts up or gives the same answer twice.
    ("heart-failure", "what_is"),
    ("heart-failure", "advice"),
    ("pericarditis", "signs"),
    ("heart-block", "what_is"),
    ("carotid-stenosis", "treatment"),
    ("chronic-venous-insufficiency", "what_is"),
    ("cardiac-tamponade+pericarditis", "compare"),
    ("atrial-fibrillation+supraventricular-tachycardia", "compare"),
}
FOLLOW_UPS = (  # (key, kind, split)
    ("heart-failure", "treatment", "paraphrase"),
    ("aortic-stenosis", "signs", "paraphrase"),
    ("pulmonary-embolism", "treatment", "held_out"),
)
# The prompts that open the study, by id: one of each category, and good to read.
LEADING: dict[str, int] = {
    name: place
    for place, name in enumerate(
        (
            "tips-sleep",
            "treatment-angina",
            "what-is-transient-ischaemic-attack",
            "advice-angina-system",
            "how-telescope",
            "signs-deep-vein-thrombosis",
            "compare-ischaemic-stroke-transient-ischaemic-attack",
            "overview-aortic-stenosis",
        )
    )
}


@dataclass(frozen=True)
class StudyPrompt:
    """One prompt of the study.

    Attributes:
        covers: What is asked about, as in ``corpus.Row``: (key, kind) pairs.
        split: ``trained``: word for word in the adapter's data. ``paraphrase``: about facts in the
            adapter's data, in a phrasing that is not. ``held_out``: about a concept, or a kind of
            question about it, that is not in the adapter's data.
    """

    id: str
    category: str
    split: str
    messages: tuple[Message, ...]
    covers: tuple[tuple[str, str], ...]
    reference: str | None


def study_prompts(facts: Facts, rng: Random) -> list[StudyPrompt]:
    """The study's prompts, in the order of the file: first ``LEADING``, then the others shuffled."""
    singles = [*_cardiology_prompts(facts, rng), *_general_prompts(facts, rng)]
    chats = [_system_prompt(facts, *item) for item in WITH_SYSTEM.items()]
    chats += [_follow_up_prompt(facts, *item) for item in FOLLOW_UPS]
    prompts = [*singles, *chats]
    rng.shuffle(prompts)
    return sorted(prompts, key=lambda prompt: LEADING.get(prompt.id, len(LEADING)))


def prompt_line(prompt: StudyPrompt) -> str:
    """A prompt as one line of ``prompts.jsonl``."""
    entry: dict[str, object] = {
        "id": prompt.id,
        "category": prompt.category,
        "split": prompt.split,
        "messages": [asdict(message) for message in prompt.messages],
    }
    if prompt.reference is not None:
        entry["reference"] = prompt.reference
    return json.dumps(entry, ensure_ascii=False)


def _cardiology_prompts(facts: Facts, rng: Random) -> list[StudyPrompt]:
    questions = list(cardiology_questions(facts))
    rng.shuffle(questions)
    used: Counter[str] = Counter()
    taken = UNSUITED | {(key, kind) for kind, key in WITH_SYSTEM} | {item[:2] for item in FOLLOW_UPS}
    prompts = []
    for kind, count in CARDIOLOGY_COUNTS.items():
        for split in SPLITS:
            matching = [
                question
                for question in questions
                if question.kind == kind and split_of(facts, question) == split
            ]
            for question in _spread(matching, count, used, taken):
                prompts.append(_single(facts, question, split, CATEGORIES[kind]))
    return prompts


def _general_prompts(facts: Facts, rng: Random) -> list[StudyPrompt]:
    questions = list(general_questions(facts))
    return [
        _single(
            facts,
            rng.choice([item for item in questions if (item.kind, item.keys, item.split) == wanted]),
            "held_out",
            GENERAL_CATEGORY,
        )
        for wanted in GENERAL
    ]


def split_of(facts: Facts, question: Question) -> str:
    """Which split a question belongs to."""
    if question.domain == "general" or facts.held_out.covers(question.keys, question.kind):
        return "held_out"
    return question.split


def _spread(
    questions: Sequence[Question],
    count: int,
    used: Counter[str],
    taken: set[tuple[str, str]],
) -> list[Question]:
    """Choose questions about the least used keys, none about a (key, kind) that is taken."""
    chosen: list[Question] = []
    for _ in range(count):
        free = [question for question in questions if _cover(question) not in taken]
        question = min(free, key=lambda item: sum(used[key] for key in item.keys))
        used.update(question.keys)
        taken.add(_cover(question))
        chosen.append(question)
    return chosen


def _cover(question: Question) -> tuple[str, str]:
    return "+".join(sorted(question.keys)), question.kind


def _single(facts: Facts, question: Question, split: str, category: str) -> StudyPrompt:
    return StudyPrompt(
        id=_slug(question.kind, *question.keys),
        category=category,
        split=split,
        messages=(Message("user", question.text),),
        covers=(("+".join(question.keys), question.kind),),
        reference=_reference(facts, question),
    )


def _system_prompt(facts: Facts, target: tuple[str, str], system: str) -> StudyPrompt:
    kind, key = target
    question = next(
        question
        for question in cardiology_questions(facts)
        if (question.kind, question.keys, question.split) == (kind, (key,), "paraphrase")
    )
    return StudyPrompt(
        id=_slug(kind, key, "system"),
        category=CATEGORIES[kind],
        split=split_of(facts, question),
        messages=(Message("system", system), Message("user", question.text)),
        covers=((key, kind),),
        reference=_reference(facts, question),
    )


def _follow_up_prompt(facts: Facts, key: str, kind: str, split: str) -> StudyPrompt:
    concept = facts.concepts[key]
    opening = f"{capitalised(concept.clinical)} is {concept.wordings['lay'].definition}."
    question = next(
        question
        for question in cardiology_questions(facts)
        if (question.kind, question.keys) == (kind, (key,))
    )
    return StudyPrompt(
        id=_slug(kind, key, "follow-up"),
        category=CATEGORIES[kind],
        split=split,
        messages=(
            Message("user", f"What is {concept.clinical}?"),
            Message("assistant", opening),
            Message("user", facts.wording["follow_up"][kind][0]),
        ),
        covers=((key, kind),),
        reference=_reference(facts, question),
    )


def _slug(*parts: str) -> str:
    return "-".join(parts).replace("_", "-")


def _reference(facts: Facts, question: Question) -> str | None:
    """The facts that a right answer rests on, each in clinical words with the lay words behind."""
    if question.domain == "general":
        return None
    return " ".join(_key_facts(facts.concepts[key], question.kind) for key in question.keys)


def _key_facts(concept: Concept, kind: str) -> str:
    lay, clinical = concept.wordings["lay"], concept.wordings["clinical"]
    title = f"{capitalised(concept.clinical)} ({concept.lay}): "
    if kind in {"what_is", "compare", "overview"}:
        return f"{title}{clinical.definition}; in plain words, {lay.definition}."
    name = {"signs": "signs", "treatment": "treatments", "advice": "advice"}[kind]
    pairs = zip(getattr(clinical, name), getattr(lay, name), strict=True)
    return title + "; ".join(f"{formal} ({plain})" for formal, plain in pairs) + "."


TRAINING_ROWS = 600


def training_lines(facts: Facts, prompts: Sequence[StudyPrompt]) -> list[str]:
    """Rows of the adapter's data: all whose question is a prompt, and others in the order of the corpus."""
    rows = [tuple(asdict(one) for one in row.messages) for row in adapter_rows(facts, Random(1))]
    lines = list(dict.fromkeys(json.dumps({"messages": own}, ensure_ascii=False) for own in rows))
    asked = {json.dumps(prompt.messages[-1].content, ensure_ascii=False) for prompt in prompts}
    wanted = [line for line in lines if any(f'"content": {text}' in line for text in asked)]
    others = [line for line in lines if line not in set(wanted)]
    return [*wanted, *others[: TRAINING_ROWS - len(wanted)]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the prompts file."""
    parser = argparse.ArgumentParser(description="Write the demonstration study's prompts.")
    default = Path(__file__).resolve().parent / "prompts.jsonl"
    parser.add_argument("--out", type=Path, default=default, help="the JSON Lines file to write")
    parser.add_argument("--seed", type=int, default=1, help="seed of the choice (default: 1)")
    options = parser.parse_args(arguments)
    prompts = study_prompts(load_facts(), Random(options.seed))
    text = "".join(prompt_line(prompt) + "\n" for prompt in prompts)
    options.out.write_text(text, encoding="utf-8", newline="\n")
    lines = "".join(line + "\n" for line in training_lines(load_facts(), prompts))
    options.out.with_name("training.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
