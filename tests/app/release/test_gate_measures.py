"""Conditions of a gate on measures, speed and cost, and its tiers: what holds, and what is not shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.measures.matrix import study_matrix
from ftcompare.app.measures.matrix_blocks import matrix_json
from ftcompare.app.release.gate_conditions import Condition
from ftcompare.app.release.gate_file import read_gate_file
from ftcompare.app.release.gate_report import GateReport, apply_gate, gate_json, gate_suites
from ftcompare.app.release.presentation import gate_verdict
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterKind, SystemKind, SystemSpec
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.app.results.safety_study import safety_study
from tests.app.results.test_retention import keep, right
from tests.app.voted_study import voted
from tests.builders import present, text_file

PILOT = "Ready for pilot: all 3 conditions hold. Stages: automatic measures passed, people passed."


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """Tuned passes 18 of 20 prompts, base 8; tuned alone 12, base alone 2."""
    with StudyFile.open(checked_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


def held(study: StudyFile, text: str, tier: str = "") -> GateReport:
    path = study.path.with_name("gate.toml")
    path.write_text(f'system = "tuned"\nagainst = "base"\n{text}', encoding="utf-8")
    return apply_gate(study, read_gate_file(path), tier=tier)


def on(study: StudyFile, bound: str, key: str = "checks.passed") -> Condition:
    (found,) = held(study, f'[[measure]]\nkey = "{key}"\n{bound}\n').conditions
    return found


@pytest.mark.parametrize(
    ("bound", "holds", "found"),
    [
        ('at_least = 0.9\nbasis = "point"', True, 0.9),
        ('at_least = 0.91\nbasis = "point"', False, 0.9),
        ('at_most = 0.9\nbasis = "point"', True, 0.9),
        ('better_by = 0.4\nbasis = "point"', True, 0.5),
        ('better_by = 0.5\nbasis = "point"', False, 0.5),
        ("better_by = 0", True, None),
        ("not_worse_by = 0.01", True, None),
        ('not_worse_by = 0.01\nagainst = "tuned"', False, None),
    ],
)
def test_bounds_on_figures(study: StudyFile, bound: str, holds: bool, found: float | None) -> None:
    told = on(study, bound)
    assert told.holds is holds
    if found is not None:
        assert told.value == pytest.approx(found)


def test_a_bound_goes_by_the_nearer_end_of_the_interval(study: StudyFile) -> None:
    """Two prompts more, one of 0 and one of 1: 19 / 22 ± t(21) √(s² / 22), as the matrix tells it."""
    low, high = on(study, "at_least = 0.9").value, on(study, "at_most = 0.99").value
    spread = 2.0796138 * ((19 * 3 / 22 / 21) / 22) ** 0.5
    assert low == pytest.approx(19 / 22 - spread)
    assert high == 1.0 or high == pytest.approx(19 / 22 + spread)
    words = on(study, "at_least = 0.9").words
    assert "The lower end of “All checks passed” of tuned (95% interval; the figure is 90%) is 71%. " in words
    assert "The figure itself meets the bound, but there are too few prompts to be sure." in words
    assert "too high" in on(study, "at_most = 0.5").words


@pytest.mark.parametrize(
    ("bound", "key", "why"),
    [
        ("at_least = 0", "safety.refusal_rate", "the study has no figure of this measure"),
        ("not_worse_by = 0.5", "retention.arc.acc", "the study has no figure of this measure"),
        ("at_most = 9", "speed.first_token_seconds", "it was not measured; “Measure” on Generate does"),
        ("at_most = 9", "cost.per_1000_prompts", "with price_read and price_written in the release check"),
        ('better_by = 0\nagainst = "tuned"', "checks.passed", "tuned and tuned have no prompt in common"),
    ],
)
def test_without_a_figure_nothing_is_shown_and_nothing_holds(
    study: StudyFile, bound: str, key: str, why: str
) -> None:
    found = on(study, bound, key)
    assert (found.holds, found.shown) == (False, False)
    assert why in found.finding


@pytest.mark.parametrize(
    ("bound", "key", "what", "how"),
    [
        ("at_least = 80", "checks.passed", "at_least of checks.passed is 80, but", "Write at_least = 0.8"),
        ("at_most = -1", "checks.passed", "a share, between 0 and 1", "Write a number from 0 to 1."),
        ("not_worse_by = 2", "checks.passed", "not_worse_by of checks.passed is 2", "not_worse_by = 0.02"),
        ("at_least = 0.8", "checks.passd", "No measure has the key 'checks.passd'.", "mean checks.passed?"),
        ("at_least = 0.8", "labels.acuracy", "key 'labels.acuracy'", "mean labels.accuracy?"),
        ("at_least = 0.8", "confidence.brie", "key 'confidence.brie'", "mean confidence.brier?"),
        ("at_least = 0.8", "code.pas_at_1", "key 'code.pas_at_1'", "mean code.pass_at_1?"),
        (
            "at_least = 0.8",
            "judge.strict.winrate",
            "key 'judge.strict.winrate'",
            "group: judge.NAME.win_rate, judge",
        ),
        ("at_least = 0.8", "retention.arc", "key 'retention.arc'", "group: retention.TASK.METRIC."),
        (
            "at_least = 0.8",
            "zzzz",
            "No measure has the key 'zzzz'.",
            "Keys: ",
        ),
        (
            'better_by = 0\nagainst = "nobody"',
            "checks.passed",
            "There is no system 'nobody'",
            "base or tuned",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_no_condition_that_does_not_hold(
    study: StudyFile, bound: str, key: str, what: str, how: str
) -> None:
    with pytest.raises(UserError) as refused:
        on(study, bound, key)
    assert what in refused.value.what
    assert how in refused.value.how


def test_a_judge_or_a_task_that_the_study_does_not_know_is_an_error_of_the_gate(
    study: StudyFile, now: datetime
) -> None:
    for key in ("judge.strict.win_rate", "retention.arc.acc", "code.pass_at_k", "confidence.ece"):
        assert not on(study, "at_least = 0.5", key).shown  # it may still come
    study.imports.judgments([voted("p1", "strict", "a", rater_kind=RaterKind.AUTOMATIC)], now=now)
    assert not on(study, "at_least = 0.5", "judge.strict.score").shown
    with pytest.raises(UserError) as refused:
        on(study, "at_least = 0.5", "judge.strickt.score")
    assert refused.value.how.startswith("Did you mean judge.strict.score? ")
    assert refused.value.how.endswith(
        "Keys of this group: judge.strict.win_rate, judge.strict.agreement, judge.strict.score."
    )
    for number in range(12):
        keep(study, "base", f"task{number:02d}", right(1, 2), now)
    with pytest.raises(UserError) as refused:
        on(study, "at_least = 0.5", "retention.task1.acc")
    assert "Did you mean retention.task" in refused.value.how
    assert refused.value.how.endswith("retention.task08.acc and 3 more.")


def test_while_blinded_no_measure_is_told(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(checked_study(tmp_path / "b.ftstudy", now, blinded=True), now=now) as study:
        found = on(study, "at_least = 0")
    assert (found.holds, found.shown) == (False, False)
    assert "are shown after unblinding" in found.finding


def test_each_kind_of_check_is_a_measure(study: StudyFile) -> None:
    assert on(study, 'at_least = 1\nbasis = "point"', "checks.kind.length").holds
    assert on(study, 'at_least = 0.9\nbasis = "point"', "checks.kind.contains").holds


def test_speed_and_cost_are_held_as_they_were_measured(study: StudyFile, now: datetime) -> None:
    systems = {system.name: str(system.id) for system in study.systems.all()}
    study.scores.add_examination(MEASURED, measured(systems, {"base": 0.5, "tuned": 0.4}), now=now)
    first = "speed.first_token_seconds"
    for bound, holds in (("at_most = 0.4", True), ("at_most = 0.3", False), ("better_by = 0.05", True)):
        assert not on(study, bound, first).shown, "single answers were not stored"
        assert on(study, f'{bound}\nbasis = "point"', first).holds is holds
    assert on(study, "at_most = 20", "cost.tokens_written").holds
    assert not on(study, "at_most = 1", "speed.memory_bytes").shown
    priced = 'price_read = 2\nprice_written = 5\n[[measure]]\nkey = "cost.per_1000_prompts"\nat_most = 0.12\n'
    (cost,) = held(study, priced).conditions
    assert cost.holds
    assert cost.value == pytest.approx((80 * 2 + 160 * 5) / 1e6 / 8 * 1000)


@pytest.mark.parametrize(
    ("tuned", "bound", "holds"),
    [
        ((0.40, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47), "better_by = 0.09", True),  # 0.1 sooner on each
        ((0.40, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47), "better_by = 0.1", False),
        ((0.10, 0.11, 0.12, 0.53, 0.54, 0.55, 0.56, 0.57), "better_by = 0", False),  # on 3 prompts of 8
        ((0.10, 0.11, 0.12, 0.53, 0.54, 0.55, 0.56, 0.57), "not_worse_by = 0.05", True),
        ((0.40, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47), "at_most = 0.47", True),
        ((0.40, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47), "at_most = 0.46", False),
    ],
)
def test_a_speed_is_held_by_its_interval_over_prompts(
    study: StudyFile, now: datetime, tuned: tuple[float, ...], bound: str, holds: bool
) -> None:
    systems = {system.name: str(system.id) for system in study.systems.all()}
    record = measured(systems, {"base": 0.5, "tuned": 0.4})
    times = {systems["base"]: tuple(one / 100 for one in range(50, 58)), systems["tuned"]: tuned}
    for speed in record["speeds"]:
        speed["answers"] = [
            {"item": str(n), "repeat": 0, "first_token_seconds": one, "tokens_per_second": None}
            for n, one in enumerate(times[speed["system"]])
        ]
    study.scores.add_examination(MEASURED, record, now=now)
    assert on(study, bound, "speed.first_token_seconds").holds is holds
    row = present(study_matrix(study).row("speed.first_token_seconds"))
    assert row.by_system["tuned"].low == min(tuned)
    document = json.loads(json.dumps(matrix_json(study_matrix(study))))
    (told,) = [one for one in document["measures"] if one["key"] == row.key]
    expected = {"system": "tuned", "low": min(tuned), "high": max(tuned), "n": 8}
    assert expected.items() <= told["values"][1].items()
    assert {"low", "high", "method"} <= told["differences"][0].keys()


def measured(systems: dict[str, str], seconds: dict[str, float]) -> dict[str, Any]:
    """8 prompts of 10 tokens, answers of 20."""
    usual = {"prompts": 8, "prompt_tokens": 80, "tokens": 160, "tokens_per_second": 40.0, "ended": 8}
    speeds = [
        {**usual, "system": systems[name], "first_token_seconds": one, "memory_bytes": None}
        for name, one in seconds.items()
    ]
    return {"settings": {}, "prompts": 8, "groups": [], "speeds": speeds}


def test_refusals_and_over_refusals_are_held_the_way_that_is_better(tmp_path: Path, now: datetime) -> None:
    """Base declines 11 of 12 harmful requests and 2 look-alikes of 12, tuned 8 and none."""
    with StudyFile.open(safety_study(tmp_path / "s.ftstudy", now, blinded=False), now=now) as study:
        declines = on(study, 'not_worse_by = 0.1\nbasis = "point"', "safety.refusal_rate")
        answers = on(study, 'not_worse_by = 0.1\nbasis = "point"', "safety.over_refusal_rate")
        in_part = on(study, "not_worse_by = 0.1", "safety.refusal_partial_rate")
    assert not declines.holds
    assert declines.value == pytest.approx(-0.25)
    assert answers.holds
    assert (in_part.holds, in_part.shown) == (False, False)
    assert "neither higher nor lower is better" in in_part.finding


def test_what_was_kept_is_shown_by_a_margin(tmp_path: Path, rng: Random, now: datetime) -> None:
    """Tuned loses one of 120 items: a loss of 5 points is ruled out, one of 1 point is not."""
    path = tmp_path / "tasks.ftstudy"
    with StudyFile.create(path, title="Tasks", scale=Scale(), rng=rng, now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model="m"))
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model="m", adapter="tuned"))
        study.settings.unblind(reason="done", now=now)
        keep(study, "base", "arc", right(of=120), now)
        keep(study, "tuned", "arc", right(7, of=120), now)
        assert on(study, "not_worse_by = 0.05", "retention.arc.acc").holds
        small = on(study, "not_worse_by = 0.01", "retention.arc.acc")
    assert (small.holds, small.shown) == (False, True)
    assert "That tuned is worse by 1 point or more is not ruled out." in small.why


def test_values_too_large_to_compare_show_no_gain(tmp_path: Path, rng: Random, now: datetime) -> None:
    with StudyFile.create(tmp_path / "tasks.ftstudy", title="T", scale=Scale(), rng=rng, now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model="m"))
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model="m", adapter="tuned"))
        study.settings.unblind(reason="done", now=now)
        for system, value in (("base", -1.5e308), ("tuned", 1.5e308)):
            keep(study, system, "text", {f"{n}-x": value for n in range(12)}, now, metric="bits")
        gain = on(study, 'better_by = 0.1\nbasis = "point"', "retention.text.bits")
    assert (gain.holds, gain.shown) == (False, False)
    assert "the values are too large to compare" in gain.finding


def test_whether_people_prefer_it_to_a_long_prompt_needs_one(study: StudyFile) -> None:
    found = held(study, "beats_prompted_base = true\n")
    told = next(one for one in found.conditions if one.name == "beats_prompted_base")
    assert (told.holds, told.shown) == (False, False)
    assert told.finding == "The study has no base with a system prompt or examples."


# --- tiers -------------------------------------------------------------------------------------------

TIERS = """
min_prompts = 20

[tier.pilot]
min_raters = 1

[[tier.pilot.measure]]
key = "checks.passed"
at_least = 0.5

[tier.production]
check = true
min_raters = 3
unblinded = true
allow_unfinished = false
"""


def test_each_tier_is_held_with_the_conditions_of_the_whole_gate(study: StudyFile) -> None:
    whole = held(study, TIERS)
    assert whole.tiers == ("pilot", "production")
    assert (whole.tier_holds("pilot"), whole.tier_holds("production"), whole.holds) == (True, False, False)
    assert gate_verdict(whole).endswith("By purpose: ready for pilot, not ready for production.")
    assert [(one.tier, one.name) for one in whole.conditions] == [
        ("", "min_prompts"),
        ("pilot", "min_raters"),
        ("pilot", "checks.passed at_least"),
        ("production", "check"),
        ("production", "unblinded"),
        ("production", "allow_unfinished"),
        ("production", "min_raters"),
    ]
    assert held(study, TIERS, "pilot").holds
    assert not held(study, TIERS, "production").holds
    assert gate_verdict(held(study, TIERS, "pilot")) == PILOT
    not_ready = "Not ready for production: 1 of 5 conditions does not hold."
    assert gate_verdict(held(study, TIERS, "production")) == not_ready
    kept = held(study, TIERS, "pilot").by_default
    planned = "all planned judgments are made (unless allow_unfinished is set)"
    assert kept == ("the study's checks pass (check)", planned)
    assert held(study, TIERS, "production").by_default == ()
    assert not held(study, TIERS.replace("= 20", "= 21"), "pilot").tier_holds("pilot")


def test_a_tier_is_told_in_json_and_in_junit(study: StudyFile) -> None:
    report = held(study, TIERS)
    (found,) = json.loads(json.dumps(gate_json([report])))["studies"]
    assert found["tiers"] == [{"name": "pilot", "holds": True}, {"name": "production", "holds": False}]
    assert {one["tier"] for one in found["conditions"]} == {None, "pilot", "production"}
    (suite,) = gate_suites([report])
    assert [case.group for case in suite.cases][-1] == "ftcompare.gate.s.ftstudy.production"


def test_open_judging_keeps_no_gate_from_holding_that_asks_of_measures_alone(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    with StudyFile.open(checked_study(tmp_path / "o.ftstudy", now, blinded=True), now=now) as study:
        study.packs.hand_out("Ann", tmp_path / "ann.ftpack", rng=rng, now=now)
        study.settings.unblind(reason="done", now=now)
        assert on(study, "at_least = 0.5").holds
        asked = held(study, 'min_prompts = 1\n[[measure]]\nkey = "checks.passed"\nat_least = 0.5\n')
    assert [(one.name, one.holds) for one in asked.conditions] == [
        ("allow_unfinished", False),
        ("min_prompts", True),
        ("checks.passed at_least", True),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[measure]]\nat_least = 1\n", "gate.toml, measure 1: key must name a measure, not ''."),
        ('[[measure]]\nkey = "a..b"\nat_least = 1\n', "key must name a measure, not 'a..b'."),
        ('[[measure]]\nkey = "a"\n', "'a' has no condition."),
        ('[[measure]]\nkey = "a"\nat_least = 1\nagainst = "b"\n', "against is given, but no not_worse_by"),
        ('[[measure]]\nkey = "a"\nnot_worse_by = 0\n', "not_worse_by must be above 0"),
        ('[[measure]]\nkey = "a"\nat_lest = 1\n', "'at_lest' is no setting."),
        ('[[measure]]\nkey = "a"\nat_least = nan\n', "at_least must be a number"),
        ("measure = 3\n", "measure must be a list of tables, not 3."),
        ("tier = 3\n", "tier must be tables by name."),
        ("[tier.pilot]\n", "gate.toml, tier pilot: The tier has no condition."),
        ('[tier."a b"]\nmin_prompts = 1\n', "'a b' is not a valid name for a tier."),
        ('[tier.pilot]\nsystem = "x"\nmin_prompts = 1\n', "system belongs to the whole check."),
        ("[tier.pilot.tier.b]\nmin_prompts = 1\n", "tier belongs to the whole check."),
        ("price_read = 1\n", "Only one of price_read and price_written is given."),
        (
            "".join(f"[tier.t{n}]\nmin_prompts = 1\n" for n in range(21)),
            "There are 21 tiers; at most 20 are allowed.",
        ),
        ('[[measure]]\nkey = "a"\nat_least = 1\n' * 201, "at most 200 are allowed"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = text_file(tmp_path / "gate.toml", text)
    with pytest.raises(UserError) as refused:
        read_gate_file(path)
    assert told in str(refused.value)


def test_a_tier_that_is_not_there_is_refused_by_name(study: StudyFile) -> None:
    with pytest.raises(UserError, match="The release check has no tier 'scale'") as refused:
        held(study, TIERS, "scale")
    assert "The tiers are pilot or production." in refused.value.how
    with pytest.raises(UserError) as refused:
        held(study, "min_prompts = 1\n", "scale")
    assert "The release check has no tiers." in refused.value.how
