"""A report as one HTML file without scripts and external resources; every text is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.chart_svg import chart_svg
from ftcompare.app.report.report_data import EXAMPLES, ShownText
from ftcompare.app.results.presentation.blocks import Block, Explanation, Facts, Picture, Subheading, Table
from ftcompare.core.language import language, tr
from ftcompare.formats.browser_pack.page import sources
from ftcompare.markup.html import HtmlWriter

if TYPE_CHECKING:
    from ftcompare.app.report.evidence_file import EvidencePanel

SHORT_TABLE = 6
"""Maximum rows of a table that is kept on one page; a longer one repeats its header."""


def render(document: Document, evidence: EvidencePanel | None = None) -> str:
    """Return the page of a report, or that of an evidence file."""
    charts = {id(picture): _chart(picture, number) for number, picture in enumerate(_pictures(document))}
    writer = HtmlWriter()
    # Rendered before the style sheet, which contains rules for the formulas.
    texts = {id(text): writer.blocks(text.blocks) for text in _texts(document)}
    style = resources.files(__package__).joinpath("templates", "report.css").read_text(encoding="utf-8")
    style += writer.rules()
    style += evidence.style if evidence else ""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            document=document,
            drawn=lambda picture: charts[id(picture)],
            written=lambda text: texts[id(text)],
            language=language(),
            contents=tr("Contents"),
            examples_title=tr(EXAMPLES),
            method=lambda how: tr("Method: {method}.", how.method),
            source=lambda how: tr("Source: {source}.", how.source),
            footer=tr("Written by FTCompare {document.version} on {document.written}.", document),
            widths=_widths,
            style=Markup(style),  # noqa: S704 - our own style sheet
            policy=_policy(style, evidence.script if evidence else ""),
            evidence=evidence,
            script=Markup(evidence.script if evidence else ""),  # noqa: S704 - our own script
            short_table=SHORT_TABLE,
        )
    )


def _widths(table: Table) -> list[str]:
    """Column widths in per cent as attributes, since the content policy forbids inline styles."""
    whole = sum(column.share for column in table.columns)
    return [f"{100 * column.share / whole:.2f}" for column in table.columns]


def _policy(style: str, script: str) -> str:
    """A content security policy that allows nothing but this style sheet and script, by their digests."""
    scripts = f"script-src {sources((script,))}; " if script else ""
    allowed = f"{scripts}style-src {sources((style,))}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _chart(picture: Picture, number: int) -> Markup:
    drawn = chart_svg(picture.chart, f"chart{number}_")
    return Markup(drawn)  # noqa: S704 - an XML writer wrote it, with every text escaped


def _texts(document: Document) -> Iterator[ShownText]:
    for pair in document.examples.pairs:
        yield from pair.texts


def _pictures(document: Document) -> Iterator[Picture]:
    if document.chart is not None:
        yield document.chart
    for section in document.sections:
        yield from (block for block in section.blocks if isinstance(block, Picture))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("ftcompare.app.report"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    kinds: dict[str, type[Block]] = {
        "picture": Picture,
        "table": Table,
        "facts": Facts,
        "subheading": Subheading,
        "method": Explanation,
    }
    made.tests |= {name: _is(kind) for name, kind in kinds.items()}
    return made


def _is(kind: type[Block]) -> Callable[[object], bool]:
    return lambda block: isinstance(block, kind)
