"""Which terms the systems use: in a pair, and over the study."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import scipy

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.keyness import log_ratio, log_ratio_bound, mcnemar
from ftcompare.terms.matching import Match, Matcher


@dataclass(frozen=True, slots=True)
class ResponseText:
    """What one system answered to one prompt; ``prompt`` is a key that is equal for equal prompts."""

    prompt: str
    system: str
    text: str


@dataclass(frozen=True, slots=True)
class TermUsage:
    """How much each system uses a term.

    Args:
        term: the glossary's.
        counts: uses by system, 0 included.
        prompts: prompts that a system answered with the term at least once, by system.
    """

    term: GlossaryTerm
    counts: dict[str, int]
    prompts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Adherence:
    """Uses by status, and how far the preferred terms were chosen.

    Args:
        share: mean over the concepts mentioned of preferred / (preferred + deprecated +
            superseded), 0 to 1; None where no concept was mentioned by such a term.
    """

    preferred: int
    admitted: int
    deprecated: int
    superseded: int
    share: float | None


DIFFERENT = 0.05
"""A term is told as used differently where its q is below this, and nowhere else."""


@dataclass(frozen=True, slots=True)
class UsageDifference:
    """How two systems' use of a term differs over the prompts that both answered.

    Args:
        system: the second of the two.
        prompts: that both answered.
        first_only: prompts where only the first system used the term.
        second_only: prompts where only the second did.
        log_ratio: of the second's prompts to the first's, in log2; above 0 the second uses it more.
        log_ratio_at_least: `log_ratio_bound` of the same, corrected for all that the table looks at. Other
            than 0 only where ``p`` times their number is at most .05, so never where `differs` is false.
        p: `mcnemar` on presence by prompt.
        q: p after Benjamini and Hochberg 1995 over the table.
    """

    term: GlossaryTerm
    system: str
    prompts: int
    first_only: int
    second_only: int
    both: int
    log_ratio: float
    log_ratio_at_least: float
    p: float
    q: float

    @property
    def differs(self) -> bool:
        """Whether it is told as different."""
        return self.q < DIFFERENT

    @property
    def told(self) -> str:
        """Of the second system against the first: ``more``, ``less`` or ``not told apart``."""
        if not self.differs:
            return "not told apart"
        return "more" if self.second_only > self.first_only else "less"


def term_table(answers: Iterable[ResponseText], matcher: Matcher) -> tuple[TermUsage, ...]:
    """The terms that any answer uses, most used first, then by spelling."""
    counts: defaultdict[GlossaryTerm, Counter[str]] = defaultdict(Counter)
    prompts: defaultdict[GlossaryTerm, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    systems: dict[str, None] = {}
    for answer in answers:
        systems[answer.system] = None
        for match in matcher.find(answer.text):
            counts[match.term][answer.system] += 1
            prompts[match.term][answer.system].add(answer.prompt)
    table = (
        TermUsage(term, {s: used[s] for s in systems}, {s: len(prompts[term][s]) for s in systems})
        for term, used in counts.items()
    )
    return tuple(sorted(table, key=lambda row: (-sum(row.counts.values()), row.term.term, row.term.concept)))


def adherence(matches: Iterable[Match]) -> Adherence:
    """Uses by status and the share of preferred terms, each concept counting alike."""
    used = [match.term for match in matches]
    total = Counter(term.status for term in used)
    shares = [share for share in concept_shares(used).values() if share is not None]
    share = sum(shares) / len(shares) if shares else None
    return Adherence(**{status.value: total[status] for status in TermStatus}, share=share)


def concept_of(term: GlossaryTerm) -> str:
    """The concept's name; of a term without one, the term."""
    return term.concept or term.term


def concept_shares(used: Iterable[GlossaryTerm]) -> dict[str, float | None]:
    """For each concept that is mentioned, preferred / (preferred + deprecated + superseded), 0 to 1.

    None for a concept that only admitted terms mention: they count neither way.

    Args:
        used: a term for each use of it.
    """
    by_concept: defaultdict[str, Counter[TermStatus]] = defaultdict(Counter)
    for term in used:
        by_concept[concept_of(term)][term.status] += 1
    return {concept: _preferred_share(counts) for concept, counts in by_concept.items()}


def _preferred_share(used: Counter[TermStatus]) -> float | None:
    wrong = used[TermStatus.DEPRECATED] + used[TermStatus.SUPERSEDED]
    decided = used[TermStatus.PREFERRED] + wrong
    return used[TermStatus.PREFERRED] / decided if decided else None


class _Presence(NamedTuple):
    """The prompts, of those that both answered, where each of two systems used a term."""

    term: GlossaryTerm
    system: str
    first: set[str]
    second: set[str]
    prompts: int

    @property
    def only(self) -> tuple[int, int]:
        """How many only the first used it in, and only the second."""
        return len(self.first - self.second), len(self.second - self.first)


def usage_differences(
    answers: Sequence[ResponseText], matcher: Matcher, first: str, *others: str
) -> tuple[UsageDifference, ...]:
    """For each term that either uses: does another system use it in more prompts than the first does?

    Only prompts that both answered count. Ordered by q, then by spelling and system.
    """
    table = _presences(answers, matcher, first, others)
    p_values = [mcnemar(*row.only) for row in table]
    q_values = scipy.stats.false_discovery_control(p_values).tolist()
    found = [_difference(row, p, q, len(table)) for row, p, q in zip(table, p_values, q_values, strict=True)]
    return tuple(sorted(found, key=lambda row: (row.q, row.term.term, row.term.concept, row.system)))


def _difference(row: _Presence, p: float, q: float, tests: int) -> UsageDifference:
    counts = len(row.second), row.prompts, len(row.first), row.prompts
    first_only, second_only = row.only
    return UsageDifference(
        term=row.term,
        system=row.system,
        prompts=row.prompts,
        first_only=first_only,
        second_only=second_only,
        both=len(row.first & row.second),
        log_ratio=log_ratio(*counts),
        log_ratio_at_least=log_ratio_bound(*counts, alpha=DIFFERENT, tests=tests),
        p=p,
        q=q,
    )


def _presences(
    answers: Sequence[ResponseText], matcher: Matcher, first: str, others: tuple[str, ...]
) -> list[_Presence]:
    answered = {s: {a.prompt for a in answers if a.system == s} for s in (first, *others)}
    present: defaultdict[GlossaryTerm, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for answer in answers:
        if answer.system in answered:
            for match in matcher.find(answer.text):
                present[match.term][answer.system].add(answer.prompt)
    found = []
    for term, used in present.items():
        for other in others:
            shared = answered[first] & answered[other]
            row = _Presence(term, other, used[first] & shared, used[other] & shared, len(shared))
            if row.first or row.second:
                found.append(row)
    return found
