"""Prompts with other kinds of context, made of prompts that hold their answer: worked by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.setup import context_maker, study_content
from ftcompare.app.setup.context_maker import (
    KINDS,
    ContextAttempt,
    changed_passages,
    left_out_words,
    make_contexts,
)
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, create_study
from ftcompare.app.setup.recipes import (
    RECIPE_SET,
    add_with_recipe,
    asked_as,
    require_recipes,
    set_recipes,
    system_recipes,
)
from ftcompare.app.study import unblinding
from ftcompare.app.study.audit_log import audit_view, short
from ftcompare.app.study.shown_names import recipe_words
from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.errors import UserError
from ftcompare.core.recipe import NO_RECIPE, Recipe
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile


def spec(key: str, reference: str, *context: str, ids: Sequence[str] = ()) -> PromptSpec:
    names = [*ids, *[""] * len(context)]
    passages = tuple(Passage(name, text) for name, text in zip(names, context, strict=False))
    asked = (Message("user", f"{key}?"),)
    return PromptSpec(key, asked, "wards", reference=reference, checks=("short",), context=passages)


OPENED = "The ward was opened in 1988, and 1988 was a dry year."
BEDS = "It has 30 beds."
WARD = spec("ward", "1988", OPENED, BEDS, ids=("a", "b"))
CAPITAL = spec("capital", "Paris", "The capital of France is Paris.", ids=("a",))
TREATY = spec("treaty", "1648", "The treaty was signed in 1648.")
CITY = spec("city", "Rome", "The treaty was signed in Rome.", "Rome is old.")
WRITTEN_OTHERWISE = spec("ward", "12 March", "It was 12, March.")
FOUR = (WARD, CAPITAL, TREATY, CITY)


def made(
    prompts: Sequence[PromptSpec], kind: ContextKind, key: str = "ward", seed: int = 1, **more: int
) -> PromptSpec:
    found = next(one for one in make_contexts(prompts, [kind], seed=seed, **more) if one.source.key == key)
    assert found.made is not None, found.reason
    return found.made


def why_not(prompts: Sequence[PromptSpec], kind: ContextKind, key: str) -> str:
    found = next(one for one in make_contexts(prompts, [kind], seed=1) if one.source.key == key)
    assert found.made is None
    return found.reason


def texts(of: PromptSpec) -> list[str]:
    return [one.text for one in of.context]


def test_unknown_is_without_the_passages_of_the_answer() -> None:
    found = made(FOUR, ContextKind.UNKNOWN)
    assert found == replace(
        WARD,
        key="ward-unknown",
        context=(Passage("b", BEDS),),
        context_kind=ContextKind.UNKNOWN,
        expects=Expectation.ABSTAIN,
        reference="",
        checks=(),
    )


def test_where_no_passage_would_be_left_another_prompt_s_stands_in() -> None:
    found = made(FOUR, ContextKind.UNKNOWN, "city")
    assert len(found.context) == 2
    assert set(texts(found)) < {OPENED, BEDS, CAPITAL.context[0].text, TREATY.context[0].text}
    alone = [CITY, replace(CITY, key="same")]
    assert why_not(alone, ContextKind.UNKNOWN, "city") == context_maker.NO_OTHERS


def test_counterfactual_says_another_number_wherever_the_answer_stood() -> None:
    found = made(FOUR, ContextKind.COUNTERFACTUAL)
    assert texts(found) == ["The ward was opened in 1648, and 1648 was a dry year.", BEDS]
    assert [one.id for one in found.context] == ["a", "b"]
    assert (found.reference, found.expects) == ("1648", Expectation.ANSWER)
    assert found.context_kind is ContextKind.COUNTERFACTUAL


def test_a_word_is_swapped_with_a_word() -> None:
    found = made(FOUR, ContextKind.COUNTERFACTUAL, "capital")
    assert texts(found) == ["The capital of France is Rome."]


def test_only_an_answer_of_the_same_shape_takes_the_place() -> None:
    dose = spec("dose", "150 mg", "It begins with 150  mg daily.")
    for other in ("75 mg", "200 Units", "1648", "some more mg"):
        reason = why_not([dose, spec("other", other, other)], ContextKind.COUNTERFACTUAL, "dose")
        assert reason == context_maker.NO_SWAP
    found = made([dose, spec("other", "200 mg", "It is 200 mg.")], ContextKind.COUNTERFACTUAL, "dose")
    assert texts(found) == ["It begins with 200 mg daily."]
    twice = spec("red", "red", "Red is a colour, and red it is.")
    assert (
        why_not([twice, spec("o", "blue", "It is blue.")], ContextKind.CONFLICTING, "red")
        == context_maker.NO_SWAP
    )


@pytest.mark.parametrize("kind", [ContextKind.COUNTERFACTUAL, ContextKind.CONFLICTING])
def test_the_shortest_accepted_answer_is_replaced_so_that_the_sentence_stays(kind: ContextKind) -> None:
    first = replace(spec("a", "in 1988", "The ward opened in 1988."), more_references=("1988",))
    second = replace(spec("b", "1990", "It was built in 1990."), more_references=("in 1990",))
    found = made([first, second], kind, "a")
    assert "The ward opened in 1990." in texts(found)
    assert found.reference == ("1990" if kind is ContextKind.COUNTERFACTUAL else "")


def test_conflicting_has_both_the_passage_and_one_that_contradicts() -> None:
    found = made(FOUR, ContextKind.CONFLICTING)
    assert sorted(texts(found)) == sorted([OPENED, BEDS, OPENED.replace("1988", "1648")])
    assert {one.id for one in found.context} == {"a", "b", "a-2"}
    assert (found.reference, found.expects) == ("", Expectation.NAME_CONFLICT)


def test_distracting_keeps_all_and_adds_passages_of_others_without_the_answer() -> None:
    found = made(FOUR, ContextKind.DISTRACTING, distractors=2)
    assert [text for text in texts(found) if text in (OPENED, BEDS)] == [OPENED, BEDS]
    assert len(found.context) == 4
    assert (found.reference, found.checks, found.expects) == ("1988", ("short",), Expectation.ANSWER)
    most = made(FOUR, ContextKind.DISTRACTING, distractors=50)
    assert len(most.context) == 6
    assert {one.id for one in most.context} == {"a", "b", "a-2", ""}


def test_any_accepted_answer_counts() -> None:
    several = replace(WARD, more_references=("nineteen eighty-eight",))
    written = replace(several, context=(*WARD.context, Passage("c", "Opened Nineteen Eighty-Eight.")))
    assert texts(made([written, TREATY], ContextKind.UNKNOWN)) == [BEDS]
    assert why_not([written, TREATY], ContextKind.COUNTERFACTUAL, "ward") == context_maker.OTHER_WORDS


@pytest.mark.parametrize(
    ("prompt", "kind", "reason"),
    [
        (replace(WARD, context=()), ContextKind.UNKNOWN, context_maker.NO_CONTEXT),
        (replace(WARD, reference=" "), ContextKind.UNKNOWN, context_maker.NO_REFERENCE),
        (replace(WARD, reference="1989"), ContextKind.DISTRACTING, context_maker.NOT_THERE),
        (replace(WARD, context_kind=ContextKind.UNKNOWN), ContextKind.UNKNOWN, context_maker.OTHER_KIND),
        (spec("ward", "beds", BEDS), ContextKind.COUNTERFACTUAL, context_maker.NO_SWAP),
        (
            spec("ward", "a b c d e f g", "It is a b c d e f g."),
            ContextKind.CONFLICTING,
            context_maker.LONG_ANSWER,
        ),
        (WRITTEN_OTHERWISE, ContextKind.COUNTERFACTUAL, context_maker.OTHER_WORDS),
        (WRITTEN_OTHERWISE, ContextKind.CONFLICTING, context_maker.OTHER_WORDS),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_left_out_with_the_reason(
    prompt: PromptSpec, kind: ContextKind, reason: str
) -> None:
    others = [TREATY, spec("day", "3 May", "It was 3 May.")]
    assert why_not([prompt, *others], kind, "ward") == reason


def test_what_is_drawn_follows_from_the_seed_alone() -> None:
    every = [make_contexts(FOUR, KINDS, seed=seed) for seed in (1, 1, 2, 3, 4)]
    assert every[0] == every[1]
    assert len(set(every[1:])) > 1
    turned = make_contexts(FOUR, reversed(KINDS), seed=1)
    assert turned == every[0]


def test_ids_are_free_ones() -> None:
    taken = [*FOUR, spec("ward-unknown", "x", "x")]
    keys = [one.made.key for one in make_contexts(taken, [ContextKind.UNKNOWN], seed=1) if one.made]
    assert keys[0] == "ward-unknown-2"
    assert len({*keys}) == len(keys)


def test_what_is_left_out_is_counted_by_kind_and_reason() -> None:
    attempts = make_contexts([WARD, replace(WARD, key="x", context=())], [ContextKind.UNKNOWN], seed=1)
    assert left_out_words(attempts) == (f"Left out, as {context_maker.NO_CONTEXT}: unknown 1.",)


def test_the_passages_that_changed_are_told() -> None:
    (attempt,) = (a for a in make_contexts(FOUR, [ContextKind.UNKNOWN], seed=1) if a.source is WARD)
    assert changed_passages(attempt) == ((OPENED,), ())
    assert changed_passages(ContextAttempt(WARD, ContextKind.UNKNOWN, None, "why")) == ((), ())


# Recipes of a study's systems: set and noted once, told after unblinding, refused once there are answers.


BASE, ADAPTER = str(demo_resources() / "base"), str(demo_resources() / "adapter")
CLINICAL = Recipe("You answer cardiologists.")


@pytest.fixture
def recipe_study(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """A base, the same with a recipe, and an adapter."""
    plan = StudyPlan(
        "t",
        model=BASE,
        adapters=(AdapterChoice("cardiology", ADAPTER),),
        others=(SystemSpec("prompted", SystemKind.BASE, model=BASE),),
        prompt_rows=(PromptSpec("p", (Message("user", "Why?"),)),),
        recipes={"prompted": CLINICAL},
    )
    with create_study(tmp_path / "made.ftstudy", plan, rng=rng, now=now) as study:
        yield study


def noted(study: StudyFile) -> list[object]:
    return [event.detail["digest"] for event in study.audit.entries() if event.kind == RECIPE_SET]


def test_a_recipe_is_noted_in_the_audit_log_each_time_it_changes(
    recipe_study: StudyFile, now: datetime
) -> None:
    assert noted(recipe_study) == [CLINICAL.digest]
    set_recipes(recipe_study, {"prompted": CLINICAL}, now=now)
    set_recipes(recipe_study, {"prompted": NO_RECIPE}, now=now)
    assert noted(recipe_study) == [CLINICAL.digest, ""]
    assert {one.words for one in system_recipes(recipe_study)} == {"the prompt without added instructions"}


def test_the_audit_log_names_the_system_after_unblinding(recipe_study: StudyFile, now: datetime) -> None:
    set_recipes(recipe_study, {"base": CLINICAL, "prompted": NO_RECIPE}, now=now)
    told = f"seal {short(CLINICAL.digest)}"
    assert recipe_lines(recipe_study) == ["no added instructions", told, told]
    prompted, prompt = recipe_study.systems.all()[1], recipe_study.prompts.all()[0]
    run = recipe_study.runs.start({}, now=now)
    recipe_study.responses.store(prompt.id, [ResponseDraft(prompted.id, "So.", FinishReason.END, 2)], run=run)
    unblinding.unblind(recipe_study, "over", now=now)
    assert recipe_lines(recipe_study) == [
        "prompted; no added instructions",
        f"base; {told}",
        f"prompted; {told}",
    ]


def recipe_lines(study: StudyFile) -> list[str]:
    return [line.detail for line in audit_view(study).lines if line.what == "Instructions of a system set"]


def test_once_a_system_has_written_its_recipe_stays(recipe_study: StudyFile, now: datetime) -> None:
    prompted, prompt = recipe_study.systems.all()[1], recipe_study.prompts.all()[0]
    run = recipe_study.runs.start({}, now=now)
    recipe_study.responses.store(prompt.id, [ResponseDraft(prompted.id, "So.", FinishReason.END, 2)], run=run)
    with pytest.raises(UserError, match="has responses"):
        set_recipes(recipe_study, {"base": CLINICAL, "prompted": NO_RECIPE}, now=now)
    assert [one.recipe for one in system_recipes(recipe_study)] == [NO_RECIPE, CLINICAL, NO_RECIPE]
    assert [one.fixed for one in system_recipes(recipe_study)] == [False, True, False]
    assert noted(recipe_study) == [CLINICAL.digest]


def test_the_base_is_added_once_more_with_its_recipe(recipe_study: StudyFile, now: datetime) -> None:
    again = SystemSpec("short", SystemKind.BASE, model=BASE)
    add = partial(study_content.add_system, spec=again)
    add_with_recipe(recipe_study, add, "short", Recipe("Be short."), now=now)
    assert recipe_study.systems.all()[-1].spec == replace(again, recipe=Recipe("Be short."))
    with pytest.raises(UserError, match="already has a system"):
        add_with_recipe(recipe_study, add, "short", Recipe("Be kind."), now=now)
    assert len(recipe_study.systems.all()) == 4


def test_one_of_two_bases_is_removed_and_the_last_one_is_not(recipe_study: StudyFile) -> None:
    base, prompted, _ = (system.id for system in recipe_study.systems.all())
    assert study_content.remove_system(recipe_study, base).systems[0].name == "prompted"
    with pytest.raises(UserError, match="has adapters of “prompted”"):
        study_content.remove_system(recipe_study, prompted)


def test_a_recipe_that_no_system_can_be_asked_by_is_refused(recipe_study: StudyFile, now: datetime) -> None:
    odd = Recipe(examples=(Message("user", "Why?"),))
    with pytest.raises(UserError, match="The instructions of 'base' cannot be used: Examples, turn 1"):
        set_recipes(recipe_study, {"base": odd}, now=now)
    with pytest.raises(UserError, match="Examples, turn 1"):
        asked_as(recipe_study.prompts.all()[0].spec, odd)
    with pytest.raises(UserError, match="The study has none"):
        require_recipes((), {"base": CLINICAL})


def test_a_recipe_is_told_in_words() -> None:
    whole = Recipe(
        "Be short.",
        (Message("user", "A?"), Message("assistant", "B.")),
        context="{question} {context}",
        template_options=(("enable_thinking", False), ("level", 2), ("none", None)),
        reasoning_markers=(("<r>", "</r>"),),
    )
    assert recipe_words(whole) == (
        "system prompt of 9 characters; 1 example; context: a template of its own; "
        "template options: enable_thinking = false, level = 2, none = none; 1 marker of reasoning"
    )
    assert recipe_words(Recipe(context="none")) == "context: left out"
