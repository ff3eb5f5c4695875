"""Differences between two glossaries, conflicts within one glossary, and merging one into another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ftcompare.core.grouping import grouped
from ftcompare.core.language import N_, tr
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import concept_of, folded

Place = tuple[str, str, str]  # concept, language and words of a term: its identity in another version

WRONG = (TermStatus.DEPRECATED, TermStatus.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class GlossaryDiff:
    """Terms that were added, changed in status or note (before, after), or removed."""

    added: tuple[GlossaryTerm, ...]
    changed: tuple[tuple[GlossaryTerm, GlossaryTerm], ...]
    removed: tuple[GlossaryTerm, ...]

    @property
    def counts(self) -> dict[str, int]:
        return {"added": len(self.added), "changed": len(self.changed), "removed": len(self.removed)}

    def __bool__(self) -> bool:
        return any(self.counts.values())


class ConflictKind(StrEnum):
    """Kind of a conflict between terms."""

    TWO_CONCEPTS = N_("preferred in several concepts")
    BOTH_WAYS = N_("preferred and deprecated at once")
    TWO_PREFERRED = N_("several preferred terms")
    TWICE = N_("twice in one concept")


@dataclass(frozen=True, slots=True)
class GlossaryConflict:
    """Conflicting terms, with a sentence (``sentence``) that describes the conflict."""

    kind: ConflictKind
    terms: tuple[GlossaryTerm, ...]
    sentence: str


def place_of(term: GlossaryTerm) -> Place:
    return term.concept, term.language, term.term


def glossary_diff(before: Iterable[GlossaryTerm], after: Iterable[GlossaryTerm]) -> GlossaryDiff:
    """Return the terms that the second glossary adds, changes or lacks; their order does not matter."""
    old, new = _by_place(before), _by_place(after)
    changed = tuple(
        pair
        for place, terms in new.items()
        if place in old and {*old[place]} != {*terms}
        for pair in zip(old[place], terms, strict=False)
        if pair[0] != pair[1]
    )
    added = [term for place, terms in new.items() for term in terms[len(old.get(place, ())) :]]
    removed = [term for place, terms in old.items() for term in terms[len(new.get(place, ())) :]]
    return GlossaryDiff(tuple(added), changed, tuple(removed))


def _by_place(terms: Iterable[GlossaryTerm]) -> dict[Place, list[GlossaryTerm]]:
    return grouped((place_of(term), term) for term in terms)


def merged(glossary: Sequence[GlossaryTerm], others: Iterable[GlossaryTerm]) -> tuple[GlossaryTerm, ...]:
    """Merge glossaries: ``others`` replace equal ones, though an empty note does not; none is removed."""
    by_place = _by_place(others)
    kept = [_retold(term, by_place.get(place_of(term))) for term in glossary]
    known = {place_of(term) for term in glossary}
    coming: defaultdict[str, list[GlossaryTerm]] = defaultdict(list)
    for place, terms in by_place.items():
        if place not in known:
            coming[place[0]] += terms
    last = {term.concept: n for n, term in enumerate(kept)}
    found: list[GlossaryTerm] = []
    for n, term in enumerate(kept):
        found.append(term)
        if last[term.concept] == n:
            found += coming.pop(term.concept, ())
    return (*found, *(term for terms in coming.values() for term in terms))


def _retold(term: GlossaryTerm, terms: list[GlossaryTerm] | None) -> GlossaryTerm:
    if not terms:
        return term
    return replace(terms[0], note=terms[0].note or term.note)


def conflicts(terms: Iterable[GlossaryTerm]) -> tuple[GlossaryConflict, ...]:
    """Return conflicts, ignoring case; a term without a concept is a concept of its own."""
    listed = tuple(dict.fromkeys(terms))
    by_words = grouped(((folded(term.term), term.language), term) for term in listed)
    by_concept = grouped(((concept_of(term), term.language), term) for term in listed)
    return (
        *(found for same in by_words.values() if len(same) > 1 for found in _of_one_term(same)),
        *(conflict for concept in by_concept.values() if (conflict := _of_one_concept(concept))),
    )


def _of_one_term(same: list[GlossaryTerm]) -> Iterator[GlossaryConflict]:
    preferred = [term for term in same if term.status is TermStatus.PREFERRED]
    concepts = list(dict.fromkeys(map(concept_of, preferred)))
    spelled = same[0].term
    if len(concepts) > 1:
        words = tr(
            "“{term}” is preferred in {n} concepts: {concepts}.", spelled, len(concepts), _listed(concepts)
        )
        yield GlossaryConflict(ConflictKind.TWO_CONCEPTS, tuple(preferred), words)
    wrong = [term for term in same if term.status in WRONG]
    if preferred and wrong:
        words = tr(
            "“{term}” is preferred and {status} at once: preferred in {concepts}, {status} in {other}.",
            spelled,
            tr(wrong[0].status.value),
            _listed(concepts),
            concept_of(wrong[0]),
        )
        yield GlossaryConflict(ConflictKind.BOTH_WAYS, (*preferred, *wrong), words)
    yield from _twice(same)


def _twice(same: list[GlossaryTerm]) -> Iterator[GlossaryConflict]:
    for place, terms in _by_place(same).items():
        if len(terms) > 1:
            words = tr(
                "“{term}” appears {n} times in the concept {concept}.",
                place[2],
                len(terms),
                place[0] or place[2],
            )
            yield GlossaryConflict(ConflictKind.TWICE, tuple(terms), words)


def _of_one_concept(terms: list[GlossaryTerm]) -> GlossaryConflict | None:
    preferred = [term for term in terms if term.status is TermStatus.PREFERRED]
    if len({folded(term.term) for term in preferred}) < 2:
        return None
    words = _listed([f"“{term.term}”" for term in preferred])
    concept, language = concept_of(terms[0]), terms[0].language
    told = tr(
        "The concept {concept} has {n} preferred terms in {language}: {terms}.",
        concept,
        len(preferred),
        language,
        words,
    )
    return GlossaryConflict(ConflictKind.TWO_PREFERRED, tuple(preferred), told)


def _listed(words: Sequence[str]) -> str:
    first, left = ", ".join(words[:MOST_LISTED]), len(words) - MOST_LISTED
    return tr("{names} and {n} more", first, left) if left > 0 else first


MOST_LISTED = 4  # maximum number of concepts or terms that a sentence names
