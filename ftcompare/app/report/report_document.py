"""A whole report: its head, and sections of the blocks that results are told in."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.results.presentation.blocks import Section


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Args:
        title: of the study.
        kind: what this paper is, in a few words.
        standing: how much there is, and when it was written.
        notice: to be read on every page; empty for none.
        warning: what the reader must know before all else; empty for none.
        summary: the sentences for everyone, the first one first.
        written: ISO 8601 UTC.
    """

    title: str
    kind: str
    standing: str
    written: str
    version: str
    notice: str = ""
    warning: str = ""
    summary: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
