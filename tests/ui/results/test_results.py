"""The Results page on real studies: what it says, what it draws, and what it must not tell yet."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.results import charts
from ftcompare.app.results.study_results import DetailedResults, detailed_results
from ftcompare.app.review.result_slice import Part
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    RaterKind,
    Response,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.responses import Responses
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.theme.theme import Theme
from tests.builders import built_once
from tests.ui.conftest import NOTICE, START, Recorder, RecordingBar, quiet
from tests.ui.page_driver import enter, every_word, press, settle, visible_text
from tests.ui.results.results_driver import overview_of

SPLITS = (Split.TRAINED, Split.HELD_OUT)
Decide = Callable[[str, str], Choice]


def tuned_wins(category: str, tuned_side: str) -> Choice:
    """The tuned system wins, but for general topics."""
    wins = category != "general"
    return Choice.LEFT if wins == (tuned_side == "left") else Choice.RIGHT


@built_once
def written(
    path: Path,
    *,
    prompts: int = 24,
    raters: tuple[str, ...] = ("Ada", "Ben"),
    decide: Decide = tuned_wins,
    unblinded: bool = True,
    systems: tuple[str, ...] = ("acme-plain", "acme-tuned"),
) -> Path:
    """A study in which every pair is judged by a rule."""
    with StudyFile.create(
        path, title="Acme", scale=Scale(), notice=NOTICE, rng=Random(4), now=START
    ) as study:
        with study.atomic():
            added = [study.systems.add(_system(name)) for name in systems]
            for number, prompt in enumerate(study.prompts.add(_prompt(n) for n in range(prompts))):
                texts = [
                    f"{'TUNED' if i else 'PLAIN'} answer {number}" + " x" * (i * number)
                    for i in range(len(added))
                ]
                drafts = [
                    ResponseDraft(system.id, text, FinishReason.END, 9)
                    for system, text in zip(added, texts, strict=True)
                ]
                study.responses.store(prompt.id, drafts, run=None)
            for rater in raters:
                _judge_all(study, rater, decide)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _system(name: str) -> SystemSpec:
    tuned = "tuned" in name
    return SystemSpec(
        name,
        SystemKind.ADAPTER if tuned else SystemKind.BASE,
        model="/m/acme",
        adapter="/m/a" if tuned else "",
    )


def _prompt(number: int) -> PromptSpec:
    category = "general" if number % 4 == 0 else "heart"
    return PromptSpec(
        f"p{number}", (Message("user", f"{category} question {number}"),), category, SPLITS[number % 2]
    )


def _judge_all(study: StudyFile, name: str, decide: Decide) -> None:
    rater = study.raters.add(name)
    study.allocations.draw(rater.id, rng=Random(name), now=START)
    while (item := study.judgments.next_item(rater.id)) is not None:
        tuned_side = "left" if item.left.startswith("TUNED") else "right"
        choice = decide(item.messages[0].content.split()[0], tuned_side)
        study.judgments.judge(item.allocation, Verdict(choice, seconds=5.0), now=START)


def computed(path: Path) -> DetailedResults:
    with StudyFile.open(path, now=START) as study:
        return detailed_results(study)


def forest_of(page: ResultsPage) -> charts.ForestPlot:
    chart = overview_of(page).forest.view.chart
    assert isinstance(chart, charts.ForestPlot)
    return chart


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.ftstudy")


@pytest.fixture
def found(path: Path) -> DetailedResults:
    """What the operation says of the study, computed before a page has it open."""
    return computed(path)


@pytest.fixture
def page(context: PageContext, path: Path, found: DetailedResults, qtbot: QtBot) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, path)


# --- what it says --------------------------------------------------------------------------------


def test_the_page_opens_with_the_sentence_of_the_operation(page: ResultsPage, found: DetailedResults) -> None:
    assert overview_of(page).headline.text() == found.results.headline
    assert overview_of(page).headline.text() == (
        "Raters preferred acme-tuned over acme-plain in 75% of judgments. That is not enough to call either "
        "better."
    )
    assert page.standing.text() == "48 judgments · 2 raters · unblinded 21 Nov"


def test_the_line_below_tells_for_whom_the_interval_holds(page: ResultsPage, found: DetailedResults) -> None:
    pair = found.results.summary.comparisons[0]
    both = pair.win_rate_over_raters
    assert both is not None
    assert both.low is not None
    assert pair.win_rate.low is not None
    line = overview_of(page).line.text()
    assert line.startswith(f"95% interval {both.low * 100:.0f}–")
    assert f"{pair.win_rate.low * 100:.0f}–" in line
    assert line.endswith("for these 2 alone.")
    assert f"e-value {pair.e_value:.2g}, needed 20" in overview_of(page).settled.text()


def test_the_forest_plot_holds_all_splits_and_categories(page: ResultsPage) -> None:
    rows = [(row.dimension, row.name, row.value, row.n) for row in forest_of(page).rows]
    assert rows == [
        ("all", "", 0.75, 24),
        ("these", "", 0.75, 24),
        ("split", "trained", 0.5, 12),
        ("split", "held_out", 1.0, 12),
        ("category", "general", 0.0, 6),
        ("category", "heart", 1.0, 18),
    ]
    labels = [row.label for row in forest_of(page).rows]
    assert labels == ["All prompts", "for these raters alone", "Trained", "Held out", "general", "heart"]


def test_the_curve_ends_at_the_e_value_of_the_summary(page: ResultsPage, found: DetailedResults) -> None:
    pair = found.results.summary.comparisons[0]
    chart = overview_of(page).evidence.view.chart
    assert isinstance(chart, charts.EvidenceCurve)
    assert chart.prompts == tuple(range(1, 25))
    assert chart.values[-1] == pytest.approx(pair.e_value)
    assert chart.values[0] == pytest.approx(1.0)


def test_judgments_are_counted_by_answer(page: ResultsPage) -> None:
    names = every_word(page)
    for line in ("Wins of acme-tuned: 36", "Wins of acme-plain: 12", "About equal: 0", "Both bad: 0"):
        assert line in names


def test_figures_that_cannot_be_told_say_so(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = written(tmp_path / "one.ftstudy", raters=("Ada",), decide=lambda *_: Choice.TIE, prompts=6)
    said = every_word(enter(ResultsPage(context), context, qtbot, path))
    assert "Agreement (α, ordinal): not defined no pair judged twice" in said
    assert "Left chosen: not defined no side known" in said
    assert "Sign test: not defined" in said
    assert "equally often" in said
    assert "nan" not in said.casefold()


def test_a_single_judgment_is_no_trouble(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = written(tmp_path / "one.ftstudy", raters=("Ada",), prompts=1)
    page = enter(ResultsPage(context), context, qtbot, path)
    assert forest_of(page).rows[0].n == 1
    assert page.standing.text().startswith("1 judgment · 1 rater")
    assert not page.grab().isNull()


def test_what_fine_tuning_cost_is_named_with_a_way_to_it(
    page: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    assert (
        overview_of(page)
        .lost.text()
        .startswith(
            "What fine-tuning cost: on “general” raters preferred acme-plain (win rate of acme-tuned 0%, 0–"
        )
    )
    overview_of(page).lost.link.click()
    settle(context, qtbot)
    prompts = [str(row.cells[0]) for row in page.comparisons.table.model.shown]
    assert len(prompts) == 12
    assert all(prompt.startswith("general") for prompt in prompts)


def test_nothing_lost_is_said_as_plainly(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = written(
        tmp_path / "won.ftstudy", decide=lambda _, side: Choice.LEFT if side == "left" else Choice.RIGHT
    )
    page = enter(ResultsPage(context), context, qtbot, path)
    assert "no split or category found" in overview_of(page).lost.text()
    assert not overview_of(page).lost.link.isVisible()


# --- rows and their comparisons ------------------------------------------------------------------


def test_a_click_on_a_row_lists_its_comparisons(
    page: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    figure = overview_of(page).forest.view
    style = charts.ChartStyle("", "", "", "", "", "", size=context.theme.px(15))
    band = next(b for b in charts.bands(forest_of(page), style) if b.row.name == "held_out")
    place = QPoint(60, round((band.top + band.bottom) / 2))
    QTest.mouseClick(figure, Qt.MouseButton.LeftButton, pos=place)
    settle(context, qtbot)
    rows = page.comparisons.table.model.shown
    assert len(rows) == 24
    assert {int(str(row.cells[0]).split()[-1]) % 2 for row in rows} == {1}
    assert "acme-tuned against acme-plain: Held out" in visible_text(page)
    QTest.keyClick(page.comparisons.table.view, Qt.Key.Key_Return)
    assert NOTICE in visible_text(page)
    assert page.comparisons.review.verdict.text()
    press(page, "back_to_results", qtbot)
    assert overview_of(page).headline.isVisible()


def test_rows_are_picked_by_keyboard_too(page: ResultsPage, context: PageContext, qtbot: QtBot) -> None:
    figure = overview_of(page).forest.view
    for _ in range(4):
        QTest.keyClick(figure, Qt.Key.Key_Down)
    assert figure.accessibleDescription().startswith("general: 0%")
    QTest.keyClick(figure, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert len(page.comparisons.table.model.shown) == 12


def test_with_three_systems_a_pair_can_be_chosen(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    names = ("acme-plain", "acme-tuned", "acme-tuned-2")
    path = written(tmp_path / "three.ftstudy", systems=names, prompts=6)
    page = enter(ResultsPage(context), context, qtbot, path)
    choices = [page.pair_choice.itemText(place) for place in range(page.pair_choice.count())]
    assert choices == [
        "acme-tuned against acme-plain",
        "acme-tuned-2 against acme-plain",
        "acme-tuned-2 against acme-tuned",
    ]
    page.pair_choice.setCurrentIndex(2)
    assert (forest_of(page).a, forest_of(page).b) == ("acme-tuned", "acme-tuned-2")
    page.show_comparisons(Part())
    settle(context, qtbot)
    assert len(page.comparisons.table.model.shown) == 12


def test_the_chosen_pair_stays_when_the_page_is_entered_again(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    names = ("acme-plain", "acme-tuned", "acme-tuned-2")
    page = enter(
        ResultsPage(context), context, qtbot, written(tmp_path / "t.ftstudy", systems=names, prompts=4)
    )
    page.pair_choice.setCurrentIndex(1)
    page.enter()
    settle(context, qtbot)
    assert forest_of(page).b == "acme-tuned-2"


@pytest.mark.parametrize("place", range(3))
def test_the_chosen_pair_stays_over_unblinding_whatever_its_place_and_names(
    context: PageContext, tmp_path: Path, qtbot: QtBot, place: int
) -> None:
    names = ("acme-plain", "acme-tuned", "acme-tuned-2")
    path = written(tmp_path / "t.ftstudy", systems=names, prompts=4, raters=("Ada",), unblinded=False)
    with StudyFile.open(path, now=START) as study:
        known = {system.neutral_name: system.name for system in study.systems.all()}
    page = enter(ResultsPage(context), context, qtbot, path)
    page.pair_choice.setCurrentIndex(place)
    before = {forest_of(page).a, forest_of(page).b}
    context.tasks.run(lambda study: study.settings.unblind("done", now=START), lambda _: page.enter())
    qtbot.waitUntil(lambda: not page.unblind_button.isVisible())
    settle(context, qtbot)
    assert {forest_of(page).a, forest_of(page).b} == {known[name] for name in before}


def test_entering_reads_the_texts_once(
    context: PageContext, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[None] = []
    texts = Responses.all

    def counted(study: Responses) -> Iterator[Response]:
        reads.append(None)
        return texts(study)

    monkeypatch.setattr(Responses, "all", counted)
    enter(ResultsPage(context), context, qtbot, path)
    assert len(reads) == 1


# --- blinded, empty ------------------------------------------------------------------------------


def test_before_unblinding_names_stand_nowhere(
    context: PageContext, tmp_path: Path, recorder: Recorder, qtbot: QtBot
) -> None:
    path = written(tmp_path / "blind.ftstudy", unblinded=False)
    page = enter(ResultsPage(context), context, qtbot, path)
    view = overview_of(page)
    for button in view.findChildren(QPushButton):
        if button.accessibleName().startswith("How is"):
            button.click()
    drawn = view.forest.view.saved("svg") + view.evidence.view.saved("svg")
    shown = visible_text(page)
    page.show_comparisons(Part())
    settle(context, qtbot)
    assert "acme" not in every_word(page) + drawn.decode()
    assert "System X" in drawn.decode()
    assert "only “Is it enough?” is safe to watch" in shown
    assert "fine-tuning" not in shown
    assert page.standing.text().endswith("still blinded")
    press(page, "back_to_results", qtbot)
    press(page, "unblind", qtbot)
    assert recorder.triggered == ["study.unblind"]


def test_neutral_order_does_not_follow_the_stored_order(tmp_path: Path) -> None:
    pair = computed(written(tmp_path / "blind.ftstudy", unblinded=False)).results.summary.comparisons[0]
    assert (pair.a, pair.b) == ("System X", "System Y")


def test_an_unblinded_study_offers_export_and_no_unblinding(
    page: ResultsPage, recorder: Recorder, qtbot: QtBot
) -> None:
    assert not page.unblind_button.isVisible()
    press(page, "export", qtbot)
    assert recorder.triggered == ["page.export"]


def test_without_judgments_the_step_to_rating_is_offered(
    context: PageContext, tmp_path: Path, recorder: Recorder, qtbot: QtBot
) -> None:
    page = enter(
        ResultsPage(context), context, qtbot, written(tmp_path / "e.ftstudy", raters=(), unblinded=False)
    )
    assert "No judgments yet" in visible_text(page)
    press(page, "rate_now", qtbot)
    assert recorder.triggered == ["page.rate"]


def test_without_judgments_planned_raters_are_next(
    context: PageContext, tmp_path: Path, recorder: Recorder, qtbot: QtBot
) -> None:
    path = written(tmp_path / "e.ftstudy", raters=(), unblinded=False)
    with StudyFile.open(path, now=START) as study:
        study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=3), now=START)
    page = enter(ResultsPage(context), context, qtbot, path)
    assert "3 raters planned" in visible_text(page)
    press(page, "rate_now", qtbot)
    assert recorder.triggered == ["page.raters"]


def test_after_unblinding_the_page_starts_at_its_top(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = written(tmp_path / "top.ftstudy", unblinded=False)
    page = enter(ResultsPage(context), context, qtbot, path)
    page.resize(1000, 400)
    bar = page.tabs.front.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    page.unblind_button.setFocus()
    bar.setValue(bar.maximum())
    context.tasks.run(lambda study: study.settings.unblind("done", now=START), lambda _: page.enter())
    qtbot.waitUntil(lambda: not page._withheld)
    quiet(context.tasks, qtbot)
    assert bar.value() == 0


def test_without_pairs_the_step_to_writing_is_offered(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = written(tmp_path / "e.ftstudy", prompts=0, raters=(), unblinded=False)
    page = enter(ResultsPage(context), context, qtbot, path)
    assert "No pairs to judge yet" in visible_text(page)


# --- evidence path -------------------------------------------------------------------------------


def test_one_prompt_is_one_step_of_the_evidence(found: DetailedResults) -> None:
    (path_of_pair,) = found.evidence.values()
    assert len(path_of_pair.prompts) == found.results.summary.comparisons[0].prompts
    assert found.tuned == {"acme-tuned"}
    assert set(found.evidence) == {("acme-plain", "acme-tuned", RaterKind.HUMAN)}


def test_blinded_results_do_not_tell_who_is_tuned(tmp_path: Path) -> None:
    found = computed(written(tmp_path / "b.ftstudy", unblinded=False, prompts=2))
    assert found.tuned == frozenset()


# --- figures as files ----------------------------------------------------------------------------


def test_figures_are_saved_and_copied(page: ResultsPage, bar: RecordingBar, tmp_path: Path) -> None:
    card = overview_of(page).forest
    card.save(tmp_path / "forest.svg")
    card.save(tmp_path / "forest.png")
    assert "acme-tuned preferred →" in (tmp_path / "forest.svg").read_text(encoding="utf-8")
    picture = QImage(str(tmp_path / "forest.png"))
    assert picture.width() == 1720
    assert bar.good == ["Saved forest.svg", "Saved forest.png"]
    card.view.copy()
    assert QGuiApplication.clipboard().image().size() == picture.size()


def test_a_figure_that_cannot_be_saved_leaves_nothing(
    page: ResultsPage, bar: RecordingBar, tmp_path: Path
) -> None:
    overview_of(page).forest.save(tmp_path / "no such folder" / "forest.svg")
    assert [error.code for error in bar.errors] == ["folder-missing"]
    assert not (tmp_path / "no such folder").exists()


def test_saved_figures_are_light_whatever_the_theme(page: ResultsPage, theme: Theme) -> None:
    figure = overview_of(page).forest.view
    before = figure.saved("svg")
    theme.set_mode("dark")
    theme.set_zoom(1.5)
    assert figure.saved("svg") == before


def test_the_chart_is_drawn_anew_for_another_theme_and_size(page: ResultsPage, theme: Theme) -> None:
    figure = overview_of(page).forest.view
    light, tall = figure.grab().toImage(), figure.height()
    theme.set_mode("dark")
    assert figure.grab().toImage() != light
    theme.set_zoom(1.5)
    assert figure.height() > tall


def test_the_pages_load_no_heavy_library_before_they_are_entered() -> None:
    code = (
        "import sys, ftcompare.ui.pages.results.page, ftcompare.ui.pages.review.page; "
        "loaded = {m.split('.')[0] for m in sys.modules}; "
        "sys.exit(bool(loaded & {'matplotlib', 'scipy', 'numpy', 'rapidfuzz'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_figure_replaces_no_study(page: ResultsPage, bar: RecordingBar, tmp_path: Path) -> None:
    other = tmp_path / "forest.svg"
    StudyFile.create(other, title="T", scale=Scale(), rng=Random(1), now=START).close()
    before = other.read_bytes()
    overview_of(page).forest.save(other)
    assert [error.code for error in bar.errors] == ["over-study"]
    assert other.read_bytes() == before
