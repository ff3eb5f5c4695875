"""The pages of a PDF report are full: charts and tables find their places, headings have what they head."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest

from ftcompare.app.report import ReportForm, write_report
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import CHECKS, WRITTEN, Names, judged_study

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


def test_no_page_but_the_last_ends_early(printed: Printed) -> None:
    free = [page[-1][0] - FOOT for page in printed.pages[:-1]]
    assert free
    assert not [gap for gap in free if gap > MOST_FREE * printed.tall]


def test_no_heading_stands_alone_at_the_end_of_a_page(printed: Printed) -> None:
    for page in printed.pages:
        _, size, text = page[-1]
        assert size < 10, text


def test_every_chart_stands_within_a_page_with_all_its_texts(printed: Printed) -> None:
    told = [[text for _, _, text in page] for page in printed.pages]
    assert [page for page in told if "prompts judged" in page]
    for page in (page for page in told if "prompts judged" in page):
        assert "enough evidence (20)" in page
    for page in (page for page in told if "All prompts" in page):
        assert any(text.startswith("for these raters alone") for text in page)
        assert any("preferred →" in text for text in page)


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
    assert told.count("<figure>") == 2  # that below the summary has no table
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
    assert free[0] < tall / 10
    assert max(free) < MOST_FREE * tall


def heights(page: pypdf.PageObject) -> list[float]:
    """Of its texts above the foot, in points above the bottom."""
    found: list[float] = []

    def note(text: str, on_page: list[float], matrix: list[float], _: object, __: object) -> None:
        height = on_page[3] * matrix[5] + on_page[5]
        if text.strip() and height > FOOT:
            found.append(height)

    page.extract_text(visitor_text=note)
    return found
