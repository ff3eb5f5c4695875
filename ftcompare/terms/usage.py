"""Which terms the systems use: in a pair, and over the study."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy import stats

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.keyness import log_ratio_bound, mcnemar
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


@dataclass(frozen=True, slots=True)
class UsageDifference:
    """How two systems' use of a term differs over the prompts that both answered.

    Args:
        first_only: prompts where only the first system used the term.
        second_only: prompts where only the second did.
        effect: `log_ratio_bound` of the second against the first, in log2; above 0 the second uses it more.
        p: `mcnemar` on presence by prompt.
        q: p after Benjamini and Hochberg 1995 over the table.
    """

    term: GlossaryTerm
    first_only: int
    second_only: int
    both: int
    effect: float
    p: float
    q: float


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
    total: Counter[TermStatus] = Counter()
    by_concept: defaultdict[str, Counter[TermStatus]] = defaultdict(Counter)
    for match in matches:
        total[match.term.status] += 1
        by_concept[match.term.concept or match.term.term][match.term.status] += 1
    shares = [share for used in by_concept.values() if (share := _preferred_share(used)) is not None]
    return Adherence(
        preferred=total[TermStatus.PREFERRED],
        admitted=total[TermStatus.ADMITTED],
        deprecated=total[TermStatus.DEPRECATED],
        superseded=total[TermStatus.SUPERSEDED],
        share=sum(shares) / len(shares) if shares else None,
    )


def _preferred_share(used: Counter[TermStatus]) -> float | None:
    wrong = used[TermStatus.DEPRECATED] + used[TermStatus.SUPERSEDED]
    decided = used[TermStatus.PREFERRED] + wrong
    return used[TermStatus.PREFERRED] / decided if decided else None


def usage_differences(
    answers: Sequence[ResponseText], matcher: Matcher, first: str, second: str
) -> tuple[UsageDifference, ...]:
    """For each term that either uses: does one of two systems use it in more prompts?

    Only prompts that both systems answered count. Ordered by q, then by spelling.
    """
    answered = {s: {a.prompt for a in answers if a.system == s} for s in (first, second)}
    shared = answered[first] & answered[second]
    present: defaultdict[GlossaryTerm, dict[str, set[str]]] = defaultdict(
        lambda: {first: set(), second: set()}
    )
    for answer in answers:
        if answer.system in answered and answer.prompt in shared:
            for match in matcher.find(answer.text):
                present[match.term][answer.system].add(answer.prompt)
    rows = [(term, used[first], used[second]) for term, used in present.items()]
    p_values = [mcnemar(len(a - b), len(b - a)) for _, a, b in rows]
    q_values = stats.false_discovery_control(p_values).tolist()
    differences = (
        UsageDifference(
            term=term,
            first_only=len(a - b),
            second_only=len(b - a),
            both=len(a & b),
            effect=log_ratio_bound(len(b), len(shared), len(a), len(shared)),
            p=p,
            q=q,
        )
        for (term, a, b), p, q in zip(rows, p_values, q_values, strict=True)
    )
    return tuple(sorted(differences, key=lambda row: (row.q, row.term.term, row.term.concept)))
