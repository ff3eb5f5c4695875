"""The runs that the window offers for a study now, and what each would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ftcompare.app.results.measure_runs import AskedChoice, AskedConsent, MeasureRun, RunLeft
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class RunOffer:
    """A run with what it needs to be asked in this study.

    Args:
        left: what there is to do.
        options: of its choices by their keys, an id and a title each.
        agreed: titles of what was agreed to before.
    """

    run: MeasureRun
    left: RunLeft
    options: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    agreed: frozenset[str] = frozenset()


def run_offers(study: StudyFile, runs: Sequence[MeasureRun]) -> tuple[RunOffer, ...]:
    """Each run with what it would do now."""
    return tuple(_offer(study, run) for run in runs)


def _offer(study: StudyFile, run: MeasureRun) -> RunOffer:
    choices = (one for one in run.asks if isinstance(one, AskedChoice))
    consents = (one for one in run.asks if isinstance(one, AskedConsent))
    return RunOffer(
        run,
        run.left(study),
        {one.key: tuple(one.options(study)) for one in choices},
        frozenset(one.title for one in consents if one.agreed(study)),
    )
