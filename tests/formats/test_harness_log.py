"""Results in the harness's logs: each item's metrics, and clear words where a file is none of its logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.lm_eval import read_log
from tests.core.test_generation_settings import sample

NAME = "samples_arc_easy_2026-11-21T20-00-00.123.jsonl"


def log(folder: Path, *samples: dict[str, Any], name: str = NAME) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(one) + "\n" for one in samples), "utf-8")
    return path


def test_every_item_is_read_with_the_task_that_the_name_tells(tmp_path: Path) -> None:
    found = read_log(log(tmp_path, sample(0), sample(1, acc=0)))
    assert (found.task, len(found.digest)) == ("arc_easy", 64)
    assert [item.metrics["acc"] for item in found.items] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([{"doc_id": 0}], r"line 1: A sample lacks doc_hash\."),
        ([sample(), sample()], "stands twice"),
        ([sample(doc_id="x")], "not as the harness writes it"),
        ([sample(metrics=["absent"])], "absent"),
        ([sample(arguments=[])], "not as the harness writes it"),
        ([sample(acc=[1, 2])], "no metric with a number"),
        ([sample(), sample(1, acc=10**400)], r"line 2: The number acc is too large\."),
        ([sample(doc_id=10**400)], "The number doc_id is too large"),
        ([sample(doc_id=[1])], "not as the harness writes it"),
        ([], "empty"),
    ],
)
def test_what_is_no_log_is_refused_in_words(
    tmp_path: Path, samples: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        read_log(log(tmp_path, *samples))


def test_a_line_without_a_finite_number_is_left_out_and_counted(tmp_path: Path) -> None:
    path = log(tmp_path, sample(0), sample(1, acc=float("nan")), sample(2, acc=float("-inf")), sample(3))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(sample(4, acc=1.5)).replace("1.5", "1e999") + "\n")
    found = read_log(path)
    assert (len(found.items), found.left_out) == (2, 3)
    with pytest.raises(UserError, match=r"Passed over: 1 line with NaN or an infinity\."):
        read_log(log(tmp_path, sample(0, acc=float("nan"))))


def test_the_name_must_tell_the_task(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not tell the task"):
        read_log(log(tmp_path, sample(), name="arc.jsonl"))
