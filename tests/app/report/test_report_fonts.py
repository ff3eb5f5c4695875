"""What the report's own font lacks is set in a font of the machine; without one it stands by its code."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pypdf
import pytest
from fontTools.ttLib import TTFont
from matplotlib.ft2font import FT2Font

from ftcompare.app.report import PaperSize, ReportForm, write_report
from ftcompare.app.report.pdf_page import installed, paper_of, scripts_of, spare_fonts, usual_paper
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import WRITTEN, Names, judged_study
from tests.app.report.tiny_fonts import collection, saved, tiny_font

HAN = "微调试验心"
NAMES = Names(
    title="心 and heart",
    systems=("בסיס", "微调"),
    raters=("Zoë", "हृदय"),
    categories=("心", "قلب"),
    notice="试验 of a model",
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_study(tmp_path_factory.mktemp("foreign") / "s.ftstudy", prompts=6, names=NAMES)


@pytest.fixture(scope="module")
def han(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A font with some Chinese."""
    return saved(tiny_font("Tiny Han", HAN), tmp_path_factory.mktemp("han") / "han.ttf")


@cache
def written(study: Path, fonts: tuple[Path, ...], paper: PaperSize = PaperSize.A4) -> bytes:
    """A report, made once for all tests of it: a PDF takes seconds."""
    target = study.with_name("r.pdf")
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(
            opened, [(target, ReportForm.PDF)], now=WRITTEN, paper=paper, fonts=lambda: fonts, replace=True
        )
    return target.read_bytes()


def pdf_of(study: Path, *fonts: Path, paper: PaperSize = PaperSize.A4) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(written(study, fonts, paper)))


def words(reader: pypdf.PdfReader) -> str:
    """All that it says; of fonts with outlines of PostScript's kind pypdf reads a zero before each sign."""
    told = " ".join(page.extract_text() for page in reader.pages).replace("\x00", "")
    return " ".join(told.split())


def fonts_in(reader: pypdf.PdfReader) -> set[str]:
    """Their names, without the six letters that say that only a part is embedded."""
    found = [page["/Resources"]["/Font"] for page in reader.pages]  # type: ignore[index]  # a dictionary each
    return {str(font.get_object()["/BaseFont"]).split("+")[1] for page in found for font in page.values()}


def taken(wanted: str, folder: Path, *files: Path) -> list[tuple[str, str, bool]]:
    """Of each font that was taken: its name, the wanted characters it has, and whether it has a bold face."""
    (folder / "cut").mkdir(exist_ok=True)
    found = spare_fonts(frozenset(wanted), folder / "cut", lambda: files)
    names = [TTFont(one.regular)["name"].getBestFamilyName() for one in found]
    held = ["".join(sorted(one.covers & set(wanted))) for one in found]
    return list(zip(names, held, (one.bold is not None for one in found), strict=True))


# --- in a report ----------------------------------------------------------------------------------


def test_an_installed_font_shows_what_the_papers_own_lacks(study: Path, han: Path) -> None:
    reader = pdf_of(study, han)
    told = words(reader)
    assert "微调 against" in told
    assert "⟨U+5FAE⟩" not in told
    assert any(name.startswith("TinyHan") for name in fonts_in(reader))
    # Nobody has Devanagari: it is said once, by its script, with what to do.
    assert "⟨U+0939⟩" in told
    assert "by their codes, like ⟨U+4E2D⟩: Devanagari. The report as a web page shows them" in told
    assert "such as Noto" in told
    # A line that begins in the spare font leaves the next one readable.
    assert "REPORT OF A BLIND COMPARISON" in (reader.pages[0].extract_text() or "")


def test_without_such_a_font_the_scripts_are_named(study: Path) -> None:
    told = words(pdf_of(study))
    assert "⟨U+5FAE⟩⟨U+8C03⟩" in told
    assert "like ⟨U+4E2D⟩: Devanagari, Han. The report" in told


def test_a_real_font_with_chinese_is_used(study: Path) -> None:
    named = [path for path in installed() if "CJK" in path.name or "cjk" in path.name]
    if not named:
        pytest.skip("no CJK font is installed here (for example fonts-noto-cjk)")
    reader = pdf_of(study, *named)
    assert "微调" in words(reader)
    assert any("CJK" in name for name in fonts_in(reader))
    assert len(written(study, tuple(named))) < 400_000, "only the glyphs in use are embedded"


def test_words_from_right_to_left_do_not_draw_the_figures_after_them(study: Path, han: Path) -> None:
    page = study.with_name("r.html")
    with StudyFile.open(study, now=WRITTEN) as opened:
        write_report(opened, [(page, ReportForm.HTML)], now=WRITTEN)
    source = page.read_text(encoding="utf-8")
    assert "against \u2068בסיס\u2069" in source
    assert '<h1 dir="auto">心 and heart</h1>' in source
    told = words(pdf_of(study, han))
    assert "⟨U+2068⟩" not in told
    even = re.search(r"(\S+) (?:is|are) without a favourite", told)
    assert even is not None
    assert even[1].isdigit(), even


# --- which font -----------------------------------------------------------------------------------


def test_the_font_with_most_is_taken_first_and_others_for_the_rest(tmp_path: Path) -> None:
    most = saved(tiny_font("Most", "微调试"), tmp_path / "most.ttf")
    rest = saved(tiny_font("Rest", "调心"), tmp_path / "rest.ttf")
    other = saved(tiny_font("Other", "x"), tmp_path / "other.ttf")
    assert taken(HAN, tmp_path, other, rest, most) == [("Most", "微试调", False), ("Rest", "心", False)]


def test_of_equals_the_plain_one_is_taken_with_its_bold_face(tmp_path: Path) -> None:
    plain = saved(tiny_font("Good Sans", "微"), tmp_path / "GoodSans-Regular.ttf")
    saved(tiny_font("Good Sans", "微", bold=True), tmp_path / "GoodSans-Bold.ttf")
    serif = saved(tiny_font("Fine Serif", "微"), tmp_path / "FineSerif-Regular.ttf")
    assert taken("微", tmp_path, serif, plain) == [("Good Sans", "微", True)]


def test_of_a_collection_the_face_of_the_language_is_taken(tmp_path: Path) -> None:
    faces = [tiny_font(f"Many Sans {tag}", f"{HAN}かな한") for tag in ("KR", "JP", "SC")]
    path = collection(tmp_path / "many.ttc", *faces)
    assert FT2Font(str(path)).num_faces == 3
    assert taken("微", tmp_path, path)[0][0] == "Many Sans SC"
    assert taken("微か", tmp_path, path)[0][0] == "Many Sans JP"
    assert taken("微한", tmp_path, path)[0][0] == "Many Sans KR"
    unnamed = collection(tmp_path / "two.ttc", tiny_font("One", "微"), tiny_font("Two", "微"))
    assert taken("微", tmp_path, unnamed)[0][0] == "One"


def test_a_variable_font_is_set_at_the_weight_of_text(tmp_path: Path) -> None:
    path = saved(tiny_font("Wide Sans", "微", weights=True), tmp_path / "wide.ttf")
    assert taken("微", tmp_path, path) == [("Wide Sans", "微", True)]
    for made in (tmp_path / "cut").iterdir():
        assert "fvar" not in TTFont(made)


@pytest.mark.parametrize("terms", [0x0002, 0x0100, 0x0200])
def test_a_font_that_may_not_be_embedded_is_not(tmp_path: Path, terms: int) -> None:
    closed = saved(tiny_font("Closed", "微", terms=terms), tmp_path / "closed.ttf")
    assert taken("微", tmp_path, closed) == []
    free = saved(tiny_font("Free", "微", terms=0x0008), tmp_path / "free.ttf")
    assert taken("微", tmp_path, closed, free) == [("Free", "微", False)]


def test_broken_fonts_and_pictures_of_glyphs_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00 this is no font")
    whole = saved(tiny_font("Whole", "微"), tmp_path / "whole.ttf")
    torn = tmp_path / "torn.ttf"
    font = TTFont(whole)
    del font["OS/2"]  # without it nobody knows whether it may be embedded
    font.save(torn)
    flat = TTFont(whole)
    del flat["glyf"], flat["loca"]
    flat.save(tmp_path / "flat.ttf")
    files = (tmp_path / "broken.ttf", tmp_path / "gone.ttf", torn, tmp_path / "flat.ttf", whole)
    assert taken("微", tmp_path, *files) == [("Whole", "微", False)]


def test_scripts_are_named_and_counted() -> None:
    assert scripts_of("微") == "Han"
    assert scripts_of("微あ한😀") == "Han, Hangul, Hiragana, symbols"
    assert scripts_of("微あ한हไ😀") == "Devanagari, Han, Hangul, Hiragana, 2 more"


# --- paper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("en_US.UTF-8", PaperSize.LETTER),
        ("fr-CA", PaperSize.LETTER),
        ("es_MX@x", PaperSize.LETTER),
        ("English_United States", PaperSize.LETTER),
        ("de_DE.UTF-8", PaperSize.A4),
        ("en_GB", PaperSize.A4),
        ("English_United Kingdom", PaperSize.A4),
        ("en", PaperSize.A4),
        ("", PaperSize.A4),
    ],
)
def test_the_country_says_which_paper_is_usual(name: str, paper: PaperSize) -> None:
    assert paper_of(name) is paper


def test_the_environment_comes_before_the_system() -> None:
    assert usual_paper({"LANG": "en_US.UTF-8"}, system="de_DE") is PaperSize.LETTER
    assert usual_paper({"LANG": "en_US.UTF-8", "LC_PAPER": "de_DE.UTF-8"}) is PaperSize.A4
    assert usual_paper({"LC_ALL": "en_US", "LC_PAPER": "de_DE"}) is PaperSize.LETTER
    assert usual_paper({"LANG": "C.UTF-8"}, system="en_US") is PaperSize.LETTER
    assert usual_paper({}, system="de_DE") is PaperSize.A4
    assert usual_paper({}) in PaperSize


def test_a_report_on_letter_fits_it(study: Path) -> None:
    sizes = {}
    for paper in PaperSize:
        reader = pdf_of(study, paper=paper)
        sizes[paper] = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in reader.pages}
        assert "Where it comes from" in words(reader)
    assert sizes == {PaperSize.A4: {(595, 842)}, PaperSize.LETTER: {(612, 792)}}
