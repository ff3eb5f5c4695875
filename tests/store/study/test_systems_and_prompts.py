"""Systems, prompts, glossary, generation and counts as a user gets them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.hashing import Json, digest
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    Message,
    Prompt,
    PromptSpec,
    Rater,
    ResponseDraft,
    Split,
    System,
    SystemKind,
    SystemSpec,
    TermStatus,
    Verdict,
)
from ftcompare.store.study.prompts import messages_digest, prompt_digest
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, hand_out_all, present, refusal_code

DIFFICULT = (
    "",
    "\ufeffstarts with a mark",
    "ends with one\ufeff",
    "Windows\r\nold Mac\rUnix\n",
    "line\u2028paragraph\u2029next\x85end",
    "null\x00in the middle\x00",
    "\x00",
    "\x1b[31mred\x1b[0m \u202eright to left\u202c",
    "combining e\u0301 and \xe9, \U0001f9e0, \U0010ffff, \ufffe",
    "  spaces kept \t ",
    "'; DROP TABLE events; --",
)


def answer(system: System, text: str, reason: FinishReason = FinishReason.END) -> ResponseDraft:
    return ResponseDraft(system.id, text, reason, len(text))


@pytest.mark.parametrize("text", DIFFICULT)
def test_every_text_comes_back_as_it_was(study: StudyFile, text: str, path: Path, now: datetime) -> None:
    system = study.systems.add(SystemSpec("s", SystemKind.BASE, text, text))
    other = study.systems.add(SystemSpec("t", SystemKind.BASE))
    spec = PromptSpec(
        "key" + text,
        (Message("system", text), Message("user", text), Message("assistant", text)),
        text,
        Split.HELD_OUT,
        text,
        (text, "second"),
        (text, "third"),
    )
    (prompt,) = study.prompts.add([spec])
    study.glossary.replace([GlossaryTerm(text, TermStatus.DEPRECATED, text, text, text)], now=now)
    study.responses.store(prompt.id, [answer(system, text), answer(other, text)], run=None)
    hand_out_all(study, now)
    rater = drawn_rater(study, "r", rng=Random(1), now=now)
    item = present(study.judgments.next_item(rater.id))
    study.judgments.judge(item.allocation, Verdict(Choice.TIE, comment=text, flagged=True), now=now)
    study.state.put(text, text)
    study.audit.append("note", {text: [text]}, now=now)
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert again.systems.all()[0].spec.model == text
        assert again.prompts.all() == (prompt,)
        assert again.glossary.terms() == (GlossaryTerm(text, TermStatus.DEPRECATED, text, text, text),)
        assert [response.text for response in again.responses.of_prompt(prompt.id)] == [text, text]
        assert (item.left, item.right, item.messages) == (text, text, spec.messages)
        assert again.judgments.of_item(item.allocation).comment == text
        assert again.state.get(text) == text
        assert again.audit.entries()[-1].detail == {text: [text]}
        assert all(finding.ok for finding in again.check())


@pytest.mark.parametrize("text", [*DIFFICULT, "half \ud83d"])
def test_messages_are_spelled_as_the_canonical_json_that_they_are_proved_by(text: str) -> None:
    messages = (Message("system", text), Message("user", f'"{text}"'))
    assert messages_digest(messages) == digest("messages", [[m.role, m.content] for m in messages])
    assert messages_digest(()) == digest("messages", [])


def test_a_prompt_without_tags_is_proved_as_before_there_were_any() -> None:
    spec = PromptSpec("p", (Message("user", "?"),), "heart", Split.TRAINED, "so", ("check",))
    old: list[Json] = ["p", [["user", "?"]], "heart", "trained", "so", ["check"]]
    assert prompt_digest(spec) == digest("prompt", old)
    assert prompt_digest(replace(spec, tags=("dose",))) == digest("prompt", [*old, ["dose"]])


def test_half_a_character_in_any_text_refuses_all_of_it(
    study: StudyFile, systems: tuple[System, System]
) -> None:
    half = "half \ud83d"
    specs = [PromptSpec("ok", (Message("user", "ok"),)), PromptSpec("bad", (Message("user", half),))]
    assert refusal_code(lambda: study.prompts.add(specs)) == "text-not-unicode"
    assert study.prompts.all() == ()
    (prompt,) = study.prompts.add(specs[:1])
    drafts = [answer(systems[0], "fine"), answer(systems[1], half)]
    assert refusal_code(lambda: study.responses.store(prompt.id, drafts, run=None)) == "text-not-unicode"
    assert study.responses.of_prompt(prompt.id) == ()


def test_a_system_name_is_there_once(study: StudyFile) -> None:
    study.systems.add(SystemSpec("x", SystemKind.BASE))
    assert refusal_code(lambda: study.systems.add(SystemSpec("x", SystemKind.ADAPTER))) == "system-exists"
    assert len(study.systems.all()) == 1


def test_neutral_names_use_the_first_letters_and_tell_no_order(tmp_path: Path, now: datetime) -> None:
    first_names = set()
    for seed in range(12):
        path = tmp_path / f"{seed}.ftstudy"
        with StudyFile.create(path, title="T", scale=Scale(), rng=Random(seed), now=now) as study:
            for name in ("base", "tuned", "third"):
                study.systems.add(SystemSpec(name, SystemKind.BASE))
            names = [system.neutral_name for system in study.systems.all()]
            assert sorted(names) == ["System X", "System Y", "System Z"]
            first_names.add(names[0])
    assert first_names == {"System X", "System Y", "System Z"}


def test_neutral_names_stay_once_something_is_judged(study: StudyFile, ann: Rater, now: datetime) -> None:
    before = [system.neutral_name for system in study.systems.all()]
    item = present(study.judgments.next_item(ann.id))
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
    study.judgments.undo(ann.id, now=now)
    late = study.systems.add(SystemSpec("late", SystemKind.BASE))
    study.systems.remove(late.id)
    study.systems.add(SystemSpec("later", SystemKind.BASE))
    after = [system.neutral_name for system in study.systems.all()]
    assert after[:2] == before
    assert sorted(after) == ["System X", "System Y", "System Z"]


def test_what_has_responses_stays(study: StudyFile, prompts: tuple[Prompt, ...]) -> None:
    spare = study.systems.add(SystemSpec("spare", SystemKind.BASE))
    study.systems.remove(spare.id)
    assert refusal_code(lambda: study.systems.remove(study.systems.all()[0].id)) == "system-has-responses"
    assert [system.name for system in study.systems.all()] == ["plain", "tuned"]


def test_prompts_are_added_all_or_none(study: StudyFile, prompts: tuple[Prompt, ...]) -> None:
    new = PromptSpec("new", (Message("user", "?"),))
    assert refusal_code(lambda: study.prompts.add([new, prompts[3].spec])) == "prompt-exists"
    assert refusal_code(lambda: study.prompts.add([new, new])) == "prompt-exists"
    assert study.prompts.all() == prompts


def test_the_glossary_is_replaced_in_order(study: StudyFile, now: datetime) -> None:
    first = [
        GlossaryTerm("heart attack", TermStatus.DEPRECATED, "mi"),
        GlossaryTerm("b", TermStatus.ADMITTED, "b"),
    ]
    study.glossary.replace(first, now=now)
    assert study.glossary.terms() == tuple(first)
    study.glossary.replace(reversed(first), now=now)
    assert study.glossary.terms() == (first[1], first[0])


def test_generation_can_be_resumed(study: StudyFile, systems: tuple[System, System], now: datetime) -> None:
    base, tuned = systems
    one, two, three = study.prompts.add(PromptSpec(key, (Message("user", key),)) for key in "abc")
    run = study.runs.start({"proof": {"ok": True}, "largest": 0.25}, now=now)
    study.responses.store(one.id, [answer(base, "B"), answer(tuned, "T")], run=run)
    study.responses.mark_failed(two.id, "out of memory", run=run)
    study.responses.mark_failed(two.id, "still out of memory", run=run)
    study.responses.store(three.id, [answer(base, "B")], run=run)
    assert study.responses.failures() == {two.id: "still out of memory"}
    assert study.responses.missing([base.id, tuned.id], 1) == ((two, (0,)), (three, (0,)))
    assert study.responses.missing([base.id], 1) == ((two, (0,)),)
    assert study.responses.missing([], 1) == ()
    counts = study.counts()
    assert (counts.pairs_planned, counts.pairs_written, counts.pairs_failed) == (3, 1, 1)
    study.responses.store(two.id, [answer(base, "B"), answer(tuned, "T", FinishReason.LENGTH)], run=run)
    study.responses.store(three.id, [answer(base, "B"), answer(tuned, "T")], run=run)
    assert study.responses.failures() == {}
    assert study.responses.missing([base.id, tuned.id], 1) == ()
    counts = study.counts()
    assert (counts.prompts, counts.pairs_planned, counts.pairs_written, counts.pairs_failed) == (3, 3, 3, 0)
    assert counts.responses == {base.id: 3, tuned.id: 3}
    assert counts.finish[tuned.id] == {FinishReason.END: 2, FinishReason.LENGTH: 1}
    (record,) = study.runs.all()
    assert record["largest"] == 0.25
    assert record["run"] == run
    assert study.audit.entries()[-1].kind == "run-started"


def test_a_response_is_never_replaced(study: StudyFile, systems: tuple[System, System]) -> None:
    base, tuned = systems
    (prompt,) = study.prompts.add([PromptSpec("a", (Message("user", "a"),))])
    study.responses.store(prompt.id, [answer(base, "first")], run=None)
    drafts = [answer(tuned, "T"), answer(base, "second")]
    assert refusal_code(lambda: study.responses.store(prompt.id, drafts, run=None)) == "response-exists"
    assert [response.text for response in study.responses.of_prompt(prompt.id)] == ["first"]
    study.responses.store(prompt.id, [answer(base, "first")], run=None)
    assert [response.text for response in study.responses.all()] == ["first"]


def test_every_two_systems_are_compared_whenever_they_come(
    study: StudyFile, prompts: tuple[Prompt, ...], ann: Rater, now: datetime
) -> None:
    third = study.systems.add(SystemSpec("third", SystemKind.ADAPTER))
    assert study.counts().pairs_planned == 3 * len(prompts)
    for prompt in prompts:
        study.responses.store(prompt.id, [answer(third, "3")], run=None)
    assert study.counts().pairs_written == 3 * len(prompts)
    assert study.allocations.draw(ann.id, rng=Random(1), now=now) == 2 * len(prompts)


def test_all_responses_are_streamed_in_order(study: StudyFile, systems: tuple[System, System]) -> None:
    added = study.prompts.add(PromptSpec(f"{i}", (Message("user", "?"),)) for i in range(600))
    with study.atomic():
        for prompt in added:
            study.responses.store(prompt.id, [answer(systems[0], prompt.spec.key)], run=None)
    assert [response.text for response in study.responses.all()] == [f"{i}" for i in range(600)]
