"""The runs that the window offers for a study now, and the work of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ftcompare.app.results.measure_runs import AskedChoice, AskedConsent, MeasureRun, RunLeft
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class RunOffer:
    """A run, with the values that its questions need in this study.

    Args:
        left: the work to do.
        options: for each choice, by its key: id and title of the items.
        agreed: titles of the consents that were given before.
    """

    run: MeasureRun
    left: RunLeft
    options: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    agreed: frozenset[str] = frozenset()


def run_offers(study: StudyFile, runs: Sequence[MeasureRun]) -> tuple[RunOffer, ...]:
    """Each run that is offered, with the work that it would do now."""
    return tuple(offer for run in runs if (offer := _offer(study, run)).left.text)


def _offer(study: StudyFile, run: MeasureRun) -> RunOffer:
    choices = (one for one in run.asks if isinstance(one, AskedChoice))
    consents = (one for one in run.asks if isinstance(one, AskedConsent))
    return RunOffer(
        run,
        run.left(study),
        {one.key: tuple(one.options(study)) for one in choices},
        frozenset(one.title for one in consents if one.agreed(study)),
    )
