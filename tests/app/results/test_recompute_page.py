"""docs/recompute.md: its blocks, run on a study's exported file, give the figures of ``results --json``."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ftcompare.cli.main import run
from tests.app.scripted_study import scripted_study

PAGE = Path(__file__).parents[3] / "docs" / "recompute.md"
SIZES = [(18, 3), (40, 4), (30, 1)]
"""Prompts and raters. One rater has neither agreement nor an interval over raters."""


class Both(NamedTuple):
    """What the page's blocks leave in their names, and what the program says of the same study."""

    found: dict[str, Any]
    results: Any
    terms: Any

    @property
    def pair(self) -> tuple[dict[str, Any], Any]:
        """The one comparison."""
        (told,) = self.results["comparisons"]
        return self.found["found"][told["a"], told["b"]], told


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: "x".join(map(str, size)))
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("recompute")
    prompts, raters = request.param
    study = str(scripted_study(folder, prompts=prompts, raters=raters, seed=5))
    shown(["export", study, str(folder / "judgments.jsonl"), "--format", "judgments"])
    results, terms = (shown([*command.split(), study, "--json"]) for command in ("results", "terms compare"))
    (folder / "terms.json").write_text(terms, encoding="utf-8")
    return Both(page_run_in(folder), json.loads(results), json.loads(terms))


def shown(command: list[str]) -> str:
    """What a command prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(command) == 0
    return out.getvalue()


def page_run_in(folder: Path) -> dict[str, Any]:
    """The page's blocks as the one script that they are."""
    page = PAGE.read_text(encoding="utf-8")
    script = "".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
        patch.chdir(folder)
        exec(compile(script, str(PAGE), "exec"), names)
    return names


def test_the_file_has_all_kinds_of_lines(both: Both) -> None:
    kinds = {row["kind"] for row in both.found["rows"]}
    assert kinds == {"ordinary", "repeat", "control", "guess"}
    assert len(both.found["votes"]) == both.results["study"]["judgments"]


def test_win_rate_sign_test_and_evidence(both: Both) -> None:
    found, told = both.pair
    assert found["win_rate"] == pytest.approx(told["win_rate_b"]["value"])
    for name in ("sign_test_p", "probability_b_better", "e_value"):
        assert found[name] == pytest.approx(told[name]), name
    assert found["e_value_highest"] == pytest.approx(told["e_value_highest"]["value"])


def test_both_intervals(both: Both) -> None:
    found, told = both.pair
    assert found["over_prompts"] == pytest.approx(ends(told["win_rate_b"]))
    if told["win_rate_b_over_raters"] is None:
        assert found["over_raters"] is None
    else:
        assert found["over_raters"] == pytest.approx(ends(told["win_rate_b_over_raters"]))


def ends(rate: dict[str, float]) -> tuple[float, float]:
    return rate["low"], rate["high"]


def test_equal_length(both: Both) -> None:
    found, told = both.pair
    rate = told["length_controlled_win_rate_b"]
    assert found["equal_length"] == pytest.approx([rate["value"], *ends(rate)], rel=1e-6)


def test_left_or_right(both: Both) -> None:
    told = both.results["position"]
    assert both.found["position"] == pytest.approx(
        {name: told[name] for name in ("left_share", "low", "high")}
    )


def test_agreement(both: Both) -> None:
    told = both.results["agreement"]["krippendorff_alpha"]
    assert both.found["agreement"] == pytest.approx({k: v for k, v in told.items() if v is not None})


def test_terms(both: Both) -> None:
    told = {
        (row["term"], found["system"]): found for row in both.terms["terms"] for found in row["differences"]
    }
    assert len(told) == len(both.found["terms"]) > 0
    for row in both.found["terms"]:
        for name in ("log_ratio", "p", "q", "differs"):
            assert row[name] == pytest.approx(told[row["term"], row["system"]][name]), (row, name)


def test_what_is_known_of_the_raters(both: Both) -> None:
    found, told = both.found, both.results
    repeats = [rater["quality"]["repeats"] for rater in told["raters"]]
    assert found["alike"] == sum(share["hits"] for share in repeats)
    assert len(found["repeats"]) == sum(share["n"] for share in repeats)
    assert found["false_preferences"] == told["controls"]["preferences"]
    assert len(found["controls"]) == told["controls"]["judgments"]
    assert found["bang_index"](told["comparisons"][0]["b"]) == pytest.approx(
        told["blinding"]["bang_index"]["value"]
    )
