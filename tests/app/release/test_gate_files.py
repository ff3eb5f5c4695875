"""What a gate file may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.app.release.gate import AgreementMeasure, Gate
from ftcompare.app.release.gate_conditions import PartBasis
from ftcompare.app.release.gate_file import read_gate_file
from ftcompare.app.release.released_pair import SpeaksFor
from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterKind


def gate_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_every_condition(tmp_path: Path) -> None:
    text = """
system = "cardiology"
against = "base"
rater_kind = "automatic"
check = true
unblinded = true
allow_unfinished = true
min_judgments = 300
min_prompts = 100
min_raters = 3
max_exclusions = 1
max_false_preferences = 0.2
max_blinding_high = 0.3
max_blinding_index = 0.2
max_self_naming = 0.02
agreement = "percent"
min_agreement = 0.6
min_win_rate = 0.5
not_worse_than = 0.05
speaks_for = "these_raters"
basis = "point"
min_category = 0.4
category_not_worse_than = 0.1
min_category_prompts = 10
min_split = 0.45
split_not_worse_than = 0.15
min_split_prompts = 20
min_tag = 0.35
tag_not_worse_than = 0.2
min_tag_prompts = 5
min_e_value = 20
"""
    assert read_gate_file(gate_file(tmp_path, text)) == Gate(
        system="cardiology",
        against="base",
        rater_kind=RaterKind.AUTOMATIC,
        check=True,
        names_told=True,
        allow_unfinished=True,
        min_judgments=300,
        min_prompts=100,
        min_raters=3,
        max_exclusions=1,
        max_false_preferences=0.2,
        max_blinding_high=0.3,
        max_blinding_index=0.2,
        max_self_naming=0.02,
        agreement=AgreementMeasure.PERCENT,
        min_agreement=0.6,
        min_win_rate=0.5,
        not_worse_than=0.05,
        speaks_for=SpeaksFor.THESE_RATERS,
        basis=PartBasis.POINT,
        min_category=0.4,
        category_not_worse_than=0.1,
        min_category_prompts=10,
        min_split=0.45,
        split_not_worse_than=0.15,
        min_split_prompts=20,
        min_tag=0.35,
        tag_not_worse_than=0.2,
        min_tag_prompts=5,
        min_e_value=20.0,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_winrate = 0.5\nmax = 1", "'min_winrate', 'max' are no settings."),
        ("check = true\nmin_win_rate = half", "at line 2, column 16"),
        ("min_win_rate = 50", "min_win_rate must be a number from 0 to 1, not 50."),
        ("min_win_rate = nan", "min_win_rate must be a number from 0 to 1, not nan."),
        ("min_win_rate = true", "min_win_rate must be a number from 0 to 1, not true."),
        ("min_e_value = inf", "min_e_value must be a number from 0 on, not inf."),
        ("min_raters = 2.5", "min_raters must be a whole number from 0 on, not 2.5."),
        ("max_exclusions = -1", "max_exclusions must be a whole number from 0 on, not -1."),
        ("check = 1", "check must be true or false, not 1."),
        ("system = 1", "system must be text, not 1."),
        ('agreement = "kappa"', "agreement is 'kappa'."),
        ('agreement = "percent"\nmin_agreement = -0.1', "min_agreement must be a number from 0 to 1"),
        ('speaks_for = "these_raters"', "speaks_for is given, but no min_win_rate or not_worse_than."),
        ('speaks_for = "all"', "speaks_for is 'all'."),
        ("min_category_prompts = 3", "is given, but no min_category or category_not_worse_than."),
        ("min_tag_prompts = 3", "min_tag_prompts is given, but no min_tag or tag_not_worse_than."),
        ('basis = "point"', "basis is given, but no min_category or min_split or min_tag."),
        ('basis = "both"\nmin_tag = 0.4', "basis is 'both'."),
        ("not_worse_than = 0.5", "not_worse_than must be a number above 0 and below 0.5, not 0.5."),
        ("not_worse_than = 0", "not_worse_than must be a number above 0 and below 0.5, not 0."),
        ("not_worse_than = -0.05", "not_worse_than must be a number above 0 and below 0.5, not -0.05."),
        ("not_worse_than = 5", "not_worse_than must be a number above 0 and below 0.5, not 5."),
        ("split_not_worse_than = nan", "split_not_worse_than must be a number above 0 and below 0.5"),
        ("tag_not_worse_than = true", "tag_not_worse_than must be a number above 0 and below 0.5, not true."),
        ('not_worse_than = "5%"', "not_worse_than must be a number above 0 and below 0.5, not '5%'."),
        ("allow_unfinished = 1", "allow_unfinished must be true or false, not 1."),
        ('agreement = "percent"', "agreement is given, but no min_agreement."),
    ],
)
def test_a_bad_file_is_refused_by_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_gate_file(gate_file(tmp_path, text))
    assert caught.value.code == "gate-file"
    assert caught.value.where == "gate.toml"
    assert said in caught.value.what
