"""What the harness logs of an item is taken as numbers of that item, whatever its task."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ftcompare.core.benchmark_items import logged_items, one_number


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
    with pytest.raises(ValueError, match="stands twice"):
        list(logged_items([sample(), sample()]))
