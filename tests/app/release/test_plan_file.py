"""A plan file is read whole, or refused with what is wrong in it before anything is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.app.release.plan_file import read_plan_file
from ftcompare.app.study.sealed_plan import Aim, Hypothesis, PlanRules, Stopping
from tests.builders import refusal_code

SYSTEMS = 'system = "tuned"\nagainst = "base"\n'
GATE = 'gate = "gate.toml"\n'
MEASURE = '[[measure]]\nkey = "{key}"\nat_least = 0.9\n'


def test_a_plan_has_hypotheses_rules_and_the_text_of_its_release_check(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(MEASURE.format(key="checks.passed"), "utf-8")
    text = f'{SYSTEMS}stopping = "evidence"\n{GATE}\n[[hypothesis]]\naim = "not_worse"\nmargin = 0.1\n'
    (path := tmp_path / "plan.toml").write_text(text, "utf-8")
    plan = read_plan_file(path)
    one = Hypothesis("tuned", "base")
    assert plan.hypotheses == (one, Hypothesis("tuned", "base", Aim.NOT_WORSE, 0.1))
    assert plan.rules == PlanRules(Stopping.EVIDENCE)
    assert plan.gate == MEASURE.format(key="checks.passed")


@pytest.mark.parametrize(
    ("plan", "gate", "code"),
    [
        (SYSTEMS + GATE, MEASURE.format(key="checks.pased"), "gate-measure"),
        (SYSTEMS + GATE, MEASURE.format(key="terms.preferred"), "gate-measure"),
        (SYSTEMS + GATE, "min_win_rte = 0.5\n", "gate-file"),
        ('system = "tuned"\n', "", "sealed-plan"),
        (f"{SYSTEMS}margin = 0.1\n", "", "sealed-plan"),
        (f'{SYSTEMS}stopping = "soon"\n', "", "sealed-plan"),
        (f"{SYSTEMS}stoping = 1\n", "", "sealed-plan"),
        ("system =\n", "", "sealed-plan"),
    ],
)
def test_a_plan_with_a_mistake_is_refused(tmp_path: Path, plan: str, gate: str, code: str) -> None:
    (tmp_path / "gate.toml").write_text(gate, "utf-8")
    (path := tmp_path / "plan.toml").write_text(plan, "utf-8")
    assert refusal_code(lambda: read_plan_file(path)) == code
