"""Which terms the systems use: in a pair, and over the study."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy

from ftcompare.core.hashing import finite
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.keyness import log_ratio, log_ratio_bound, log_ratio_interval, mcnemar
from ftcompare.terms.matching import Matcher


@dataclass(frozen=True, slots=True)
class ResponseText:
    prompt: str  # a key that is equal for equal prompts
    system: str
    text: str
    sample: int = 0  # index of the answer among the system's answers to the prompt


class UsedTerms(NamedTuple):
    """Terms in an answer, one for each use, in order."""

    answer: ResponseText
    terms: tuple[GlossaryTerm, ...]


@dataclass(frozen=True, slots=True)
class MixedConcept:
    """Two terms of one concept and language that are both used within answers."""

    concept: str
    terms: tuple[GlossaryTerm, GlossaryTerm]  # the two terms, in the order of the statuses, preferred first
    answers: dict[str, int]  # number of answers that use both, by system, including 0


@dataclass(frozen=True, slots=True)
class TermUsage:
    term: GlossaryTerm  # the glossary's term
    counts: dict[str, int]  # number of uses by system, including 0
    prompts: dict[str, int]  # number of prompts that a system answered with the term at least once, by system


DIFFERENT = 0.05  # a term is reported as used differently where its q is below this, and only there


@dataclass(frozen=True, slots=True)
class PresenceDifference:
    """Difference between the numbers of prompts, of those that both answered, on which systems use a term."""

    first_only: int  # number of prompts on which only the first system used the term
    second_only: int  # number of prompts on which only the second system used it
    both: int  # number of prompts on which both used it
    prompts: int  # number of prompts that both answered
    log_ratio: float  # log2 of the ratio of prompts, second to first; above 0 the second uses it more
    # lower end of the 95% interval of the log ratio (`log_ratio_interval`), not adjusted for other terms;
    # None where the second system never uses it. ``high`` is None where the first never does.
    low: float | None
    high: float | None
    # `log_ratio_bound` of the same ratio, corrected for all terms of the table. It differs from 0 only where
    # ``p`` times their number is at most .05, so never where `differs` is false.
    log_ratio_at_least: float
    p: float  # `mcnemar` on presence by prompt
    q: float  # p adjusted by Benjamini and Hochberg 1995 over the table

    @property
    def differs(self) -> bool:
        return self.q < DIFFERENT

    @property
    def told(self) -> str:
        """Result for the second system against the first: ``more``, ``less`` or ``not told apart``."""
        if not self.differs:
            return "not told apart"
        return "more" if self.second_only > self.first_only else "less"

    @property
    def told_alone(self) -> str:
        """``more`` or ``less`` where the interval of this term alone excludes no difference, else empty."""
        more, less = self.low is not None and self.low > 0, self.high is not None and self.high < 0
        return "more" if more else "less" if less else ""


@dataclass(frozen=True, slots=True)
class UsageDifference(PresenceDifference):
    term: GlossaryTerm
    system: str  # the second of the two systems


def used_terms(answers: Iterable[ResponseText], matcher: Matcher) -> Iterator[UsedTerms]:
    for answer in answers:
        yield UsedTerms(answer, tuple(match.term for match in matcher.find(answer.text)))


def term_table(used_terms: Iterable[UsedTerms]) -> tuple[TermUsage, ...]:
    """Return the terms that any answer uses, most used first, then by spelling."""
    counts: defaultdict[GlossaryTerm, Counter[str]] = defaultdict(Counter)
    prompts: defaultdict[GlossaryTerm, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    systems: dict[str, None] = {}
    for answer, terms in used_terms:
        systems[answer.system] = None
        for term in terms:
            counts[term][answer.system] += 1
            prompts[term][answer.system].add(answer.prompt)
    table = (
        TermUsage(term, {s: used[s] for s in systems}, {s: len(prompts[term][s]) for s in systems})
        for term, used in counts.items()
    )
    return tuple(sorted(table, key=lambda row: (-sum(row.counts.values()), row.term.term, row.term.concept)))


_STATUSES = list(TermStatus)


def mixed_concepts(used_terms: Iterable[UsedTerms]) -> tuple[MixedConcept, ...]:
    """Return the concepts for which answers use two terms, those in most answers first."""
    answers: defaultdict[tuple[GlossaryTerm, GlossaryTerm], Counter[str]] = defaultdict(Counter)
    systems: dict[str, None] = {}
    for answer, terms in used_terms:
        systems[answer.system] = None
        for pair in combinations(sorted(set(terms), key=_in_order), 2):
            if pair[0].concept and len({(one.concept, one.language) for one in pair}) == 1:
                answers[pair][answer.system] += 1
    rows = (
        MixedConcept(pair[0].concept, pair, {system: used[system] for system in systems})
        for pair, used in answers.items()
    )
    return tuple(sorted(rows, key=lambda row: (-sum(row.answers.values()), *map(_in_order, row.terms))))


def _in_order(term: GlossaryTerm) -> tuple[int, str, str]:
    return _STATUSES.index(term.status), term.term, term.concept


class _Presence(NamedTuple):
    term: GlossaryTerm
    system: str
    first: set[str]
    second: set[str]
    prompts: int

    @property
    def only(self) -> tuple[int, int]:
        return len(self.first - self.second), len(self.second - self.first)


def usage_differences(
    used_terms: Sequence[UsedTerms], first: str, *others: str
) -> tuple[UsageDifference, ...]:
    """Test for each term that either system uses whether another system uses it on more prompts.

    Only prompts that both answered count; where the numbers of answers to a prompt differ, the smaller
    number of answers is used for both. Sorted by q, then by spelling and system.
    """
    table = _presences(used_terms, first, others)
    p_values = [mcnemar(*row.only) for row in table]
    q_values = scipy.stats.false_discovery_control(p_values).tolist()
    rows = [_difference(row, p, q, len(table)) for row, p, q in zip(table, p_values, q_values, strict=True)]
    return tuple(sorted(rows, key=lambda row: (row.q, row.term.term, row.term.concept, row.system)))


def _difference(row: _Presence, p: float, q: float, tests: int) -> UsageDifference:
    counts = len(row.second), row.prompts, len(row.first), row.prompts
    first_only, second_only = row.only
    both = len(row.first & row.second)
    low, high = log_ratio_interval(np.array([first_only]), np.array([second_only]), np.array([both]))
    return UsageDifference(
        term=row.term,
        system=row.system,
        prompts=row.prompts,
        first_only=first_only,
        second_only=second_only,
        both=both,
        log_ratio=log_ratio(*counts),
        low=finite(float(low[0])),
        high=finite(float(high[0])),
        log_ratio_at_least=log_ratio_bound(*counts, alpha=DIFFERENT, tests=tests),
        p=p,
        q=q,
    )


_Answer = tuple[str, int]  # the key of a prompt, and the index of the system's answer to it


def _presences(used_terms: Sequence[UsedTerms], first: str, others: tuple[str, ...]) -> list[_Presence]:
    answered: dict[str, set[_Answer]] = {system: set() for system in (first, *others)}
    present: defaultdict[GlossaryTerm, defaultdict[str, set[_Answer]]]
    present = defaultdict(lambda: defaultdict(set))
    for answer, terms in used_terms:
        if answer.system in answered:
            answered[answer.system].add((answer.prompt, answer.sample))
            for term in terms:
                present[term][answer.system].add((answer.prompt, answer.sample))
    rows = []
    for other in others:
        shared = answered[first] & answered[other]
        prompts = len(_prompts(shared))
        for term, used in present.items():
            by_each = _prompts(used[first] & shared), _prompts(used[other] & shared)
            row = _Presence(term, other, *by_each, prompts)
            if row.first or row.second:
                rows.append(row)
    return rows


def _prompts(answers: set[_Answer]) -> set[str]:
    return {prompt for prompt, _ in answers}
