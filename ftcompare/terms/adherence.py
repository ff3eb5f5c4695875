"""How consistently a text uses the preferred terms. Without numpy, which raters' programs do not have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Match


@dataclass(frozen=True, slots=True)
class Adherence:
    """Term uses by status, and the share of preferred terms."""

    preferred: int  # number of uses of preferred terms; the next three count the other statuses
    admitted: int
    deprecated: int
    superseded: int
    # mean over the mentioned concepts of preferred / (preferred + deprecated + superseded), 0 to 1; None
    # where no concept was mentioned by such a term
    share: float | None


def adherence(matches: Iterable[Match]) -> Adherence:
    """Uses by status and the share of preferred terms; each concept has the same weight in the share."""
    used = [match.term for match in matches]
    total = Counter(term.status for term in used)
    shares = [share for share in concept_shares(used).values() if share is not None]
    share = sum(shares) / len(shares) if shares else None
    return Adherence(**{status.value: total[status] for status in TermStatus}, share=share)


def concept_of(term: GlossaryTerm) -> str:
    """The concept's name; for a term without a concept, the term itself."""
    return term.concept or term.term


def concept_shares(used: Iterable[GlossaryTerm]) -> dict[str, float | None]:
    """For each mentioned concept, preferred / (preferred + deprecated + superseded), 0 to 1.

    None for a concept that is mentioned only by admitted terms, which do not count.
    """
    by_concept: defaultdict[str, Counter[TermStatus]] = defaultdict(Counter)
    for term in used:
        by_concept[concept_of(term)][term.status] += 1
    return {concept: _preferred_share(counts) for concept, counts in by_concept.items()}


def _preferred_share(used: Counter[TermStatus]) -> float | None:
    wrong = used[TermStatus.DEPRECATED] + used[TermStatus.SUPERSEDED]
    decided = used[TermStatus.PREFERRED] + wrong
    return used[TermStatus.PREFERRED] / decided if decided else None
