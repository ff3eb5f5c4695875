"""Every writer, with every kind of character that a text can hold; a parser of its form reads each file."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pypdf
import pytest
from openpyxl import load_workbook

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.study_folder import create_from_folder
from ftcompare.app.results.charts import PAPER, ForestPlot, ForestRow, figure, svg
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, Message, PromptSpec, TermStatus
from ftcompare.formats.glossary import GLOSSARY_FORMATS, GlossaryFormat, read_glossary
from ftcompare.formats.junit import TestCase, TestSuite, write_junit
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import read_prompts
from ftcompare.formats.registry import EXPORT_FORMATS, export_format
from ftcompare.formats.text_files import printable, xml_text
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def _is_rare(code: int) -> bool:
    """Invisible characters, noncharacters, and the neighbors of surrogates."""
    odd = 0xFDD0 <= code < 0xFDF0 or code % 0x10000 >= 0xFFFE or code in (0xD7FF, 0xE000)
    return odd or unicodedata.category(chr(code)) in INVISIBLE


CODES = [code for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
"""The code points that a text of a study can hold: neither NUL nor surrogates."""
TEXT = "".join(chr(code) for code in CODES if _is_rare(code) or code % 0x100 == 0)
"""Every rare character, and one of every 256 others."""
_NAME = "".join(chr(code) for code in CODES if _is_rare(code) and unicodedata.category(chr(code)) != "Cc")
NAMES = [_NAME[at : at + 40] for at in range(0, len(_NAME), 40)]
"""Names are short, and hold no control characters."""
WRITTEN = [*((form.id, form.suffix) for form in EXPORT_FORMATS), ("trl-preference", ".parquet")]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judged study with these characters in texts and names."""
    path = tmp_path_factory.mktemp("texts") / "s.ftstudy"
    votes = [
        voted(
            f"Why {n}? {TEXT}",
            f"rater {n % 2} {NAMES[0]}",
            "ba"[n % 2],
            a=f"base {NAMES[-1]}",
            b="tuned \ufffe\uffff",
            category=name,
            tags=(f"tag {name}",),
            comment=TEXT,
        )
        for n, name in enumerate(NAMES)
    ]
    at = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
    voted_study(path, votes, Random(1), at, title=NAMES[0]).close()
    return path


ESCAPED_IN: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("csv", "tsv", "skos-turtle"), str),
    "omegat": lambda text: printable(re.sub(r"[\t\r\n]", " ", text)),
}
"""How a form of glossaries writes a text, where it is not XML."""


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def texts_of(path: Path) -> list[str]:
    """All texts in a file, or in the files of a folder, as a parser finds them."""
    match path.suffix:
        case "" if path.is_dir():
            return [text for file in path.iterdir() for text in texts_of(file)]
        case ".jsonl":
            return [
                t for line in path.read_text("utf-8").split("\n") if line for t in texts_in(json.loads(line))
            ]
        case ".json":
            return [*texts_in(json.loads(path.read_text("utf-8")))]
        case ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                return [cell for row in csv.reader(file) for cell in row]
        case ".xlsx":
            cells = [cell for row in load_workbook(path).worksheets[0].iter_rows() for cell in row]
            return [cell.value for cell in cells if isinstance(cell.value, str)]
        case ".parquet":
            parquet = pytest.importorskip("pyarrow.parquet")
            return [*texts_in(parquet.read_table(path).to_pylist())]
    return [path.read_text("utf-8")]


@pytest.mark.parametrize(("form", "suffix"), WRITTEN)
def test_exports(path: Path, tmp_path: Path, now: datetime, form: str, suffix: str) -> None:
    with StudyFile.open(path, now=now) as study:
        done = export(study, tmp_path / f"rows{suffix}", ExportRequest(export_format(form)), now=now)
    if form == "folder":
        create_from_folder(tmp_path / "again.ftstudy", done.path)
    wanted = f"tuned \ufffe\uffff on Why 0? {TEXT}"
    found = texts_of(done.path)
    assert any((xml_text(wanted) if suffix == ".xlsx" else wanted) in text for text in found)
    assert done.card.read_text("utf-8")


@pytest.mark.parametrize("form", GLOSSARY_FORMATS, ids=lambda form: form.id)
def test_glossaries(tmp_path: Path, form: GlossaryFormat) -> None:
    names = [f"t{number}{name}x" for number, name in enumerate(NAMES)]
    terms = [GlossaryTerm(name, TermStatus.PREFERRED, name[:99], "en", f"({TEXT})") for name in names]
    file = tmp_path / f"g{form.suffix}"
    file.write_bytes(form.data(terms))
    escaped = ESCAPED_IN.get(form.id, xml_text)
    # Formats differ in the white space that they keep.
    found = {"".join(f"{term.term}{term.note}".split()) for term in read_glossary(file)}
    assert found == {"".join(f"{escaped(name)}{escaped(f'({TEXT})')}".split()) for name in names}


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_prompts(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"p{suffix}"
    whole = PromptSpec("p", (Message("user", f"Why? {TEXT}."),))
    if suffix == ".xlsx":
        with pytest.raises(UserError, match="a character that a workbook cannot contain"):
            write_prompts(file, [whole])
        held = "".join(character for character in TEXT if xml_text(character) == character)
        whole = PromptSpec("p", (Message("user", f"Why? {held}."),))
    write_prompts(file, [whole])
    assert read_prompts(file) == (whole,)


class Page(HTMLParser):
    """The texts of a page, and of its data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_reports(tmp_path: Path, rng: Random, now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    rare = "".join(NAMES) + TEXT[:64]  # other characters need a search for fonts
    path, html, pdf = tmp_path / "s.ftstudy", tmp_path / "r.html", tmp_path / "r.pdf"
    votes = [
        voted(f"Why {name}? {rare}", "Ann \uffff", "ab"[n % 2], b="tuned \ufffe\uffff", category=name)
        for n, name in enumerate(NAMES)
    ]
    voted_study(path, votes, rng, now, title=NAMES[0]).close()
    assert run(["results", str(path), "--html", str(html), "--pdf", str(pdf), "--json"]) == 0
    assert "tuned \ufffe\uffff" in {*texts_in(json.loads(capsys.readouterr().out))}
    text = html.read_text("utf-8")
    assert Page(text).texts
    charts = [f"<svg{part.partition('</svg>')[0]}</svg>" for part in text.split("<svg")[1:]]
    assert charts
    assert {ET.fromstring(chart).tag for chart in charts} == {"{http://www.w3.org/2000/svg}svg"}
    assert "".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)


def test_a_chart(tmp_path: Path) -> None:
    rows = tuple(ForestRow("category", name, name, 0.5, 0.4, 0.6, 3) for name in NAMES)
    file = tmp_path / "c.svg"
    file.write_bytes(svg(figure(ForestPlot("a\uffff", "b\ufffe", rows), PAPER, 400)))
    assert ET.parse(file).getroot().tag.endswith("svg")


def test_junit(tmp_path: Path) -> None:
    case = TestCase(NAMES[0], NAMES[-1], TEXT, failed=True)
    write_junit(tmp_path / "j.xml", [TestSuite(NAMES[0], (case,))], name=NAMES[0])
    (failure,) = ET.parse(tmp_path / "j.xml").iter("failure")
    assert failure.text == failure.get("message") == printable(TEXT)


def test_a_page_for_browsers(path: Path, tmp_path: Path, now: datetime) -> None:
    answers, study, page = tmp_path / "a.jsonl", tmp_path / "s.ftstudy", tmp_path / "p.html"
    with StudyFile.open(path, now=now) as source:
        export(source, answers, ExportRequest(export_format("outputs")), now=now)
    assert run(["import", str(study), str(answers), "--format", "outputs"]) == 0
    assert run(["pack", str(study), str(page), "--rater", f"Anna {NAMES[0]}"]) == 0
    text = next(text for text in Page(page.read_text("utf-8")).texts if '{"' in text)
    data = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert any(TEXT in text for text in texts_in(data))
