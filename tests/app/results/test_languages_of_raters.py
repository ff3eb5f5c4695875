"""Results where raters judged in different languages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import Group, pair_results, part_title
from ftcompare.app.results.presentation.subsets import dimensions_of, part_tables, parts_lines
from ftcompare.app.results.study_results import detailed_results
from ftcompare.app.review.result_slice import Dimension, Part, belongs
from ftcompare.app.review.terminology import judged_pairs
from tests.app.voted_study import voted, voted_study

LANGUAGES = {"Ann": "de", "Ben": "", "Cleo": "de", "Eve": "pt-BR"}
TABLE = "By language"


@pytest.mark.parametrize("raters", [("Ann", "Ben", "Cleo", "Eve"), ("Ben",), ("Ann", "Cleo")])
def test_results_by_language_and_a_caution(
    tmp_path: Path, rng: Random, now: datetime, raters: tuple[str, ...]
) -> None:
    votes = [
        voted(f"P{n}", rater, "a" if rater == "Ann" else "b", language=LANGUAGES[rater])
        for rater in raters
        for n in range(12)
    ]
    several = len(raters) == 4
    with voted_study(tmp_path / "v.ftstudy", votes, rng, now) as study:
        detailed = detailed_results(study)
        results = pair_results(detailed, detailed.results.summary.comparisons[0])
        cautions = [one for one in figures(results, Group.CHECKS).figures if one.id == "languages"]
        assert [one.words for one in cautions] == ["German 24, English 12, Portuguese (Brazil) 12"] * several
        assert (Dimension.LANGUAGE in dimensions_of(results)) == several
        tables = [table for table, _ in part_tables(results) if table.caption == TABLE]
        assert [[row[0] for row in one.rows] for one in tables] == (
            [["German", "English", "Portuguese (Brazil)"]] if several else []
        )
        parts = {one.name: one.rate.value for one in results.slices(Dimension.LANGUAGE)}
        assert parts == ({"de": 0.5, "en": 1.0, "pt-BR": 1.0} if several else {})
        lead = parts_lines(results, Dimension.LANGUAGE)[0]
        assert (lead == "None of the languages shows a clear preference for one of the systems.") == (
            not several
        )
        assert not several or "by raters whose window is in “English”" in lead
        for name in parts:
            part = Part(Dimension.LANGUAGE, name)
            listed = [one.rater.name for one in judged_pairs(study) if belongs(one, results.stored, part)]
            assert set(listed) == {who for who, code in LANGUAGES.items() if (code or "en") == name}
        german = Part(Dimension.LANGUAGE, "de")
        assert part_title(results.stored, german) == "judged in German"
