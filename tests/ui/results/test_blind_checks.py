"""Results: whether the blind holds, what the checks say, and the result with and without."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.results.presentation.blind_checks import index_words
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import FinishReason, Message, ResponseDraft, Verdict
from ftcompare.stats.blinding_index import BlindGuess, blinding_index
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.widgets.scroll_column import ScrollPanel
from tests.ui.conftest import START
from tests.ui.page_driver import enter
from tests.ui.rated_study import CAREFUL, HASTY, rated
from tests.ui.results.results_driver import asks_of, explained, overview_of, panel_of


def card_text(card: QWidget) -> str:
    """What a card says, value by value, as a screen reader has it; empty for one that is hidden."""
    if not card.isVisible():
        return ""
    return "\n".join(label.accessibleName() or label.text() for label in card.findChildren(QLabel))


def test_after_unblinding_the_section_says_whether_raters_could_tell(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = rated(tmp_path / "r.ftstudy", habits={"Ben": HASTY}, telling=2)
    view = overview_of(enter(ResultsPage(context), context, qtbot, path))
    said = card_text(view.blind)
    index = r"Which was fine-tuned\? \(Bang's index\): 1.00 0.29 to 1.00, n = \d+ guesses, raters could tell"
    assert re.search(index, said)
    assert "Answers that name their model: 2 answers to 2 prompts" in said
    assert re.search(r"Same answer twice: one preferred: 100% \d+–100%, n = 4 controls", said)
    trusted = card_text(view.trust)
    assert re.search(r"Asked again: same answer: 0% 0–\d+%, n = 4 repeats", trusted)
    assert "Known-answer checks right: " in trusted


@pytest.mark.parametrize(
    ("guesses", "told"),
    [
        ((40, 40, 20), "raters could not tell"),
        ((3, 3, 0), "too few guesses to say"),
        ((60, 20, 20), "raters could tell"),
        ((20, 60, 20), "raters took the wrong one for it"),
        ((0, 0, 0), "too few guesses to say"),
    ],
)
def test_the_index_is_put_in_words(guesses: tuple[int, int, int], told: str) -> None:
    given = [
        BlindGuess("Ada", True, side)
        for side, n in zip((True, False, None), guesses, strict=True)
        for _ in range(n)
    ]
    assert index_words(blinding_index(given)) == told


def test_the_result_is_shown_with_and_without(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = rated(tmp_path / "r.ftstudy", telling=2)
    with StudyFile.open(path, now=START) as study:
        study.raters.exclude(study.raters.all()[1].id, "too fast", now=START)
    view = overview_of(enter(ResultsPage(context), context, qtbot, path))
    said = card_text(view.variants)
    assert "Everything: 75% 61–89%" in said
    assert "Without 1 rater left out: 100% 81–100%" in said
    assert "Without 2 prompts with self-naming: " in said
    assert "Without both: 100% " in said
    assert view.headline.text() == (
        "These 2 raters clearly preferred acme-tuned over acme-plain: acme-tuned won 75% of judgments. "
        "Two raters are too few to speak for others."
    )


def test_where_nothing_was_checked_there_is_no_section(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = rated(tmp_path / "r.ftstudy", design=RatingDesign(), habits={"Ada": CAREFUL})
    view = overview_of(enter(ResultsPage(context), context, qtbot, path))
    assert not view.blind.isVisible()
    assert not view.variants.isVisible()
    assert not view.live.isVisible()


def test_while_blinded_the_section_tells_no_index_and_no_name(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = rated(tmp_path / "r.ftstudy", unblinded=False, telling=2)
    page = enter(ResultsPage(context), context, qtbot, path)
    view = overview_of(page)
    said = card_text(view.blind)
    assert "Guesses which was fine-tuned: 14 how well raters guessed is told" in said
    assert "Answers that name their model: 2 answers to 2 prompts" in said
    told = [explained(page, ask) for ask in asks_of(view.blind).values()]
    assert any("told after unblinding" in words for words in told)
    assert "acme" not in said + "".join(told)
    assert "language model, I" not in "".join(told)
    assert card_text(view.variants) == ""
    assert "Known-answer checks right" not in card_text(view.trust)


@pytest.mark.parametrize("unblinded", [False, True])
def test_live_votes_stand_apart(
    context: PageContext, tmp_path: Path, qtbot: QtBot, *, unblinded: bool
) -> None:
    path = rated(tmp_path / "r.ftstudy", unblinded=False)
    with StudyFile.open(path, now=START) as study:
        vote_live(study)
        if unblinded:
            study.settings.unblind("done", now=START)
    page = enter(ResultsPage(context), context, qtbot, path)
    told = overview_of(page).live.text()
    how = explained(page, asks_of(overview_of(page))["Live votes"])
    assert ("acme-tuned 1, acme-plain 0, equal or both bad 0 = 1" in how) is unblinded
    assert ("acme" in how) is unblinded
    assert told.startswith("1 live vote")
    assert ("acme-tuned 1, acme-plain 0" in told) is unblinded
    assert page.standing.text().startswith("32 judgments")


def vote_live(study: StudyFile) -> None:
    base, tuned = study.systems.all()
    rater = study.raters.all()[0].id
    drafts = [
        ResponseDraft(base.id, "PLAIN live", FinishReason.END, 3),
        ResponseDraft(tuned.id, "TUNED live", FinishReason.END, 3),
    ]
    item = study.live.add(rater, (Message("user", "Live?"),), drafts, rng=Random(5), now=START)
    left = study.judgments.item(item).left.startswith("TUNED")
    study.judgments.judge(item, Verdict(Choice.LEFT if left else Choice.RIGHT, seconds=3.0), now=START)


def test_an_explanation_asked_for_below_comes_into_sight(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = enter(ResultsPage(context), context, qtbot, rated(tmp_path / "r.ftstudy"))
    view = overview_of(page)
    (area,) = [a for a in page.findChildren(ScrollPanel) if a.widget() is view]
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    next(iter(asks_of(view.blind).values())).click()
    assert not panel_of(page).close_button.visibleRegion().isEmpty()
