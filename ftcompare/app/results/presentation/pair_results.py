"""One pair of systems as it may be told now: what every block of it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.study_results import DetailedResults, EvidencePath, Variant
from ftcompare.app.review.result_slice import Dimension
from ftcompare.core.disclosure import Disclosure
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.criteria import CriteriaResults
from ftcompare.stats.summary import PairSummary, Summary, SummarySlice

SPLITS: Mapping[str, str] = {
    Split.TRAINED.value: "Trained",
    Split.PARAPHRASE.value: "Paraphrase",
    Split.HELD_OUT.value: "Held out",
}


@dataclass(frozen=True, slots=True)
class PairResults:
    """A pair of systems in front, with what is known of the whole study.

    Args:
        stored: the pair under the names that may be told now.
        pair: the same under names fit for a line.
        found: the results of the study: they hold only what may be told.
        checks: on blind and raters; None where they were not computed.
        tuned: whether b is fine-tuned and a is not.
        details: criteria, strengths and reasons of the pair.
        variants: the pair without what is left out; None where nothing of it remains.
        own_templates: names, fit for a line, of those of the two that are asked with their own chat template.
    """

    stored: PairSummary
    pair: PairSummary
    found: DetailedResults
    checks: BlindChecks | None = None
    tuned: bool = False
    details: CriteriaResults = field(default_factory=CriteriaResults)
    variants: tuple[tuple[Variant, PairSummary | None], ...] = ()
    own_templates: tuple[str, ...] = ()

    @property
    def disclosure(self) -> Disclosure:
        """What of the study may be told."""
        return self.found.results.disclosure

    @property
    def summary(self) -> Summary:
        """The results of the study, as numbers."""
        return self.found.results.summary

    @property
    def path(self) -> EvidencePath:
        """How the evidence of the pair grew."""
        return self.found.evidence[self.stored.a, self.stored.b, self.stored.rater_kind]

    @property
    def title(self) -> str:
        """Which two, and who judged."""
        return pair_title(self.pair)

    @property
    def by_programs(self) -> bool:
        """Whether no person has judged."""
        return all(pair.rater_kind is RaterKind.AUTOMATIC for pair in self.summary.comparisons)

    def slices(self, *dimensions: Dimension) -> tuple[SummarySlice, ...]:
        """The parts of the results by some dimensions, in the order of these."""
        return tuple(s for by in dimensions for s in self.pair.slices if s.dimension == by.value)


def pair_results(
    found: DetailedResults, stored: PairSummary, checks: BlindChecks | None = None
) -> PairResults:
    """One pair of a study's results, as far as it may be told.

    Args:
        found: of the study.
        stored: one of its comparisons.
        checks: of the study.
    """
    own = [system for system in (stored.b, stored.a) if system in found.own_templates]
    return PairResults(
        stored=stored,
        pair=shown(stored),
        found=found,
        checks=checks,
        tuned=stored.b in found.tuned and stored.a not in found.tuned,
        details=found.details.of(stored.a, stored.b, stored.rater_kind),
        variants=tuple((v, _shown(v.of(stored))) for v in found.results.variants),
        own_templates=tuple(map(name, own)),
    )


def shown(pair: PairSummary) -> PairSummary:
    """The same with the names of its systems fit for a line. Slices keep theirs: they lead to comparisons."""
    return replace(pair, a=name(pair.a), b=name(pair.b))


def _shown(pair: PairSummary | None) -> PairSummary | None:
    return shown(pair) if pair else None


def pair_title(pair: PairSummary) -> str:
    """Which two, and who judged."""
    both = f"{name(pair.b)} against {name(pair.a)}"
    return f"{both} (automatic raters)" if pair.rater_kind is RaterKind.AUTOMATIC else both


def slice_name(dimension: str, stored: str) -> str:
    """What a split, category, tag or rater is called; of ``all`` the whole."""
    if dimension == Dimension.ALL.value:
        return "All prompts"
    return SPLITS.get(stored, name(stored)) if dimension == Dimension.SPLIT.value else name(stored)
