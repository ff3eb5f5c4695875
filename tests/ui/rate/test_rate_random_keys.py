"""Any keys in any order: nothing is sent twice, no draft is lost, practice is never counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import AllocationId, Draft, EventKind, RaterId
from ftcompare.ui.pages.rate.state import Intent, RateState
from ftcompare.ui.rating.judging import fitting
from tests.ui.rate.conftest import CRITERIA, PRACTICE, REASONS, Bench, MakeBench, make_rated

Key, Hold = Qt.Key, Qt.KeyboardModifier
NONE, SHIFT, CONTROL = Hold.NoModifier, Hold.ShiftModifier, Hold.ControlModifier
PRESSES = (
    *([(Key.Key_Left, NONE), (Key.Key_Right, NONE), (Key.Key_Down, NONE), (Key.Key_Up, NONE)] * 6),
    *([(Key.Key_1, NONE), (Key.Key_2, NONE), (Key.Key_3, NONE), (Key.Key_Return, NONE)] * 2),
    *((key, NONE) for key in (Key.Key_4, Key.Key_R, Key.Key_F, Key.Key_S, Key.Key_C, Key.Key_I, Key.Key_M)),
    *((key, NONE) for key in (Key.Key_P, Key.Key_Question, Key.Key_Space, Key.Key_Escape, Key.Key_X)),
    *((key, SHIFT) for key in (Key.Key_Left, Key.Key_Right)),
    *((key, CONTROL) for key in (Key.Key_Left, Key.Key_Z, Key.Key_Z, Key.Key_Return)),
)
SCALES = (
    Scale(strengths=3, criteria=CRITERIA, reasons=REASONS),
    Scale(strengths=2, reasons=REASONS),
    Scale(),
)
DESIGN = RatingDesign(instructions="Read.", practice=PRACTICE, guess_share=0.3, end_guesses=2)
STEPS = 260


class Witness:
    """Sees what the page sends, and what it shows."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bench = bench
        self.sent: Counter[str] = Counter()
        self.answered: list[Intent] = []
        self.refused: list[object] = []
        self.in_practice: list[str] = []
        bench.requests.sending.connect(self._on_sent)
        keep = bench.requests.save_draft

        def kept(allocation: AllocationId, draft: Draft) -> None:
            self._on_kept()
            keep(allocation, draft)

        monkeypatch.setattr(bench.requests, "save_draft", kept)
        bench.requests.shown.connect(lambda _, act: self.answered.append(act))
        bench.requests.refused.connect(lambda error, _: self.refused.append(error))

    def _on_sent(self, intent: Intent) -> None:
        if intent not in (Intent.JUDGE, Intent.SKIP, Intent.GUESS, Intent.UNDO, Intent.RETURN):
            return
        self.sent[intent] += 1
        if self.bench.page.practice.running:
            self.in_practice.append(intent)

    def _on_kept(self) -> None:
        if self.bench.page.practice.running:
            self.in_practice.append("draft")


def press(bench: Bench, rng: Random) -> None:
    key, hold = rng.choice(PRESSES)
    QTest.keyClick(QApplication.focusWidget() or bench.page, key, hold)
    if rng.random() < 0.5:
        QApplication.processEvents()
    if rng.random() < 0.2:
        bench.settle()


def check_events(bench: Bench) -> None:
    """An allocation stands judged, skipped or guessed at most once; an undo takes back what stands."""
    standing: Counter[tuple[object, str]] = Counter()
    by_seq: dict[int, tuple[object, str]] = {}
    for event in bench.stored(lambda study: list(study.judgments.events(RaterId(1)))):
        if event.kind is EventKind.RETRACTION:
            standing[by_seq[event.retracts]] -= 1
            continue
        what = "guess" if event.kind is EventKind.GUESS else "answer"
        by_seq[event.seq] = (event.allocation, what)
        standing[event.allocation, what] += 1
        assert standing[event.allocation, what] == 1
    assert all(count in (0, 1) for count in standing.values())


def check_draft(bench: Bench) -> None:
    """What is on the screen of a pair is what is stored of it."""
    page = bench.page
    if page.state not in (RateState.READING, RateState.READY) or page.practice.running or page._guessing:
        return
    assert page.shown is not None
    page.drafts.store_pending()
    stored: Draft = bench.stored(lambda study: study.judgments.item(bench.item.allocation)).draft
    assert fitting(stored, page.shown.scale) == page.drafts.draft


def come_to_rest(bench: Bench) -> None:
    """Wait until no answer waits for a second press or is on its way."""
    bench.qtbot.waitUntil(lambda: bench.page.state not in (RateState.CHOSEN, RateState.SUBMITTING))
    bench.settle()
    bench.qtbot.waitUntil(lambda: bench.page.state not in (RateState.CHOSEN, RateState.SUBMITTING))


@pytest.mark.parametrize("seed", range(6))
def test_any_keys_in_any_order(
    make_bench: MakeBench, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(seed)
    path = make_rated(tmp_path / "any.ftstudy", SCALES[seed % len(SCALES)], DESIGN, pairs=8)
    bench = make_bench(path, second_press=0.02 * (seed % 2))
    witness = Witness(bench, monkeypatch)
    bench.enter()
    bench.until(RateState.BRIEFING)
    for step in range(STEPS):
        press(bench, rng)
        if step % 20 == 19:
            come_to_rest(bench)
            check_draft(bench)
            check_events(bench)
    come_to_rest(bench)
    check_draft(bench)
    check_events(bench)
    assert witness.in_practice == []
    # An act that came twice would be refused: the pair is judged already.
    assert witness.refused == []
    begun = witness.answered.count(Intent.BEGIN) + witness.answered.count(Intent.PRACTISED)
    assert witness.sent.total() == len(witness.answered) - begun
    assert witness.sent[Intent.JUDGE] > 0
