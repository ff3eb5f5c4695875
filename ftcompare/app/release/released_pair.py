"""The released system of a gate, the system to compare with, and the figures of the pair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.app.results.study_results import votes
from ftcompare.app.study.unblinding import open_judging
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterKind
from ftcompare.formats.record_fields import any_of
from ftcompare.stats.agreement import Agreement, agreement
from ftcompare.stats.claims import Claim, ClaimBasis, ClaimScope, NoClaim
from ftcompare.stats.non_inferiority import INTERVAL_LEVEL
from ftcompare.stats.summary import PairSummary, compare
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import LEAST_JUDGMENTS, LEAST_RATERS, Rate
from ftcompare.store.study.study_file import StudyFile


class SpeaksFor(StrEnum):
    """For which raters "better" and "not worse" must hold: other raters of this kind, or the present ones.

    `WIDEST`: other raters of this kind where enough raters judged enough, else the present ones.
    """

    WIDEST = "widest"
    RATERS_LIKE_THESE = "raters_like_these"
    THESE_RATERS = "these_raters"


@dataclass(frozen=True, slots=True)
class PairRequest:
    """Which pair of systems a gate is about."""

    system: str  # the released system; empty for the only one that is not the base
    against: str  # the system to compare with; empty for the only base, or the only other system
    rater_kind: RaterKind
    needed: bool  # whether any condition is about the two systems
    one_sided: bool  # whether any condition is a margin


@dataclass(frozen=True, slots=True)
class ReleasedPair:
    """The data for a gate's figures."""

    # the released system; empty while withheld, and where no condition is about a pair of systems
    system: str
    against: str  # the system to compare with; empty in the same cases
    # the judgments of the two systems; None where there are none, and while withheld
    pair: PairSummary | None
    # the same with the lower ends of one-sided intervals; None where no condition uses them
    one_sided: PairSummary | None
    turned: bool  # whether the released system is ``a``, so that its win rate is 1 minus that of b
    withheld: Withheld | None  # why figures of the released system are not shown; None where they are
    agreement: Agreement  # agreement of all raters of the gate's kind

    @property
    def missing(self) -> str:
        if self.withheld is not None:
            return self.withheld.clause
        return f"nobody has judged {self.system} against {self.against} yet"

    def share(self, of_b: float) -> float:
        """The released system's share, from that of b."""
        return 1 - of_b if self.turned else of_b

    def low(self, rate: Rate | Claim) -> float | None:
        """The lower end of the released system's rate; None where no interval is defined.

        That of a sequential claim is the confidence sequence's.
        """
        end = rate.high if self.turned else rate.low
        if isinstance(rate, Claim) and self.pair is not None and sequential(rate):
            end = self.pair.confidence_sequence[self.turned]
        return None if end is None else self.share(end)


def claim_for(pair: PairSummary, speaks_for: SpeaksFor) -> Claim | None:
    """The claim of a condition; None where it needs other raters of this kind and one rater judged."""
    others = next((claim for claim in pair.claims if claim.scope is ClaimScope.RATERS_LIKE_THESE), None)
    if speaks_for is SpeaksFor.RATERS_LIKE_THESE:
        return others
    if speaks_for is SpeaksFor.THESE_RATERS or others is None or others.low is None:
        return pair.claims[0]
    return others


def no_interval(claim: Claim | None) -> str:
    match claim.reason if claim else NoClaim.TOO_FEW_RATERS:
        case NoClaim.TOO_FEW_RATERS:
            return f"fewer than {LEAST_RATERS} raters judged, too few to represent others"
        case NoClaim.JUDGING_OPEN:
            return "not all planned judgments were made, so only the evidence about these raters counts"
        case NoClaim.UNEQUAL_LOADS:
            return f"fewer than {LEAST_RATERS} raters have {LEAST_JUDGMENTS} judgments or more"
        case _:
            return "all judgments are from one prompt, so there is no interval"


def sequential(claim: Claim) -> bool:
    """Whether a claim rests on evidence about these raters, because judging ended before its plan."""
    return claim.basis is ClaimBasis.SEQUENTIAL and claim.reason is not NoClaim.JUDGING_OPEN


def whom(claim: Claim, raters: int) -> str:
    """For which raters a claim's interval holds, and that two are too few for others."""
    early = ", valid although judging ended before its plan" if sequential(claim) else ""
    if claim.scope is ClaimScope.RATERS_LIKE_THESE:
        return "for other raters of this kind"
    if raters == 1:
        return f"for the one rater{early}"
    few = ", too few to represent others" if raters < LEAST_RATERS else ""
    return f"only for these {raters:,} raters{few}{early}"


def released_pair(study: StudyFile, request: PairRequest) -> ReleasedPair:
    """The two systems of a gate and their figures, as far as these may be shown now.

    Raises `UserError`: ``gate-system`` for an ambiguous release, or a system that the study lacks.
    """
    table = tabulate(vote for vote in votes(study) if vote.rater_kind is request.rater_kind)
    left = open_judging(study)
    pairs, agreed = compare(table, finished=left.finished, planned=left.each), agreement(table)
    withheld = study.settings.read().disclosure.withheld(Subject.RELEASE_FIGURES)
    if withheld is not None:
        # In a single pair, a property of both systems reveals nothing about either.
        return ReleasedPair("", "", pairs[0] if len(pairs) == 1 else None, None, False, withheld, agreed)
    system, against = _settled(study, request)
    pair = next((c for c in pairs if {c.a, c.b} == {system, against}), None)
    one_sided = None
    if pair and request.one_sided:
        wanted = {(pair.a, pair.b, pair.rater_kind)}
        one_sided = compare(table, level=INTERVAL_LEVEL, wanted=wanted)[0]
    return ReleasedPair(system, against, pair, one_sided, pair is not None and pair.a == system, None, agreed)


def known_bases(study: StudyFile) -> tuple[str, ...]:
    return tuple(system.name for system in study.systems.all() if system.spec.is_base)


def _settled(study: StudyFile, request: PairRequest) -> tuple[str, str]:
    """As `_released`; empty where it is ambiguous and no condition needs it."""
    names = tuple(system.name for system in study.systems.all())
    for name in filter(None, (request.system, request.against)):
        if name not in names:
            raise _unclear(study, f"There is no system {name!r}.", names)
    try:
        return _released(study, request, names)
    except UserError:
        if request.needed:
            raise
        return "", ""


def _released(study: StudyFile, request: PairRequest, names: tuple[str, ...]) -> tuple[str, str]:
    bases = known_bases(study)
    against = request.against or _against(request.system, names, bases)
    if not against:
        several = "several are bases" if len(bases) > 1 else "the only base is the system to release"
        why = several if bases else "none is known to be the base"
        raise _unclear(study, f"The system to compare with is not clear: {why}.", names)
    if request.system == against:
        raise _unclear(study, f"{against!r} cannot be compared with itself.", names)
    others = [name for name in names if name not in (against, *bases)]
    released = [request.system] if request.system else others
    if len(released) != 1:
        raise _unclear(study, "It is not clear which system the release check is for.", names)
    return released[0], against


def _against(system: str, names: tuple[str, ...], bases: tuple[str, ...]) -> str:
    """The only base, or beside the released system the only other one; empty where it would be a guess."""
    held = [name for name in bases if name != system]
    if system and not held:
        held = [name for name in names if name != system]
    return held[0] if len(held) == 1 else ""


def _unclear(study: StudyFile, what: str, names: tuple[str, ...]) -> UserError:
    known = f"The systems are {any_of(names)}." if names else "There are none."
    both = (
        "Choose the system to release and the one to compare it with. In the file, these are system and "
        "against; on the command line, --system and --against."
    )
    return UserError(what, where=study.path.name, how=f"{known} {both}", code="gate-system")
