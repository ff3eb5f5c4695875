"""Log the results of a study to MLflow or Weights & Biases."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ftcompare.api.records import PairRecord, RateRecord, ResultsRecord, installed_library
from ftcompare.api.study import OpenStudy, StrPath
from ftcompare.core.errors import UserError
from ftcompare.core.version import VERSION

if TYPE_CHECKING:
    from ftcompare.app.release.gate_report import GateReport  # it loads scipy

_ROOT = "ftcompare"
_NOT_IN_NAMES = re.compile(r"[^\w. -]")  # MLflow takes no other characters in a part of a metric's name
_COUNTS = ("prompts", "judgments", "ties", "both_bad", "e_value")


def log_to_mlflow(
    study: OpenStudy, *, gate: StrPath | Mapping[str, Any] | None = None, report: bool = True
) -> Mapping[str, float]:
    """Log the results of a study to the active run of MLflow, and return the metrics.

    Without an active run, MLflow starts one. For each pair of systems, the metrics are the win rate of the
    second system with its limits, and the counts, under names such as `ftcompare/tuned vs base/win_rate`.
    Withheld and undefined figures are left out. Title, version, and the outcome of a release check become
    tags. The report becomes an artifact in the folder `ftcompare`.

    Args:
        study: An open study.
        gate: A release check to run and log, as in `OpenStudy.gate`. Its conditions are metrics, too: 1 if a
            condition holds, else 0.
        report: Whether to log the report. It contains prompts, answers, and comments.

    Raises:
        EnvironmentFault: `no-tracking`, because MLflow is not installed.
    """
    mlflow: Any = installed_library("mlflow", "Logging", "no-tracking")
    metrics, facts = _figures_and_facts(study, gate)
    mlflow.log_metrics(metrics)
    mlflow.set_tags({f"{_ROOT}.{name}": text for name, text in facts.items()})
    if report:
        with _report(study) as path:
            mlflow.log_artifact(str(path), _ROOT)
    return metrics


def log_to_wandb(
    study: OpenStudy,
    *,
    run: Any = None,
    gate: StrPath | Mapping[str, Any] | None = None,
    report: bool = True,
) -> Mapping[str, float]:
    """Log the results of a study to a run of Weights & Biases, and return the metrics.

    The metrics are those of `log_to_mlflow`. Title, version, and the outcome of a release check are added to
    the run's configuration, and the report becomes an artifact of the type `report`.

    Args:
        study: An open study.
        run: A run that `wandb.init` returned. Default: the active run.
        gate: A release check to run and log, as in `OpenStudy.gate`.
        report: Whether to log the report. It contains prompts, answers, and comments.

    Raises:
        EnvironmentFault: `no-tracking`, because wandb is not installed.
        UserError: `no-run`, because no run is active.
    """
    wandb: Any = installed_library("wandb", "Logging", "no-tracking")
    active = run or wandb.run
    if active is None:
        raise UserError("No run is active.", how="Call wandb.init first.", code="no-run")
    metrics, facts = _figures_and_facts(study, gate)
    active.log(metrics)
    active.config.update({_ROOT: facts}, allow_val_change=True)
    if report:
        with _report(study) as path:
            artifact = wandb.Artifact(path.stem, type="report")
            artifact.add_file(str(path))
            active.log_artifact(artifact)
    return metrics


@contextmanager
def _report(study: OpenStudy) -> Iterator[Path]:
    with TemporaryDirectory(prefix="ftcompare-") as folder:
        yield study.save_report(Path(folder, f"{_ROOT}-report.html"))


def _figures_and_facts(
    study: OpenStudy, gate: StrPath | Mapping[str, Any] | None
) -> tuple[dict[str, float], dict[str, str]]:
    results, checked = study.results(), None if gate is None else study.gate(gate)
    found = dict([*_of_study(results), *(() if checked is None else _of_gate(checked))])
    known = {name: value for name, value in found.items() if value is not None and math.isfinite(value)}
    metrics = {f"{_ROOT}/{name}": float(value) for name, value in known.items()}
    facts = {"title": results.title, "version": VERSION}
    if not results.intact:
        facts["integrity"] = "The study was altered. Do not rely on these figures."
    if checked is not None:
        failed = ", ".join(dict.fromkeys(one.name for one in checked.conditions if not one.holds))
        facts["release_check"] = f"failed: {failed}" if failed else "passed"
    return metrics, facts


def _of_study(results: ResultsRecord) -> Iterator[tuple[str, float | None]]:
    yield "prompts", results.prompts
    yield "judgments", results.judgments
    yield "raters", results.raters
    yield "agreement", results.agreement["krippendorff_alpha"]["ordinal"]
    for pair in results.comparisons:
        title = _NOT_IN_NAMES.sub("_", f"{pair.b} vs {pair.a}")
        group = title if pair.rater_kind == "human" else f"{title}/programs"
        yield from ((f"{group}/{name}", value) for name, value in _of_pair(pair))


def _of_pair(pair: PairRecord) -> Iterator[tuple[str, float | None]]:
    yield "wins", pair.wins_b
    yield "losses", pair.wins_a
    yield from ((name, getattr(pair, name)) for name in _COUNTS)
    yield from _of_rate("win_rate", pair.win_rate_b)
    yield from _of_rate("win_rate_over_raters", pair.win_rate_b_over_raters)


def _of_rate(name: str, rate: RateRecord | None) -> Iterator[tuple[str, float | None]]:
    if rate is not None:
        yield from ((name, rate.value), (f"{name}_low", rate.low), (f"{name}_high", rate.high))


def _of_gate(gate: GateReport) -> Iterator[tuple[str, float]]:
    """Whether the check and each of its conditions holds; of conditions with one name, whether all hold."""
    yield "release_check", gate.holds
    by_name: dict[str, bool] = {}
    for one in gate.conditions:
        name = "/".join(_NOT_IN_NAMES.sub("_", part) for part in (one.tier, one.name) if part)
        by_name[name] = by_name.get(name, True) and one.holds
    yield from ((f"release_check/{name}", holds) for name, holds in by_name.items())
