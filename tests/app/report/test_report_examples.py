"""Example pairs of a report: which are chosen, how they are set, and that hostile texts stay texts."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest

from ftcompare.app.report import ReportForm, report_bytes
from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.content import document
from ftcompare.app.report.example_pairs import LONGEST_ANSWER
from ftcompare.app.report.report_data import gather
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN
from tests.app.report.test_report_files import PLAIN_TAGS, Page
from tests.app.report.written_study import Asked, written_study

SAID = ("bbb", "bbt", "aaa", "aab", "bat", "ttt", "bbb", "bbb", "ab2", "aat")
MARKED = """# Infarction

A **clear** answer with `code`, $\\frac{a}{b}$ and [a link](https://example.org/x).

$$\\sum_{i=1}^{n} x_i$$

1. first
2. second
   - nested

> quoted

| drug | dose |
|------|-----:|
| aspirin | 300 |

```
def dose(w):
    return w
```
- [x] done
"""
ANSWER_TAGS = {
    *(
        "article",
        "h4",
        "h5",
        "h6",
        "pre",
        "code",
        "blockquote",
        "span",
        "strong",
        "em",
        "s",
        "hr",
        "sup",
        "br",
    )
}
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "</div></section><style>*{display:none}</style>",
    "[go](javascript:alert(1)) ![p](http://x.example/p.png) <http://x.example/a>",
    "`</code></pre><iframe src=//x.example>`\n\n```html\n</code></pre><b>x</b>\n```",
    '| a" onclick="alert(1) | b |\n|---|---|\n| <td onload=x> | &lt;i&gt; |',
    "&#x202e;evil \u202e \x1b[31mred \x00 \ufffe \U000e0041",
    "$\\text{</svg><script>1</script>}$ $$\\href{javascript:alert(1)}{x}$$ {{7*7}} {% raw %}",
    "#" * 50 + "\n" + "> " * 60 + "deep\n\n" + "- " * 60 + "deep",
    "| " * 300 + "|\n" + "|-" * 300 + "|\n" + "| x " * 300 + "|",
    "w" * 2_000,
)


def report_of(path: Path, *, texts: bool = True) -> Document:
    with StudyFile.open(path, now=WRITTEN) as study:
        return document(gather(study, now=WRITTEN, texts=texts))


def page_of(report: Document) -> str:
    return report_bytes(report, ReportForm.HTML, now=WRITTEN).decode()


def pdf_words(report: Document) -> str:
    data = report_bytes(report, ReportForm.PDF, now=WRITTEN, fonts=tuple)
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = [
        Asked(f"Question {n}?", (f"Plain {n}.", f"Clinical {n}."), said, {0: "!Good."} if n == 2 else None)
        for n, said in enumerate(SAID)
    ]
    return written_study(tmp_path_factory.mktemp("examples") / "s.ftstudy", asked)


def test_the_clearest_and_the_most_divided_are_chosen(judged: Path) -> None:
    found = report_of(judged).examples
    assert [pair.title for pair in found.pairs] == [
        "Clearest for cardiology: p0",
        "Clearest for cardiology: p6",
        "Clearest for base: p2",
        "Clearest for base: p9",
        "Split opinions: p3",
        "Split opinions: p4",
    ]
    assert "Of cardiology against base: at most 2 prompts each" in found.rule
    assert report_of(judged).examples == found


def test_each_has_its_prompt_both_answers_and_all_verdicts(judged: Path) -> None:
    report = report_of(judged)
    pair = report.examples.pairs[2]
    assert [text.speaker for text in (*pair.turns, *pair.answers)] == ["Prompt", "base", "cardiology"]
    assert sorted(pair.verdicts) == [
        "Ada: base is better (flagged). “Good.”",
        "Ben: base is better.",
        "Cleo: base is better.",
    ]
    for words in (Page(page_of(report)).words, " ".join(pdf_words(report).split())):
        for text in ("Example pairs", "Clearest for base: p2", "Question 2?", "Plain 2.", "Clinical 2."):
            assert text in words


def test_without_texts_and_before_unblinding_there_are_none(judged: Path, tmp_path: Path) -> None:
    assert not report_of(judged, texts=False).examples.pairs
    asked = [Asked("Question?", ("Plain.", "Clinical."), "bbb")]
    blinded = report_of(written_study(tmp_path / "b.ftstudy", asked, unblinded=False))
    assert not blinded.examples.pairs
    assert "Clinical" not in page_of(blinded)


def test_without_judgments_there_are_none(tmp_path: Path) -> None:
    asked = [Asked("Question?", ("Plain.", "Clinical."), "sss")]
    report = report_of(written_study(tmp_path / "s.ftstudy", asked))
    assert not report.examples.pairs
    assert 'id="examples"' not in page_of(report)


def test_answers_are_set_as_they_were_meant(tmp_path: Path) -> None:
    report = report_of(written_study(tmp_path / "s.ftstudy", [Asked("Q?", ("Plain.", MARKED), "bbb")]))
    source = page_of(report)
    page = Page(source)
    for part in (
        '<h4 dir="auto">Infarction</h4>',
        "<strong>clear</strong>",
        "<code>code</code>",
        'aria-label="$\\frac{a}{b}$"><svg',
        '<p class="display"><span class="formula',
        '<blockquote dir="auto">',
        '<span class="marker">2.</span>',
        '<td class="right">300</td>',
        '<pre dir="ltr"><code>def dose(w):\n    return w</code></pre>',
        '<span class="marker">☑</span>',
    ):
        assert part in source
    assert "a link (https://example.org/x)" in page.words
    words = pdf_words(report)
    for text in ("Infarction", "clear answer", "$\\frac{a}{b}$", "2. second", "aspirin", "def dose(w):"):
        assert text in " ".join(words.split())


def test_a_long_answer_is_cut_and_that_is_said(tmp_path: Path) -> None:
    long = "word " * (LONGEST_ANSWER // 5 + 20)
    report = report_of(written_study(tmp_path / "s.ftstudy", [Asked("Q?", ("Plain.", long), "bbb")]))
    assert "100 more characters not shown." in Page(page_of(report)).words
    assert "100 more characters not shown." in pdf_words(report)


def test_hostile_answers_are_words(tmp_path: Path) -> None:
    text = "\n\n".join(HOSTILE)[:LONGEST_ANSWER]
    asked = [Asked(one, (one or "-", f"{one} again"), "bba", {0: one}) for one in (*HOSTILE[:9], text)]
    path = written_study(tmp_path / "s.ftstudy", asked)
    with StudyFile.open(path, now=WRITTEN) as study:
        report = document(gather(study, now=WRITTEN))
    source = page_of(report)
    page = Page(source)
    assert page.tags <= PLAIN_TAGS | ANSWER_TAGS
    assert not [a for a in page.attributes if a[1].startswith("on") or a[1] in ("style", "src", "srcset")]
    links = [value for _, name, value in page.attributes if name in ("href", "xlink:href")]
    assert all(link.startswith("#") for link in links)
    assert not [c for c in source if not c.isprintable() and c not in "\n\u2068\u2069\u200c\u200d"]
    assert "⟨U+202E⟩" in page.words
    words = pdf_words(report)
    assert "Example pairs" in words
    assert "⟨U+202E⟩" in words


@pytest.mark.parametrize("hostile", HOSTILE)
def test_each_hostile_answer_can_be_set(tmp_path: Path, hostile: str) -> None:
    report = report_of(written_study(tmp_path / "s.ftstudy", [Asked("Q?", (hostile, "Plain."), "bbb")]))
    assert Page(page_of(report)).tags <= PLAIN_TAGS | ANSWER_TAGS
    assert "Plain." in pdf_words(report)
