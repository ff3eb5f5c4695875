"""The example of a gate file: read as it stands, and with every setting in it asked for."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.release.gate import TABLES, Gate
from ftcompare.app.release.gate_file import EXAMPLE, SETTINGS, read_gate_file
from ftcompare.app.release.gate_measures import MEASURE_SETTINGS
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.work_progress import stopped
from ftcompare.core.errors import UserError
from tests.app.voted_study import voted, voted_study
from tests.builders import text_file


def test_the_example_is_a_gate_that_asks_for_the_usual(tmp_path: Path) -> None:
    path = text_file(tmp_path / "gate.toml", EXAMPLE)
    gate = read_gate_file(path)
    assert (gate.check, gate.names_told, gate.min_win_rate, gate.min_prompts) == (True, True, 0.5, 100)
    assert (gate.category_not_worse_than, gate.min_category_prompts) == (0.15, 20)
    assert (gate.min_category, gate.allow_unfinished, gate.condition_count) == (None, False, 7)


def test_it_names_every_setting_and_each_can_be_asked_for(tmp_path: Path) -> None:
    asked = re.sub(r"^# (?=\w+ = |\[)", "", EXAMPLE, flags=re.MULTILINE)
    found = tomllib.loads(asked)
    assert set(found) == {*SETTINGS, *TABLES}
    measures = (*found["measure"], *found["tier"]["pilot"]["measure"])
    assert {name for one in measures for name in one} == set(MEASURE_SETTINGS)
    path = text_file(tmp_path / "gate.toml", asked)
    gate = read_gate_file(path)
    usual = Gate()
    names = [setting.name for setting in fields(Gate)]
    same = {name for name in names if getattr(gate, name) == getattr(usual, name)}
    assert same == {"rater_kind", "agreement", "basis", "speaks_for"}


def test_a_gate_says_which_condition_it_is_at_and_can_be_given_up(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    told: list[tuple[str, float | None]] = []
    gate = Gate(against="base", names_told=True, min_prompts=1)
    with voted_study(tmp_path / "one.ftstudy", [voted("p1", "Ada", "b")], rng, now) as study:
        apply_gate(study, gate, progress=lambda name, share: told.append((name, share)))
        assert told == [("", 0.0), ("unblinded", 0.5), ("min_prompts", 1.0)]

        def give_up(name: str, _share: float | None) -> None:
            told.append((name, None))
            raise stopped()

        with pytest.raises(UserError, match="stopped"):
            apply_gate(study, gate, progress=give_up)
    assert told[-1] == ("", None)
