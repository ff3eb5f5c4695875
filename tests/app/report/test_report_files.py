"""A report as a file: whole, safe to open, the same at each writing; the pages of a PDF are full."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pypdf
import pytest

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.report import ReportForm, form_of, write_report
from ftcompare.app.report.report_data import ShownText
from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.language import in_language
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import CHECKS, NOTICE, START, WRITTEN, Names, judged_study
from tests.builders import refusal_code

VOID = {"meta", "col", "br", "img", "link"}
PLAIN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "main", "header", "p", "h1", "h2", "h3", "nav",
    "ul", "li", "a", "section", "figure", "figcaption", "svg", "g", "path", "defs", "use", "text", "clippath",
    "rect", "table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd",
    "footer", "article", "h4",
}  # fmt: skip
HOSTILE = Names(
    title="<script>alert(1)</script> {nb} {{7*7}} {% raw %} \u202eevil",
    systems=("<b>a</b>&amp;", "</style><img src=http://x.example/y onerror=alert(1)>"),
    raters=("\"><iframe src='//x.example'>", "\x1b[31mred", "**bold** $x^2$"),
    categories=("]]></svg><script>1</script>", "{{ 7*7 }}", "javascript:alert(1)"),
    notice="</p><h1>Notice</h1>",
)
FOREIGN = Names(
    title="دراسة القلب",
    systems=("בסיס", "微调"),
    raters=("محمد", "Zoë"),
    categories=("قلب", "心", "Herz"),
    notice="试验",
)


class Page(HTMLParser):
    """What a browser would make of a page: its tags, attributes and text; every tag must be closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def written(study_path: Path, *names: str) -> list[Path]:
    """With the report's own fonts alone, whatever this machine has."""
    paths = [study_path.with_name(name) for name in names]
    with StudyFile.open(study_path, now=WRITTEN) as study:
        write_report(study, [(path, form_of(path)) for path in paths], now=WRITTEN, fonts=tuple)
    return paths


@cache
def written_once(study: bytes, name: str) -> bytes:
    """The report on a study, made once for all tests of it: a PDF takes seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.ftstudy"
        path.write_bytes(study)
        (report,) = written(path, name)
        return report.read_bytes()


def page_of(study_path: Path) -> tuple[str, Page]:
    source = written_once(study_path.read_bytes(), "report.html").decode()
    return source, Page(source)


def pdf_of(study_path: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(written_once(study_path.read_bytes(), "report.pdf")))


def pdf_words(reader: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return judged_study(tmp_path / "study.ftstudy", prompts=30, design=CHECKS, excluded="Cleo", telling=2)


def test_a_report_is_in_the_present_language_and_draws_its_letters(study: Path) -> None:
    with in_language("de"):
        page, pdf = written(study, "de.html", "de.pdf")
    source = page.read_text("utf-8")
    assert '<html lang="de">' in source
    texts = [Page(source).words, pdf_words(pypdf.PdfReader(pdf))]
    for text in ("Wie jede Zahl berechnet wird", "Übereinstimmung", "Prüfprotokoll", "Antwortpaare"):
        assert [text in words for words in texts] == [True, True], text


@pytest.mark.parametrize(
    ("language", "characters", "sentence"),
    [
        ("en", 1, "1 more character not shown."),
        ("en", 1200, "1,200 more characters not shown."),
        ("de", 1, "1 weiteres Zeichen nicht gezeigt."),
        ("de", 1200, "1.200 weitere Zeichen nicht gezeigt."),
    ],
)
def test_what_is_cut_is_said_in_the_present_language(language: str, characters: int, sentence: str) -> None:
    with in_language(language):
        assert ShownText("Prompt", (), characters).cut_words == sentence


# --- HTML ---------------------------------------------------------------------------------------


def test_the_page_loads_nothing_allows_its_own_style_alone_and_draws_its_charts_with_text(
    study: Path,
) -> None:
    source, page = page_of(study)
    assert page.tags <= PLAIN_TAGS
    assert not [a for a in page.attributes if a[1].startswith("on") or a[1] in ("style", "src", "srcset")]
    links = [value for _, name, value in page.attributes if name in ("href", "xlink:href")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "url(" not in re.sub(r"url\(#\w+\)", "", source)
    assert "@import" not in source
    policy = next(value for _, name, value in page.attributes if "default-src" in value and name == "content")
    style = source.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    assert source.count("<svg") == 3  # win rate, evidence, reasons
    assert source.count('role="img"') == 3
    assert "prompts" in page.words
    assert "enough evidence (20)" in page.words


def test_the_page_says_it_all_and_every_name_in_it_is_its_own(study: Path) -> None:
    _, page = page_of(study)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name == "href":
            assert value[1:] in ids
    assert "on unseen prompts: cardiology has a win rate of 42%" in page.words
    assert NOTICE in page.words
    assert "Raters agree" in page.words


def test_the_page_prints_well_and_light_and_follows_dark_colours_on_the_screen(study: Path) -> None:
    source, _ = page_of(study)
    assert "@media print" in source
    assert "break-inside: avoid" in source
    assert "display: table-header-group" in source  # the notice and the heads of tables on every page
    dark = source.partition("@media screen and (prefers-color-scheme: dark)")[2].partition("@page")[0]
    assert "color-scheme: dark" in dark
    assert "figure svg { background: #fff" in dark  # charts are drawn for paper
    assert "a:focus-visible" in source


def test_hostile_names_are_words_on_a_page(tmp_path: Path) -> None:
    study = judged_study(tmp_path / "s.ftstudy", names=HOSTILE, design=CHECKS)
    source, page = page_of(study)
    assert page.tags <= PLAIN_TAGS
    assert not {"script", "iframe", "img", "b"} & page.tags
    assert "<script>alert(1)</script> {nb} {{7*7}} {% raw %} ⟨U+202E⟩evil" in page.words
    assert "49" not in page.words.split()[:40]  # {{7*7}} was not worked out
    assert "⟨U+001B⟩[31mred" in page.words
    assert "\u202e" not in source
    assert "\x1b" not in source


# --- PDF ----------------------------------------------------------------------------------------


def test_the_pdf_is_real_text_with_an_outline_page_numbers_and_charts_of_lines(study: Path) -> None:
    reader = pdf_of(study)
    words = pdf_words(reader)
    assert "on unseen prompts: cardiology has a win rate of 42%" in words
    for number, page in enumerate(reader.pages, start=1):
        told = page.extract_text()
        assert f"Page {number} of {len(reader.pages)}" in told
        assert NOTICE in told
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles[:2] == ["What was compared, and how", "Win rate"]
    assert titles[-2:] == ["Where it comes from", "Example pairs"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Cardiology review – Report of a blind comparison"
    assert not [image for page in reader.pages for image in page.images]
    words = pdf_words(reader)
    assert "All, for other raters" in words
    assert "interval" in words


def test_page_and_pdf_say_the_same(study: Path) -> None:
    _, page = page_of(study)
    words = "".join(pdf_words(pdf_of(study)).split())
    cells = [text for text in page.text if re.search(r"\d", text)]
    missing = [cell for cell in cells if "".join(cell.split()) not in words]
    assert len(cells) > 200
    # a cell may go over a line or a page; what stands on a line of its own must be there
    assert not [cell for cell in missing if len(cell) < 25]


def test_hostile_names_are_words_in_a_pdf(tmp_path: Path) -> None:
    study = judged_study(tmp_path / "s.ftstudy", names=HOSTILE, design=CHECKS)
    reader = pdf_of(study)
    words = pdf_words(reader)
    assert "<script>alert(1)</script> {nb} {{7*7}}" in words
    assert "**bold** $x^2$" in words
    assert "⟨U+202E⟩evil" in words
    raw = written_once(study.read_bytes(), "report.pdf")
    assert not [word for word in (b"/JavaScript", b"/JS", b"/Launch", b"/URI") if word in raw]
    assert not [page for page in reader.pages if "/Annots" in page]


def test_what_the_font_lacks_is_spelled_out(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    study = judged_study(tmp_path / "s.ftstudy", names=FOREIGN)
    words = pdf_words(pdf_of(study))
    assert "⟨U+5FAE⟩⟨U+8C03⟩" in words
    assert "so their codes are shown" in words
    assert "Zoë" in words
    _, page = page_of(study)
    assert "微调" in page.words
    assert not [warning for warning in recwarn if "glyph" in str(warning.message)]


def test_what_is_written_from_right_to_left_is_turned_round(tmp_path: Path) -> None:
    study = judged_study(tmp_path / "s.ftstudy", names=FOREIGN)
    words = pdf_words(pdf_of(study))
    assert "בסיס" in words or "בסיס"[::-1] in words


# --- files --------------------------------------------------------------------------------------


def test_the_same_study_and_time_make_the_same_bytes(study: Path) -> None:
    first = [written_once(study.read_bytes(), f"report.{form}") for form in ("html", "pdf")]
    assert first == [path.read_bytes() for path in written(study, "b.html", "b.pdf")]
    with StudyFile.open(study, now=WRITTEN) as opened:
        later = study.with_name("c.pdf")
        write_report(opened, [(later, ReportForm.PDF)], now=WRITTEN + timedelta(days=1))
    assert later.read_bytes() != first[1]


def test_writing_changes_nothing_in_the_study(tmp_path: Path) -> None:
    study = judged_study(tmp_path / "study.ftstudy", prompts=6, at_most=1)
    with StudyFile.open(study, now=WRITTEN) as opened:
        before = opened.audit.entries()
        write_report(opened, [(study.with_name("r.pdf"), ReportForm.PDF)], now=WRITTEN)
        assert opened.audit.entries() == before


def test_progress_is_told(study: Path) -> None:
    told: list[str] = []
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(
            opened, [(study.with_name("r.html"), ReportForm.HTML)], now=WRITTEN, progress=told.append
        )
    stages = ["Computing the results", "Computing the checks", "Comparing the answers", "Checking the study"]
    assert told == [*stages, "Writing the report (HTML)"]


@pytest.mark.parametrize(
    ("taken", "code"),
    [
        ("study.ftstudy", "same-file"),
        ("other.ftstudy", "over-study"),
        ("Ada.ftpack", "over-pack"),
        ("renamed.pdf", "over-study"),
    ],
)
def test_a_report_never_takes_the_place_of_a_study_or_a_pack(tmp_path: Path, taken: str, code: str) -> None:
    study = judged_study(tmp_path / "study.ftstudy", at_most=0, unblinded=False)
    other = judged_study(tmp_path / "other.ftstudy", at_most=0)
    (tmp_path / "renamed.pdf").write_bytes(other.read_bytes())
    with StudyFile.open(study, now=WRITTEN) as opened:
        make_pack(opened, tmp_path / "Ada.ftpack", "Dana", rng=Random(3), now=START)
        before = (tmp_path / taken).read_bytes()
        with pytest.raises(UserError) as refused:
            write_report(opened, [(tmp_path / taken, ReportForm.PDF)], now=WRITTEN, replace=True)
    assert refused.value.code == code
    assert (tmp_path / taken).read_bytes() == before


def test_two_reports_are_two_files(study: Path) -> None:
    both = [(study.with_name("r"), ReportForm.HTML), (study.with_name("r"), ReportForm.PDF)]
    with StudyFile.open(study, now=WRITTEN) as opened, pytest.raises(UserError) as refused:
        write_report(opened, both, now=WRITTEN)
    assert refused.value.code == "same-file"


def test_on_failure_nothing_is_left_and_nothing_is_lost(study: Path) -> None:
    before = set(study.parent.iterdir())
    good = study.with_name("r.html")
    good.write_text("mine", encoding="utf-8")
    for wrong in (study.parent / "nowhere" / "r.pdf", study.parent):
        with StudyFile.open(study, now=WRITTEN) as opened, pytest.raises(FTCompareError) as failed:
            write_report(opened, [(good, ReportForm.HTML), (wrong, ReportForm.PDF)], now=WRITTEN)
        assert isinstance(failed.value, UserError | EnvironmentFault)
        assert good.read_text(encoding="utf-8") == "mine"
        assert set(study.parent.iterdir()) == before | {good}


@pytest.mark.parametrize(
    ("name", "form"), [("a.html", ReportForm.HTML), ("a.HTM", ReportForm.HTML), ("a.PDF", ReportForm.PDF)]
)
def test_the_end_of_the_name_says_the_form(name: str, form: ReportForm) -> None:
    assert form_of(Path(name)) is form


def test_another_end_is_refused() -> None:
    assert refusal_code(lambda: form_of(Path("report.docx"))) == "report-form"


@pytest.mark.parametrize("unblinded", [True, False])
@pytest.mark.parametrize("at_most", [0, 1])
def test_degenerate_studies_can_be_written(tmp_path: Path, at_most: int, *, unblinded: bool) -> None:
    study = judged_study(tmp_path / "s.ftstudy", at_most=at_most, unblinded=unblinded)
    page, pdf = written(study, "r.html", "r.pdf")
    assert "Where it comes from" in Page(page.read_text(encoding="utf-8")).words
    assert "Where it comes from" in pdf_words(pypdf.PdfReader(pdf))


def test_long_tables_go_on_over_the_page_with_their_heads(tmp_path: Path) -> None:
    names = Names(categories=tuple(f"Category {n:03}" for n in range(120)), raters=("Ada",))
    study = judged_study(tmp_path / "s.ftstudy", names=names, prompts=120)
    reader = pdf_of(study)
    heads = [
        page for page in reader.pages if "Win rate 95% interval" in " ".join(page.extract_text().split())
    ]
    assert len(heads) >= 3
    assert "WITH THE MOST PROMPTS" in pdf_words(reader)


FOOT = 60.0
"""Points from the bottom: below it stand the number of the page and the study's title."""
MOST_FREE = 0.3
"""Of a page, at its end: what did not fit on it was less than that, or a chart."""

STUDIES: dict[str, dict[str, Any]] = {
    "three categories": {"prompts": 30, "design": CHECKS},
    "twenty categories": {"prompts": 40, "names": Names(categories=tuple(f"Topic {n}" for n in range(20)))},
    "three systems": {"prompts": 12, "names": Names(systems=("base", "early", "late"))},
    "blinded": {"prompts": 30, "unblinded": False},
}


Line = tuple[float, float, str]
"""Height above the bottom, size of the font, text."""


@dataclass(frozen=True)
class Printed:
    """The lines of each page above its foot, top down, and how tall the paper is."""

    pages: list[list[Line]]
    tall: float


@pytest.fixture(scope="module", params=STUDIES)
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    folder = tmp_path_factory.mktemp("pages")
    study = judged_study(folder / "s.ftstudy", **STUDIES[request.param])
    target = folder / "r.pdf"
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(opened, [(target, ReportForm.PDF)], now=WRITTEN, fonts=tuple)
    pages = pypdf.PdfReader(io.BytesIO(target.read_bytes())).pages
    return Printed([lines(page) for page in pages], float(pages[0].mediabox.height))


def lines(page: pypdf.PageObject) -> list[Line]:
    """What stands on a page above its foot, top down."""
    found: list[Line] = []

    def note(text: str, _: object, matrix: list[float], __: object, size: float | None) -> None:
        if text.strip() and matrix[5] > FOOT:
            found.append((matrix[5], size or 0.0, text.strip()))

    page.extract_text(visitor_text=note)
    return sorted(found, reverse=True)


def test_no_page_but_the_last_ends_early_and_no_heading_stands_alone_at_its_end(printed: Printed) -> None:
    free = [page[-1][0] - FOOT for page in printed.pages[:-1]]
    assert free
    assert not [gap for gap in free if gap > MOST_FREE * printed.tall]
    for page in printed.pages:
        _, size, text = page[-1]
        assert size < 10, text


def test_every_chart_stands_within_a_page_with_all_its_texts(printed: Printed) -> None:
    told = [[text for _, _, text in page] for page in printed.pages]
    assert [page for page in told if "prompts judged" in page]
    for page in (page for page in told if "prompts judged" in page):
        assert "enough evidence (20)" in page
    for page in (page for page in told if "All, for other raters" in page):
        assert any(text.startswith("All, for these raters") for text in page)
        assert any("preferred" in text for text in page)


def test_rows_that_go_over_the_page_are_not_left_one_by_one(tmp_path: Path) -> None:
    names = Names(categories=tuple(f"Topic {n:02}" for n in range(40)), raters=("Ada",))
    study = judged_study(tmp_path / "s.ftstudy", prompts=40, names=names)
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(opened, [(tmp_path / "r.pdf", ReportForm.PDF)], now=WRITTEN, fonts=tuple)
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "r.pdf").pages]
    counts = [page.count("\nTopic ") for page in pages if "Win rate 95% interval" in " ".join(page.split())]
    assert sum(counts) >= 40
    assert min(count for count in counts if count) >= 3


# --- as a web page that is printed ----------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def web_page(folder: Path) -> Path:
    study = judged_study(folder / "s.ftstudy", prompts=30, design=CHECKS)
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(opened, [(folder / "r.html", ReportForm.HTML)], now=WRITTEN)
    return folder / "r.html"


def test_a_chart_is_printed_behind_the_table_that_may_go_on_over_the_page(tmp_path: Path) -> None:
    told = web_page(tmp_path).read_text("utf-8")
    (charted,) = re.findall(r'<div class="charted">(.*?)\n</div>\n', told, flags=re.DOTALL)
    assert "prompts judged" in charted
    assert charted.index("</table>") < charted.index("<figure>")
    assert told.count("<figure>") == 3  # those below the summary and on reasons have no table
    assert told.count("<caption>Win rate of cardiology</caption>") == 1


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to print with")
def test_a_browser_prints_no_page_that_ends_early(tmp_path: Path) -> None:
    page, target = web_page(tmp_path), tmp_path / "r.pdf"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    places = [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={target}", page.as_uri()]
    subprocess.run([*command, *places], check=True, capture_output=True)
    pages = pypdf.PdfReader(target).pages
    free = [min(heights(page)) - FOOT for page in pages[:-1]]
    tall = float(pages[0].mediabox.height)
    assert len(free) >= 5
    assert max(free) < MOST_FREE * tall
    begun = [page.extract_text() for page in pages if "Each person who judges" in page.extract_text()]
    assert all("Which answer is better?" in text for text in begun)  # with the heading, whole


def heights(page: pypdf.PageObject) -> list[float]:
    """Of its texts above the foot, in points above the bottom."""
    found: list[float] = []

    def note(text: str, on_page: list[float], matrix: list[float], _: object, __: object) -> None:
        height = on_page[3] * matrix[5] + on_page[5]
        if text.strip() and height > FOOT:
            found.append(height)

    page.extract_text(visitor_text=note)
    return found
