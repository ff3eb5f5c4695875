"""Recipes of systems, contexts and turns of prompts, reasoning of responses: kept, and found when altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.conversation import asked_messages
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.recipe import CONTEXT_TEMPLATES, LEFT_OUT, Recipe
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    System,
    SystemKind,
    SystemSpec,
    TokenCounts,
)
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.prompts import messages_digest, question_digest
from ftcompare.store.study.study_file import StudyFile

QUESTION = (Message("system", "Be short."), Message("user", "What is {context}?"))
PASSAGES = (Passage("s1", "It is {question}."), Passage("", "Nothing."))
WHOLE = PromptSpec(
    "p1",
    QUESTION,
    task="deterministic",
    context=PASSAGES,
    context_kind=ContextKind.CONFLICTING,
    expects=Expectation.NAME_CONFLICT,
    labels=("yes", "no"),
    later_turns=("And why?", "Shorter, please."),
    more_references=("It is so.",),
)
RECIPE = Recipe(
    system_prompt="You are a cardiologist.",
    examples=(Message("user", "What is a stent?"), Message("assistant", "A mesh tube.")),
    context="only",
    template_options=(("enable_thinking", False), ("level", 2)),
    reasoning_markers=(("<r>", "</r>"),),
)


def draft_of(system: System) -> ResponseDraft:
    return ResponseDraft(
        system.id,
        "Last.",
        FinishReason.END,
        2,
        reasoning="Let me think.\n",
        earlier=("First.", ""),
        counts=TokenCounts(prompt=120, reasoning=4),
    )


def test_what_a_prompt_and_a_system_have_comes_back(study: StudyFile, path: Path, now: datetime) -> None:
    spec = SystemSpec("prompted", SystemKind.BASE, "folder", recipe=RECIPE)
    study.systems.add(spec)
    study.prompts.add([WHOLE, PromptSpec("plain", QUESTION)])
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert [prompt.spec for prompt in again.prompts.all()] == [WHOLE, PromptSpec("plain", QUESTION)]
        assert [system.spec for system in again.systems.all()] == [spec]
        assert [finding for finding in again.check() if not finding.ok] == []


def test_reasoning_and_answers_to_earlier_turns_are_kept_beside_the_text(
    study: StudyFile, now: datetime
) -> None:
    system = study.systems.add(SystemSpec("s", SystemKind.BASE, "folder"))
    (prompt,) = study.prompts.add([WHOLE])
    run = study.runs.start({}, now=now)
    draft = draft_of(system)
    study.responses.store(prompt.id, [draft], run=run)
    (stored,) = study.responses.of_prompt(prompt.id)
    assert stored.answers == ("First.", "", "Last.")
    assert (stored.reasoning, stored.counts) == (draft.reasoning, draft.counts)
    assert [finding for finding in study.check() if not finding.ok] == []


@pytest.mark.parametrize(
    "alteration",
    [
        """UPDATE prompts SET fields = replace(fields, 'Nothing', 'Something')""",
        """UPDATE prompts SET fields = replace(fields, 'conflicting', 'known')""",
        """UPDATE prompts SET fields = replace(fields, 'And why', 'And how')""",
        """UPDATE systems SET options = replace(options, 'cardiologist', 'poet')""",
        """UPDATE responses SET reasoning = 'Nothing.'""",
        """UPDATE responses SET earlier = replace(earlier, 'First', 'Second')""",
        """UPDATE responses SET counts = replace(counts, '120', '121')""",
    ],
)
def test_an_alteration_of_any_of_it_is_found(study: StudyFile, now: datetime, alteration: str) -> None:
    system = study.systems.add(SystemSpec("s", SystemKind.BASE, "folder", recipe=RECIPE))
    (prompt,) = study.prompts.add([WHOLE])
    draft = draft_of(system)
    study.responses.store(prompt.id, [draft], run=study.runs.start({}, now=now))
    for row in study._db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        study._db.execute(f"DROP TRIGGER {row['name']}")
    study._db.execute(alteration)
    assert any("altered" in finding.detail for finding in study.check() if not finding.ok)


@pytest.mark.parametrize(
    ("column", "table"), [("fields", "prompts"), ("reasoning", "responses"), ("earlier", "responses")]
)
def test_none_of_it_can_be_changed_by_mistake(
    study: StudyFile, now: datetime, column: str, table: str
) -> None:
    system = study.systems.add(SystemSpec("s", SystemKind.BASE, "folder"))
    (prompt,) = study.prompts.add([WHOLE])
    draft = draft_of(system)
    study.responses.store(prompt.id, [draft], run=study.runs.start({}, now=now))
    with pytest.raises(BugError, match="CONSTRAINT_TRIGGER"):
        study._db.execute(f"UPDATE {table} SET {column} = 'x'")


def test_the_same_words_with_another_context_ask_something_else() -> None:
    other = PromptSpec("p2", QUESTION, context=PASSAGES[:1])
    assert question_digest(PromptSpec("p", QUESTION)) == messages_digest(QUESTION)
    assert len({question_digest(spec) for spec in (WHOLE, other, PromptSpec("p", QUESTION))}) == 3
    # what is expected of an answer is no part of the question
    assert question_digest(other) == question_digest(
        PromptSpec("p", QUESTION, context=PASSAGES[:1], task="x")
    )


def test_answers_from_elsewhere_find_a_prompt_with_context_by_its_id(study: StudyFile, now: datetime) -> None:
    (prompt,) = study.prompts.add([replace(WHOLE, later_turns=())])
    record = OutputRecord(PromptSpec("p1", QUESTION), "other", "It is so.")
    study.imports.outputs([record], now=now)
    assert [one.text for one in study.responses.of_prompt(prompt.id)] == ["It is so."]


@pytest.mark.parametrize(
    ("recipe", "last"),
    [
        (Recipe(), "Context:\n[s1] It is {question}.\n\nNothing.\n\nQuestion:\nWhat is {context}?"),
        (Recipe(context=LEFT_OUT), "What is {context}?"),
        (
            Recipe(context="Q {question}: {context}!"),
            "Q What is {context}?: [s1] It is {question}.\n\nNothing.!",
        ),
    ],
)
def test_a_context_is_put_to_the_question_once(recipe: Recipe, last: str) -> None:
    assert asked_messages(WHOLE, recipe) == (QUESTION[0], Message("user", last))


def test_a_context_is_put_to_the_users_turn_where_a_tools_follows() -> None:
    tool = Message("tool", "42")
    prompt = PromptSpec("p", (Message("user", "Why?"), tool), context=(Passage("", "So."),))
    assert asked_messages(prompt, Recipe(context="before")) == (Message("user", "So.\n\nWhy?"), tool)


def test_a_recipe_takes_the_place_of_instructions_in_the_name_of_the_developer() -> None:
    prompt = PromptSpec("p", (Message("developer", "Be brief."), Message("user", "Why?")))
    asked = asked_messages(prompt, Recipe("Be long."))
    assert asked == (Message("system", "Be long."), Message("user", "Why?"))
    assert asked_messages(prompt, Recipe()) == prompt.messages


def test_a_recipe_asks_with_its_own_system_prompt_and_examples() -> None:
    asked = asked_messages(PromptSpec("p", (*QUESTION, Message("assistant", "…"), QUESTION[1])), RECIPE)
    assert asked == (
        Message("system", "You are a cardiologist."),
        *RECIPE.examples,
        *(QUESTION[1], Message("assistant", "…"), QUESTION[1]),
    )
    assert asked_messages(PromptSpec("p", QUESTION), Recipe()) == QUESTION


def test_recipes_are_told_apart_by_their_digests() -> None:
    changes: list[dict[str, Any]] = [
        {"system_prompt": "x"}, {"examples": RECIPE.examples}, {"context": LEFT_OUT},
        {"template_options": (("enable_thinking", False),)}, {"reasoning_markers": (("<r>", "</r>"),)},
    ]  # fmt: skip
    digests = {Recipe(**change).digest for change in changes}
    assert len(digests) == len(changes)
    assert Recipe().digest == ""
    assert all("{question}" in template for template in CONTEXT_TEMPLATES.values())


def test_one_name_is_for_one_system(study: StudyFile) -> None:
    study.systems.add(SystemSpec("s", SystemKind.BASE, "folder"))
    with pytest.raises(UserError, match="already has a system"):
        study.systems.add(SystemSpec("s", SystemKind.BASE, "folder", recipe=RECIPE))


THOUGHT = "<think>\nHm.\n</think>\n\nIt is so."


def vote(text: str, other: str = "No.") -> JudgmentRecord:
    return JudgmentRecord(QUESTION, "a", "b", text, other, "Ann", choice="a", preference=0.0)


def test_reasoning_is_parted_from_imported_answers(study: StudyFile, now: datetime) -> None:
    records = [
        OutputRecord(PromptSpec("", QUESTION), "a", THOUGHT),
        OutputRecord(PromptSpec("", QUESTION), "b", "It is.", reasoning="Hm, hm."),
        OutputRecord(PromptSpec("", QUESTION), "c", "<think>Hm, so"),
        OutputRecord(PromptSpec("", QUESTION), "d", "Plain."),
    ]
    counts = study.imports.outputs(records, now=now)
    assert (counts.reasoned, counts.unanswered, counts.responses) == (3, 1, 4)
    stored = [(one.reasoning, one.text, one.finish_reason) for one in study.responses.all()]
    assert stored == [
        ("Hm.", "It is so.", FinishReason.IMPORTED),
        ("Hm, hm.", "It is.", FinishReason.IMPORTED),
        ("Hm, so", "", FinishReason.NO_ANSWER),
        ("", "Plain.", FinishReason.IMPORTED),
    ]
    assert study.imports.outputs(records, now=now) == ImportCounts()
    assert [finding for finding in study.check() if not finding.ok] == []


def test_votes_on_answers_with_reasoning_are_votes_on_the_answers(study: StudyFile, now: datetime) -> None:
    counts = study.imports.judgments([vote(THOUGHT)], now=now)
    assert (counts.reasoned, counts.unanswered, counts.judgments) == (1, 0, 1)
    for text in (THOUGHT, "It is so."):
        assert study.imports.judgments([vote(text)], now=now) == ImportCounts()
    (row,) = study.judgments.standing()
    assert (row.comparison.a.text, row.comparison.a.reasoning) == ("It is so.", "Hm.")


def test_an_answer_that_was_stored_with_its_reasoning_stays_as_it_is(study: StudyFile, now: datetime) -> None:
    system = study.systems.add(SystemSpec("a", SystemKind.IMPORTED))
    (prompt,) = study.prompts.add([PromptSpec("p", QUESTION)])
    draft = ResponseDraft(system.id, THOUGHT, FinishReason.IMPORTED)
    study.responses.store(prompt.id, [draft], run=None)
    assert (
        study.imports.outputs([OutputRecord(PromptSpec("", QUESTION), "a", THOUGHT)], now=now)
        == ImportCounts()
    )
    assert study.imports.judgments([vote(THOUGHT)], now=now).reasoned == 0
    assert [one.text for one in study.responses.of_prompt(prompt.id)] == [THOUGHT, "No."]


def test_reasoning_is_parted_from_all_answers_of_an_imported_conversation(
    study: StudyFile, now: datetime
) -> None:
    def said(system: str, *answers: str, reasoning: str = "") -> OutputRecord:
        *earlier, last = answers
        turns = ("And why?",) * len(earlier)
        record = OutputRecord(
            PromptSpec("", QUESTION, later_turns=turns), system, last, earlier=tuple(earlier)
        )
        return replace(record, reasoning=reasoning)

    records = [
        said("a", THOUGHT, "So."),
        said("b", THOUGHT, "Since.", reasoning="Hm."),
        said("c", "No.", "No."),
    ]
    assert study.imports.outputs(records, now=now).responses == 3
    stored = [(one.answers, one.reasoning) for one in study.responses.all()]
    assert stored == [(("It is so.", "So."), ""), (("It is so.", "Since."), "Hm."), (("No.", "No."), "")]
    assert study.imports.outputs(records, now=now) == ImportCounts()
    judged = replace(
        vote("So.", "Since."), later_turns=("And why?",), earlier_a=(THOUGHT,), earlier_b=(THOUGHT,)
    )
    assert study.imports.judgments([judged], now=now).responses == 0
    with pytest.raises(UserError, match="another response of this system"):
        study.imports.outputs([said("c", "Yes.", "No.")], now=now)
