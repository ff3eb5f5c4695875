"""An evidence file verifies itself in a browser, and names the place of an altered byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftcompare.app.report.evidence_check import check_evidence, data_digest
from tests.app.report.evidence_studies import BLOCK, evidence_file, forged
from tests.browser.conftest import Starter
from tests.browser.page_studies import text_of

DIGEST = re.compile('<code id="evidence-digest">(.*?)</code>')
DONE = "document.querySelector('#verdict').className"


@pytest.mark.parametrize("texts", [False, True])
def test_a_page_verifies_itself_as_the_command_does(start: Starter, tmp_path: Path, *, texts: bool) -> None:
    page = evidence_file(tmp_path / "evidence.html", texts=texts)
    browser = start()
    browser.open(page)
    browser.wait(DONE)
    assert "Verified in this browser" in text_of(browser, "#verdict")
    assert {text_of(browser, f'[data-same="{row}"]') for row in (0, 1)} == {"equal"}
    browser.look("document.querySelector('#findings').setAttribute('open', '')")
    shown = text_of(browser, "#findings dl")
    known = {
        one.subject: one.detail
        for one in check_evidence(page)
        if one.subject != ("The page without the report")
    }
    assert shown.splitlines() == [line for subject, said in known.items() for line in (subject, f"✓ {said}")]
    loaded = "performance.getEntriesByType('resource').length"
    assert browser.look(loaded) == 0


def test_an_altered_byte_is_named(start: Starter, tmp_path: Path) -> None:
    page = evidence_file(tmp_path / "evidence.html", texts=False)
    text = page.read_text("utf-8")
    choice = re.search(r'\[\\"judgment\\",\\"(\w)', text)  # of the first rater's first judgment
    assert choice
    at = choice.start(1)
    page.write_text(f"{text[:at]}x{text[at + 1 :]}", "utf-8")
    browser = start()
    browser.open(page)
    browser.wait(DONE)
    verdict = text_of(browser, "#verdict")
    assert verdict.startswith("This file was altered. Checks that failed: ")
    assert "Judgments of Ada: judgment 1 was altered, removed, or added." in verdict
    assert text_of(browser, "#evidence-digest") == data_digest(page) != DIGEST.findall(text)[0]


def test_forged_figures_and_texts_are_named(start: Starter, tmp_path: Path) -> None:
    page = evidence_file(tmp_path / "evidence.html", texts=False)
    forged(page, lambda data: data["figures"][0].update(rate=0.9))
    text = page.read_text("utf-8")
    page.write_text(text.replace('<h1 dir="auto">Card', '<h1 dir="auto">Hard'), "utf-8")
    browser = start()
    browser.open(page)
    browser.wait(DONE)
    assert text_of(browser, '[data-same="0"]') == "differs"
    assert text_of(browser, '[data-same="1"]') == "equal"
    found = text_of(browser, "#findings dl")
    assert "✗ All prompts, cardiology against base: the win rate is 0.900000000 here" in found
    assert "Text of the report\n✗ altered after the file was saved" in found
    assert "the page shows" in found


def test_data_that_were_cut_short_are_named(start: Starter, tmp_path: Path) -> None:
    page = evidence_file(tmp_path / "evidence.html", texts=False)
    page.write_text(BLOCK.sub(lambda found: found[0][:5000], page.read_text("utf-8")), "utf-8")
    browser = start()
    browser.open(page)
    browser.wait(DONE)
    assert "Data of this file: cannot be read: the data were altered or cut short." in text_of(
        browser, "#verdict"
    )
