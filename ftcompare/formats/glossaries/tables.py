"""Glossaries as tables with a header row (CSV, TSV, Excel), and OmegaT's three columns without one.

With a header: ``term`` (several synonyms separated by ``|``), and optionally ``status``, ``concept``,
``language``, ``note``; other columns are ignored. An empty status means *preferred*, an empty concept is
named after the row's first term. A row's status is that of its first term; the synonyms after a preferred
term are *admitted*, those after any other share its status.

OmegaT: source term, target term, comment. Both terms belong to the concept named after the source; the first
target is *preferred* and so is the source, further targets are *admitted*.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO, StringIO
from itertools import chain
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.formats.glossaries.entries import LANGUAGE, by_concept, language_of, status_of
from ftcompare.formats.judgments_csv import guarded_cell, unguarded_cell
from ftcompare.formats.judgments_xlsx import MAX_ROWS, save_sheet
from ftcompare.formats.record_fields import Record
from ftcompare.formats.tables import Line, delimiter_of, read_table, records_of_rows
from ftcompare.formats.text_files import MIB, place, printable, read_lines
from ftcompare.formats.workbook import ROW, read_rows

MAX_BYTES = 64 * MIB
COLUMNS = ("term", "status", "concept", "language", "note")
_GUARDED = re.compile("\\A'(?=[=+@\t\r-])")
_BREAKS = re.compile(r"[\t\r\n]+")


def read_text_table(path: Path) -> tuple[GlossaryTerm, ...]:
    """Read a CSV or TSV file, with a header row or in OmegaT's form."""
    lines = read_lines(path, max_bytes=MAX_BYTES)
    first = next(((n, text) for n, text in lines if _says_something(text)), None)
    if first is None:
        return ()
    if _has_header(path, first[1]):
        records = read_table(path, chain([first], lines), required=("term",), known=COLUMNS)
        return _distinct(records, unguarded_cell)
    return _omegat(path, chain([first], lines))


def read_workbook(path: Path) -> tuple[GlossaryTerm, ...]:
    rows = read_rows(path, max_bytes=MAX_BYTES)
    records = records_of_rows(path, rows, required=("term",), known=COLUMNS, unit=ROW)
    # A cell begins with an apostrophe in a workbook that was saved from a CSV file.
    return _distinct(records, partial(_GUARDED.sub, ""))


def _says_something(text: str) -> bool:
    """Return whether a line is neither blank nor a comment; OmegaT files begin with a comment."""
    return bool(text.strip()) and not text.startswith("#")


def _has_header(path: Path, first: str) -> bool:
    delimiter = delimiter_of(path, first)
    cells = {cell.strip().strip('"').casefold() for cell in first.split(delimiter)}
    return path.suffix.lower() == ".csv" or not cells.isdisjoint(COLUMNS[:-1])


def _distinct(records: Iterable[Record], unguard: Callable[[str], str]) -> tuple[GlossaryTerm, ...]:
    lines: dict[tuple[str, str, str], int] = {}
    terms = []
    for record in records:
        # Remove the apostrophes that protect cells from being read as formulas.
        fields = {k: unguard(v) if isinstance(v, str) else v for k, v in record.fields.items()}
        for term in _terms(Record(fields, record.where, record.line)):
            before = lines.setdefault((term.term, term.concept, term.language), record.line)
            if before != record.line:
                what = f"The term {term.term!r} appears here and in line {before}, in the same concept."
                raise record.error(what, "Leave one of them out.")
            terms.append(term)
    return tuple(dict.fromkeys(terms))


def _terms(record: Record) -> Iterator[GlossaryTerm]:
    words = _words(record)
    status = status_of(record) or TermStatus.PREFERRED
    concept = record.label("concept") or words[0]
    language = language_of(record)
    for n, word in enumerate(words):
        synonym = n > 0 and status is TermStatus.PREFERRED
        given = TermStatus.ADMITTED if synonym else status
        yield GlossaryTerm(word, given, concept, language, record.text("note").strip())


def _words(record: Record) -> list[str]:
    words = [word.strip() for word in record.required_label("term").split("|")]
    if not all(words):
        raise record.error("term contains an empty synonym.", 'Write synonyms as "one|two".')
    return list(dict.fromkeys(words))


def _omegat(path: Path, lines: Iterable[Line]) -> tuple[GlossaryTerm, ...]:
    """Read OmegaT's form. Its files contain repeated terms; equal terms are read once."""
    terms: dict[tuple[str, str], GlossaryTerm] = {}
    translated: set[str] = set()
    for line, text in lines:
        if not _says_something(text):
            continue
        cells = [cell.strip() for cell in text.rstrip("\r\n").split("\t")]
        if not 2 <= len(cells) <= 3 or not cells[0]:
            what = f"The line has {len(cells)} columns, but there is no header row above it."
            how = f"Add a header row ({', '.join(COLUMNS)}), or separate source, target, and comment by tabs."
            raise UserError(what, where=place(path, line), how=how, code="bad-line")
        names = ("source", "target", "comment")
        record = Record(dict(zip(names, cells, strict=False)), place(path, line), line)
        source, target, note = record.required_label("source"), record.label("target"), record.text("comment")
        terms.setdefault((source, source), GlossaryTerm(source, TermStatus.PREFERRED, source, LANGUAGE, note))
        if target:
            status = TermStatus.ADMITTED if source in translated else TermStatus.PREFERRED
            terms.setdefault((source, target), GlossaryTerm(target, status, source, LANGUAGE, note))
            translated.add(source)
    return tuple(terms.values())


def cells_of(term: GlossaryTerm) -> tuple[str, ...]:
    return term.term, term.status.value, term.concept, term.language, term.note


def csv_bytes(terms: Iterable[GlossaryTerm], delimiter: str) -> bytes:
    """Write a table with a header row; cells that look like formulas get an apostrophe."""
    target = StringIO()
    rows = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows([guarded_cell(cell.strip()) for cell in cells_of(term)] for term in terms)
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def xlsx_bytes(terms: Iterable[GlossaryTerm]) -> bytes:
    target = BytesIO()
    what, how = f"A workbook can have at most {MAX_ROWS - 1:,} terms.", "Save them as CSV."
    too_many = UserError(what, how=how, code="too-many-rows")
    save_sheet(target, "glossary", COLUMNS, map(cells_of, terms), too_many)
    return target.getvalue()


def omegat_bytes(terms: Iterable[GlossaryTerm]) -> bytes:
    """Write OmegaT's three columns; a comment says whether a term is deprecated or superseded."""
    lines = ["# Glossary in tab-separated format -*- coding: utf-8 -*-"]
    for listed in by_concept(terms).values():
        source = next((term for term in listed if term.status is TermStatus.PREFERRED), listed[0])
        others = [term for term in listed if term != source]
        rows = _omegat_rows(source, others)
        lines += ["\t".join(printable(_BREAKS.sub(" ", cell)) for cell in row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _omegat_rows(source: GlossaryTerm, others: list[GlossaryTerm]) -> Iterator[tuple[str, str, str]]:
    if not others:
        yield source.term, "", source.note
    for term in others:
        wrong = term.status in (TermStatus.DEPRECATED, TermStatus.SUPERSEDED)
        yield source.term, term.term, "; ".join(filter(None, (term.status.value * wrong, term.note)))
