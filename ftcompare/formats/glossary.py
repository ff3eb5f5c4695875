"""Glossaries: CSV and TSV with a header row, and OmegaT's three-column TSV without one.

With a header: ``term`` (several synonyms parted by ``|``), and optionally ``status``, ``concept``,
``language``, ``note``; other columns are passed over. An empty status means *preferred*, an empty
concept is named after the row's first term. A row's status is that of its first term; the synonyms
after a preferred term are *admitted*, those after any other share its status.

OmegaT: source term, target term, comment. Both terms belong to the concept named after the source;
the first target is *preferred* and so is the source, further targets are *admitted*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.csv_reader import Line, delimiter_of, read_table, unknown_suffix
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import MIB, place, read_lines, require_content

MAX_BYTES = 64 * MIB
SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
LANGUAGE = "en"
"""Of terms for which the file names none (OmegaT's never does)."""
COLUMNS = ("term", "status", "concept", "language", "note")

# The words of TBX and of CAT tools for the four statuses.
_STATUSES = {
    **{status.value: status for status in TermStatus},
    "preferredterm_admn_sts": TermStatus.PREFERRED,
    "admittedterm_admn_sts": TermStatus.ADMITTED,
    "deprecatedterm_admn_sts": TermStatus.DEPRECATED,
    "supersededterm_admn_sts": TermStatus.SUPERSEDED,
    "forbidden": TermStatus.DEPRECATED,
    "notrecommended": TermStatus.DEPRECATED,
    "not_recommended": TermStatus.DEPRECATED,
    "obsolete": TermStatus.SUPERSEDED,
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def read_glossary(path: Path) -> tuple[GlossaryTerm, ...]:
    """The terms of a glossary file, all or none.

    Args:
        path: ``.csv``, ``.tsv``, ``.tab`` or ``.txt``; all but the first are parted by tabs.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise unknown_suffix(path, SUFFIXES)
    lines = read_lines(path, max_bytes=MAX_BYTES)
    first = next(((n, text) for n, text in lines if _says_something(text)), None)
    if first is None:
        terms: tuple[GlossaryTerm, ...] = ()
    elif _has_header(path, first[1]):
        records = read_table(path, chain([first], lines), required=("term",), known=COLUMNS)
        terms = _distinct(records)
    else:
        terms = _omegat(path, chain([first], lines))
    require_content(path, found=bool(terms), wanted="at least one term")
    return terms


def _says_something(text: str) -> bool:
    """Whether a line is neither blank nor a comment (OmegaT begins its files with one)."""
    return bool(text.strip()) and not text.startswith("#")


def _has_header(path: Path, first: str) -> bool:
    delimiter = delimiter_of(path, first)
    cells = {cell.strip().strip('"').casefold() for cell in first.split(delimiter)}
    return path.suffix.lower() == ".csv" or not cells.isdisjoint(COLUMNS[:-1])


def _distinct(records: Iterable[Record]) -> tuple[GlossaryTerm, ...]:
    lines: dict[tuple[str, str, str], int] = {}
    terms = []
    for record in records:
        for term in _terms(record):
            before = lines.setdefault((term.term, term.concept, term.language), record.line)
            if before != record.line:
                what = f"The term {term.term!r} stands here and at line {before}, in the same concept."
                raise record.error(what, "Leave one of them out.")
            terms.append(term)
    return tuple(dict.fromkeys(terms))


def _terms(record: Record) -> Iterator[GlossaryTerm]:
    words = _words(record)
    status = record.word("status", _STATUSES, TermStatus.PREFERRED, named=tuple(TermStatus))
    concept = record.label("concept") or words[0]
    tongue = record.label("language") or LANGUAGE
    if not _LANGUAGE.fullmatch(tongue):
        raise record.error(f"language is {tongue!r}; it must be a code such as en or pt-BR.")
    for n, word in enumerate(words):
        synonym = n > 0 and status is TermStatus.PREFERRED
        given = TermStatus.ADMITTED if synonym else status
        yield GlossaryTerm(word, given, concept, tongue, record.text("note").strip())


def _words(record: Record) -> list[str]:
    words = [word.strip() for word in record.required_label("term").split("|")]
    if not all(words):
        raise record.error("term holds an empty synonym.", 'Write synonyms as "one|two".')
    return list(dict.fromkeys(words))


def _omegat(path: Path, lines: Iterable[Line]) -> tuple[GlossaryTerm, ...]:
    """OmegaT's own files repeat themselves as translators add to them: equal terms are taken once."""
    terms: dict[tuple[str, str], GlossaryTerm] = {}
    translated: set[str] = set()
    for line, text in lines:
        if not _says_something(text):
            continue
        source, target, note = _omegat_cells(path, line, text)
        terms.setdefault((source, source), GlossaryTerm(source, TermStatus.PREFERRED, source, LANGUAGE, note))
        if target:
            status = TermStatus.ADMITTED if source in translated else TermStatus.PREFERRED
            terms.setdefault((source, target), GlossaryTerm(target, status, source, LANGUAGE, note))
            translated.add(source)
    return tuple(terms.values())


def _omegat_cells(path: Path, line: int, text: str) -> tuple[str, str, str]:
    cells = [cell.strip() for cell in text.rstrip("\r\n").split("\t")]
    if not 2 <= len(cells) <= 3 or not cells[0]:
        what = f"The line has {len(cells)} columns and no header row is above it."
        how = f"Give a header row ({', '.join(COLUMNS)}), or source, target and comment parted by tabs."
        raise UserError(what, where=place(path, line), how=how, code="bad-line")
    names = ("source", "target", "comment")
    record = Record(dict(zip(names, cells, strict=False)), place(path, line), line)
    return record.required_label("source"), record.label("target"), record.text("comment")
