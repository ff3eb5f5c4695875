"""Themes of comments: groups of embeddings, if both halves of the comments show them and raters do not."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pytest

from ftcompare.stats.comment_themes import LEAST_AGREEMENT, comment_themes, rand_index

Case: TypeAlias = Literal["themes", "styles of raters", "one cloud", "few comments"]


@pytest.mark.parametrize("case", ["themes", "styles of raters", "one cloud", "few comments"])
def test_only_groups_on_which_halves_agree_and_that_are_not_raters_are_themes(case: Case) -> None:
    rng = np.random.default_rng(1)
    count = 20 if case == "few comments" else 60
    groups = np.arange(count) % 2
    raters = groups if case == "styles of raters" else rng.permutation(groups)
    points = rng.normal(size=(count, 12))
    if case != "one cloud":
        points[:, 0] += 60 * groups - 30
    themes = comment_themes(points, raters, rng=rng)
    if case != "themes":
        assert (themes.labels, themes.typical) == (None, ())
        assert (themes.agreement >= LEAST_AGREEMENT) == (case == "styles of raters")
    else:
        assert themes.labels is not None
        assert rand_index(themes.labels, groups) == 1
        assert themes.agreement == pytest.approx(1)
        assert sorted(map(len, themes.typical)) == [30, 30]
