"""Settings, settings by task, recipes and records of runs: read, refused, kept as they were."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from typing import Any

import pytest

from ftcompare.core.benchmark_items import logged_items, one_number
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import (
    GenerationSettings,
    changes_words,
    fits,
    read_by_task,
    read_settings,
    read_task,
    read_tasks,
    settings_of_task,
    task_lines,
)
from ftcompare.core.hashing import Json
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Message, Recipe, recipe_problem
from ftcompare.core.run_record import (
    EngineReport,
    FixedAnswer,
    Position,
    RunRecord,
    SystemReport,
    SystemVerification,
    newest_reports,
    read_runs,
)

USUAL = GenerationSettings()
UNUSUAL = GenerationSettings(
    max_new_tokens=7, temperature=0.5, top_p=0.9, top_k=3, min_p=0.1, repetition_penalty=1.2,
    stop=("\n",), samples=2, coupling="independent", seed=9, batch_prompts=4, strict=True,
)  # fmt: skip


@pytest.mark.parametrize("settings", [USUAL, UNUSUAL], ids=["usual", "unusual"])
def test_stored_settings_are_the_used_ones(settings: GenerationSettings) -> None:
    assert read_settings({**asdict(settings), "stop": list(settings.stop)}) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_new_tokens", 10**23),
        ("max_new_tokens", "many"),
        ("max_new_tokens", True),
        ("samples", 0),
        ("samples", 10**9),
        ("seed", -1),
        ("seed", 2**31),
        ("top_k", -1),
        ("batch_prompts", 2**40),
        ("temperature", None),
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("top_p", 0),
        ("top_p", 1.5),
        ("min_p", 2),
        ("repetition_penalty", 0.0),
        ("stop", 5),
        ("stop", [5]),
        ("coupling", "loose"),
        ("strict", "no"),
        ("unheard", 1),
    ],
)
def test_what_cannot_be_is_as_by_default(name: str, value: object) -> None:
    assert not fits(name, value)
    assert read_settings({**asdict(UNUSUAL), name: value}) == (
        replace(UNUSUAL, **{name: getattr(USUAL, name)}) if hasattr(USUAL, name) else UNUSUAL
    )


def test_reasoning_with_a_limit_comes_on_top_of_the_answer() -> None:
    assert GenerationSettings(max_new_tokens=30).most_tokens == 30
    assert GenerationSettings(max_new_tokens=30, max_reasoning_tokens=200).most_tokens == 230


def test_a_line_names_a_task_and_its_settings() -> None:
    assert read_task("freeform temperature=0.9 top-k=20") == ("freeform", {"temperature": 0.9, "top_k": 20})
    assert read_task("code max_new_tokens=64 temperature=0") == (
        "code",
        {"max_new_tokens": 64, "temperature": 0.0},
    )
    assert read_tasks(["deterministic", " ", "freeform"]) == {
        "deterministic": {"temperature": 0.0},
        "freeform": {"temperature": 0.7},
    }
    assert read_tasks(task_lines(read_tasks(["a top_k=5 min_p=0.5"]))) == {"a": {"top_k": 5, "min_p": 0.5}}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("code", "No setting is given for the task 'code'."),
        ("code seed=3", "A task cannot have its own setting 'seed'."),
        ("code temperature=warm", "temperature cannot be 'warm'."),
        ("code temperature=-1", "temperature cannot be '-1'."),
        ("code temperature=nan", "temperature cannot be 'nan'."),
        ("code top_p=0", "top_p cannot be '0'."),
    ],
)
def test_what_cannot_be_is_refused_by_name(line: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        read_task(line)
    assert (caught.value.what, caught.value.code) == (what, "task-settings")


def test_they_change_what_they_name_for_their_task_alone() -> None:
    run = GenerationSettings(temperature=0.3, stop=("x",), seed=4)
    by_task = {"free": {"temperature": 0.9, "top_k": 5}}
    assert settings_of_task(run, by_task, "free") == GenerationSettings(
        temperature=0.9, top_k=5, stop=("x",), seed=4
    )
    assert settings_of_task(run, by_task, "other") == settings_of_task(run, by_task, "") == run
    assert changes_words(by_task["free"]) == "temperature 0.9, top k 5"


def test_what_a_study_holds_is_read_as_far_as_it_can_be() -> None:
    stored = {"a": {"temperature": 0.5, "top_p": 7, "seed": 1, "stop": []}, "b": 3}
    assert read_by_task(stored) == {"a": {"temperature": 0.5}}
    assert read_by_task(None) == {}


ASKED, ANSWERED = Message("user", "What is a stent?"), Message("assistant", "A mesh tube.")


@pytest.mark.parametrize(
    "recipe",
    [
        NO_RECIPE,
        Recipe(examples=(ASKED, ANSWERED, ASKED, ANSWERED)),
        *(Recipe(context=name) for name in CONTEXT_TEMPLATES),
        Recipe(context="{question} by {context}; again: {question}"),
        Recipe(template_options=(("enable_thinking", False),), reasoning_markers=(("<r>", "</r>"),)),
    ],
)
def test_a_recipe_that_can_be_asked_has_no_problem(recipe: Recipe) -> None:
    assert recipe_problem(recipe) == ""


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (Recipe(examples=(ASKED,)), "Examples, turn 1: no answer follows the user's turn."),
        (
            Recipe(examples=(ASKED, ANSWERED, ANSWERED)),
            "Examples, turn 3: it must be from the user, not from the assistant.",
        ),
        (
            Recipe(examples=(Message("system", "Be short."),)),
            "Examples, turn 1: it must be from the user, not from the system.",
        ),
        (
            Recipe(examples=(ASKED, Message("assistant", " "))),
            "Examples, turn 2: the assistant's text is empty.",
        ),
        (
            Recipe(context="labeled"),
            "The context template lacks {context} and {question}; or name one of before, after, labelled, "
            "only, none.",
        ),
        (
            Recipe(context="{context}"),
            "The context template lacks {question}; or name one of before, after, labelled, only, none.",
        ),
        (
            Recipe(context="{context}{question}{context}"),
            "The context template has {context} more than once.",
        ),
        (
            Recipe(template_options=(("messages", 1),)),
            "FTCompare always passes messages to a chat template, so it cannot be an option.",
        ),
        (
            Recipe(template_options=(("a b", 1),)),
            "'a b' is not the name of an option of a chat template.",
        ),
        (
            Recipe(reasoning_markers=(("<r>", ""),)),
            "A marker of reasoning is empty. Each marker is a pair of an opening and a closing text.",
        ),
    ],
)
def test_a_recipe_that_cannot_be_asked_says_why(recipe: Recipe, told: str) -> None:
    assert recipe_problem(recipe) == told


REPORT = SystemReport("1", "Llama", 5, None, (), "d", "t", "c", ("A note.",), "e")
ANSWER = FixedAnswer("Say hello.", "Hello.", (Position("H", {"H": -0.5, "h": -1.0}),), 0.25)
RECORD = RunRecord(
    GenerationSettings(temperature=0.5, stop=("\n",)),
    (SystemVerification("1", ok=True, largest_difference=0.0, statement="It is.", answers=(ANSWER,)),),
    EngineReport("cpu", "CPU", "float32", "It was asked for.", (REPORT,), {"torch": "2"}),
)


def test_what_is_stored_is_read_as_it_was() -> None:
    stored = json.loads(json.dumps(RECORD.to_json()))
    assert RunRecord.from_json(stored) == RECORD
    assert set(stored) == {"settings", "proof", "engine"}
    (numbered,) = read_runs([{**stored, "run": 3, "at": "2026-11-21", "live": True}])
    assert (numbered.number, numbered.at, numbered.live) == (3, "2026-11-21", True)
    assert numbered.to_json()["live"] is True


def test_of_systems_that_only_score_there_are_no_settings() -> None:
    assert set(RunRecord().to_json()) == {"proof", "engine"}
    assert RunRecord.from_json({"proof": [], "engine": None}) == RunRecord()


@pytest.mark.parametrize(
    "record",
    [
        {}, {"proof": 3}, {"proof": {"ok": True}}, {"engine": []}, {"engine": 1}, {"settings": None},
        {"proof": [None, {"key": "x", "statement": "."}]}, {"seed": 1, "device": "abacus"}, {"run": "x"},
    ],
)  # fmt: skip
def test_what_is_no_part_of_a_record_is_empty(record: dict[str, Json]) -> None:
    assert RunRecord.from_json(record) == RunRecord()


def test_what_an_older_version_did_not_write_is_empty() -> None:
    engine: dict[str, Json] = {"device_name": "CPU", "systems": [{"key": "2", "digest": "d", "rank": 8}]}
    read = RunRecord.from_json({"engine": engine, "proof": [{"key": "2", "statement": "It acts."}]})
    assert read.engine == EngineReport(
        "", "CPU", "", "", (SystemReport("2", "", 0, 8, (), "d", "", "", ()),), {}
    )
    (verification,) = read.verifications
    assert verification == SystemVerification("2", ok=False, largest_difference=0.0, statement="It acts.")
    assert newest_reports([RECORD, read])["2"].digest == "d"


@pytest.mark.parametrize(
    "answers",
    [None, 3, [{"prompt": "x"}], [{"positions": 3}], [1], [{**asdict(ANSWER), "noise": "loud"}]],
)
def test_answers_that_are_not_whole_are_none(answers: Json) -> None:
    read = RunRecord.from_json({"proof": [{"key": "1", "answers": answers}]})
    assert read.verifications[0].answers == ()


def sample(doc: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "doc_id": doc,
        "doc_hash": "abcdef" * 10,
        "target": "high",
        "arguments": [["What?", {"until": ["."]}]],
        "filtered_resps": ["low"],
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1,
        "prompt_hash": "123456" * 10,
        **fields,
    }


def test_an_item_has_its_metrics_and_what_was_asked_and_replied() -> None:
    (item,) = logged_items([sample(3)])
    assert (item.item, item.metrics) == ("3-abcdefabcdef", {"acc": 1.0})
    record = {"asked": "What?", "target": "high", "replied": ["low"], "prompt": "123456123456"}
    settings = {"choices": item.record["choices"], "settings": ["filter none", 'until ["."]']}
    assert (item.record, item.left_out) == (record | settings, set())


def test_settings_and_choices_are_kept_so_that_equal_ones_compare_equal() -> None:
    def kept(arguments: Any, **fields: Any) -> tuple[object, object]:
        (item,) = logged_items([sample(arguments=arguments, **fields)])
        return item.record["choices"], item.record["settings"]

    run = kept([("Q", {"until": ("\n",), "temperature": 0.0, "do_sample": False})])
    logged = {"until": ["\n"], "temperature": 0, "do_sample": False}
    assert kept({"gen_args_0": {"arg_0": "Q", "arg_1": logged}}) == run
    assert run[1] == ["filter none", "do_sample false", "temperature 0", 'until ["\\n"]']
    assert kept([("Q", {"temperature": math.nan})])[1] == ["filter none", "temperature NaN"]
    assert kept([("Q", " a"), ("Q", " b")]) != kept([("Q", " b"), ("Q", " a")])


@pytest.mark.parametrize(
    ("arguments", "replied"),
    [
        ([["Q", " a"], ["Q", " b"]], [[-1.5, False], [-0.25, True]]),
        ({"gen_args_0": {"arg_0": "Q", "arg_1": " a"}, "gen_args_1": {"arg_0": "Q", "arg_1": " b"}},
         [["-1.5", "False"], ["-0.25", "True"]]),
    ],
)  # fmt: skip
def test_likelihoods_stand_beside_their_choices_in_every_spelling(arguments: Any, replied: Any) -> None:
    (item,) = logged_items([sample(arguments=arguments, filtered_resps=replied)])
    assert item.record["replied"] == [{"text": " a", "found": -1.5}, {"text": " b", "found": -0.25}]


@pytest.mark.parametrize(
    ("replied", "shown"),
    [
        ([-2.5], -2.5),
        ([["one", "two"]], "one"),
        ([[]], "[]"),
        ([7], "7"),
        ([-math.inf], "-inf"),
        ([["1e999", "False"]], "inf"),
    ],
)
def test_other_replies_are_shown_as_text(replied: Any, shown: object) -> None:
    (item,) = logged_items([sample(filtered_resps=replied, arguments=[["Q"]])])
    assert item.record["replied"] == [shown]


def test_metrics_of_several_filters_are_told_apart() -> None:
    (item,) = logged_items([sample(filter="strict", acc=0), sample(filter="loose", acc=1)])
    assert item.metrics == {"acc,strict": 0.0, "acc,loose": 1.0}


def test_of_perplexities_an_items_own_is_taken() -> None:
    metrics = ["word_perplexity", "byte_perplexity", "bits_per_byte", "perplexity", "f1"]
    values: dict[str, Any] = {
        "word_perplexity": (-4.0, 2),
        "byte_perplexity": [-4.0, 8],
        "bits_per_byte": (-4.0, 8),
    }
    (item,) = logged_items([sample(metrics=metrics, **values, perplexity=-4.0, f1=(1, 0))])
    assert item.metrics == {
        "word_perplexity": pytest.approx(math.exp(2), abs=1e-6),
        "byte_perplexity": pytest.approx(math.exp(0.5), abs=1e-6),
        "bits_per_byte": pytest.approx(0.5 / math.log(2), abs=1e-6),
        "loglikelihood": -4.0,
    }
    assert item.left_out == {"f1"}


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "x", (1.0, 0), [1, 2, 3], 10**400, (10**400, 1)])
def test_what_is_no_number_of_an_item_is_none(value: object) -> None:
    assert one_number("bits_per_byte", value) is None


def test_an_item_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="appears twice"):
        list(logged_items([sample(), sample()]))
