"""Status names, languages, and terms without a status, for all glossary formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ftcompare.core.grouping import grouped
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.record_fields import Record, shown

LANGUAGE = "en"  # language of terms without one (OmegaT files never have one)

STATUSES: Mapping[str, TermStatus] = {
    **{status.value: status for status in TermStatus},
    **{status.words: status for status in TermStatus},
    **{f"{status.value}term_admn_sts": status for status in TermStatus},
    **{f"{status.value}term": status for status in TermStatus},
    **{
        f"{prescribed}{end}": TermStatus.PREFERRED
        for prescribed in ("legal", "regulated", "standardized")
        for end in ("term_admn_sts", "term")
    },
    "forbidden": TermStatus.DEPRECATED,
    "notrecommended": TermStatus.DEPRECATED,
    "not_recommended": TermStatus.DEPRECATED,
    "obsolete": TermStatus.SUPERSEDED,
}
"""Names of the four statuses in TBX (versions 2 and 3, their dialects) and CAT tools."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """Term as read from a file; its status is None where the file has none."""

    term: str
    status: TermStatus | None
    language: str
    note: str


def status_of(record: Record) -> TermStatus | None:
    return record.word("status", STATUSES, None, named=[status.words for status in TermStatus])


def language_of(record: Record) -> str:
    """Return the field ``language`` as a code such as ``en`` or ``pt-BR``."""
    found = record.label("language").replace("_", "-") or LANGUAGE
    if not _LANGUAGE.fullmatch(found):
        raise record.error(f"language is {shown(found)}; it must be a code such as en or pt-BR.")
    return found


def with_statuses(terms: Iterable[ReadTerm], concept: str) -> Iterator[GlossaryTerm]:
    """Yield terms once; one without a status is *preferred* where its language has none, else *admitted*."""
    given = tuple(dict.fromkeys(terms))
    preferred = {term.language for term in given if term.status is TermStatus.PREFERRED}
    for term in given:
        status = term.status
        if status is None:
            status = TermStatus.ADMITTED if term.language in preferred else TermStatus.PREFERRED
            preferred.add(term.language)
        yield GlossaryTerm(term.term, status, concept, term.language, term.note)


class ConceptNames:
    """Names each concept, by default after its first preferred or first term; doubles get their id added."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, own: str, terms: Iterable[ReadTerm], key: str) -> str:
        """Return the name of a concept; ``own`` is its name in the file, ``key`` its id there."""
        listed = tuple(terms)
        first = (term.term for term in listed if term.status in (TermStatus.PREFERRED, None))
        named = own or next(first, listed[0].term)
        free = named if named not in self._taken else f"{named} ({key})"
        while free in self._taken:
            free += "+"
        self._taken.add(free)
        return free


def by_concept(terms: Iterable[GlossaryTerm]) -> dict[str, list[GlossaryTerm]]:
    """Group terms by concept, in the given order; a term without a concept is its own."""
    return grouped((term.concept or term.term, term) for term in terms)
