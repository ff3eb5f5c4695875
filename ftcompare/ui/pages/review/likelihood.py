"""How likely each system finds the two texts in hand: the figures, and the offer to compute them.

Made only where likelihoods are told: before, nothing of it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from ftcompare.app.generate.engine_run import Fault, GenerationProgress
from ftcompare.app.review.likelihood import Confidence, Lacking, PairLikelihood
from ftcompare.core.study import ResponseId
from ftcompare.ui.figures.cards import Slot
from ftcompare.ui.figures.explanation import Explain, how_button
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.progress_texts import fault_words, left_words
from ftcompare.ui.pages.review import likelihood_texts as say
from ftcompare.ui.text.likelihood_shading import ShadeLegend
from ftcompare.ui.theme.theme import XS, L, M, S
from ftcompare.ui.widgets.controls import Card, PlainButton, ProgressLine, SectionLabel, label
from ftcompare.ui.widgets.file_field import FieldMessage

LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


class ShadeBar(QWidget):
    """The switch of the shading, its legend, and how it is computed.

    Signals:
        switched: whether it is to be shaded.
        explained: an `Explanation` is wanted.
    """

    switched = Signal(bool)
    explained = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._pair: PairLikelihood | None = None
        self.switch = QCheckBox("Shade by Δlog p")
        self.switch.setObjectName("pair_shading")
        self.switch.setChecked(context.remembered.now.shading)
        self.switch.toggled.connect(lambda on: context.remembered.change(shading=on))
        self.switch.toggled.connect(self.switched)
        self._legend = ShadeLegend(context.theme)
        self._legend.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.switch.toggled.connect(self._legend.setVisible)
        self._legend.setVisible(self.switch.isChecked())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        row.addWidget(self.switch)
        row.addWidget(self._legend, 1)
        row.addStretch()
        row.addWidget(how_button("Shading by Δlog p", self._explain))

    @property
    def on(self) -> bool:
        """Whether it is to be shaded."""
        return self.switch.isChecked()

    def show_pair(self, pair: PairLikelihood) -> None:
        """Say between which two systems the difference is."""
        self._pair = pair
        self._legend.set_systems(pair.first, pair.second)
        self.setVisible(bool(pair.left.parts or pair.right.parts))

    def _explain(self) -> None:
        if self._pair is not None:
            self.explained.emit(say.shading_explanation(self._pair))


class LikelihoodCard(Card):
    """The figures of a pair, or what is lacking and a way to compute it.

    Signals:
        compute: it is to be computed: True for all comparisons, False for the one in hand.
        cancel: enough.
        explained: an `Explanation` is wanted.
    """

    compute = Signal(bool)
    cancel = Signal()
    explained = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pair_likelihood")
        self._lacking: Lacking | None = None
        self._open = False
        self._count = 0
        self._running = False
        self._cancel = PlainButton("Cancel")
        self._cancel.setObjectName("score_cancel")
        self._figures = Slot()
        self._lines = label("", "muted", wrap=True)
        self._lines.setObjectName("score_lacking")
        self._one = PlainButton("Compute for this comparison")
        self._one.setObjectName("score_one")
        self._all = PlainButton("")
        self._all.setObjectName("score_all")
        self._stage = label("", "muted", wrap=True)
        self._stage.setObjectName("score_stage")
        self._line = ProgressLine()
        self._problem = FieldMessage()
        self._problem.setObjectName("score_problem")
        self._lay_out()
        self._one.clicked.connect(lambda: self.compute.emit(False))
        self._all.clicked.connect(lambda: self.compute.emit(True))
        self._cancel.clicked.connect(self.cancel)

    def _lay_out(self) -> None:
        self.body.setSpacing(S)
        head = QHBoxLayout()
        head.addWidget(SectionLabel("How likely each system finds these texts"))
        head.addStretch()
        head.addWidget(self._cancel)
        buttons = QHBoxLayout()
        buttons.setSpacing(M)
        for button in (self._one, self._all):
            buttons.addWidget(button)
        buttons.addStretch()
        self.body.addLayout(head)
        for part in (self._figures, self._lines, self._stage, self._line, self._problem):
            self.body.addWidget(part)
        self.body.addLayout(buttons)

    def show_pair(self, pair: PairLikelihood, refused: Mapping[ResponseId, str]) -> None:
        """Show another pair.

        Args:
            pair: to be shown.
            refused: responses of the study that could not be scored, and why.
        """
        self._lacking = pair.lacking
        asked = pair.lacking.scope.responses if pair.lacking else frozenset()
        self._open = bool(asked - refused.keys())
        figures = bool(pair.left.systems or pair.right.systems)
        if figures:
            self._figures.set_content(_table(pair, self.explained.emit, self.tr))
        self._figures.setVisible(figures)
        told = say.lacking_words(pair.lacking, refused) if pair.lacking else ()
        self._lines.setText("\n".join(told))
        self._count = max(pair.lacking.study - len(refused), 0) if pair.lacking else 0
        self._all.set_text(f"Compute for all comparisons ({self._count:,} responses)")
        self._show_acts()

    def set_running(self, running: bool, *, stopping: bool = False) -> None:
        """Say whether it is being computed, and about to end."""
        self._running = running
        self._cancel.setEnabled(not stopping)
        if running:
            self._problem.clear()
        if stopping:
            self._stage.setText("Stopping; what is computed is kept")
        self._show_acts()

    def hold_focus(self) -> None:
        """Keep the focus here when the button that was pressed goes."""
        self._cancel.setFocus()

    def show_progress(self, progress: GenerationProgress) -> None:
        """Where the computing stands."""
        self._stage.setText(progress.stage)
        done, total = progress.done + progress.failed, progress.total
        told = [f"{done:,} of {total:,} responses"] if total else []
        if progress.seconds_left is not None:
            told.append(left_words(progress.seconds_left, self.tr))
        self._line.set(done / total if done else None, " · ".join(told))

    def show_end(self, progress: GenerationProgress) -> None:
        """What came of it, where that is no figure."""
        lines = [("caution", note) for note in progress.notes]
        if progress.fault is not None:
            lines.append(("bad", _fault_words(progress.fault, self.tr)))
        elif progress.cancelled:
            told = "Stopped. What is computed is kept; the rest can be computed later."
            lines.append(("caution", told))
        self._problem.show_lines(lines)

    def _show_acts(self) -> None:
        for part in (self._cancel, self._stage, self._line):
            part.setVisible(self._running)
        self._lines.setVisible(bool(self._lines.text()) and not self._running)
        possible = self._lacking is not None and self._lacking.possible and not self._running
        self._one.setVisible(possible and self._open)
        self._all.setVisible(possible and self._count > 0)


def _fault_words(fault: Fault, tr: Callable[[str], str]) -> str:
    """A failed proof may name systems here: this card is made only where they are named."""
    if fault.code == "proof-failed":
        return "\n".join(part for part in (fault.what, fault.where, fault.how) if part)
    return fault_words(fault, tr, written=False)


def _table(pair: PairLikelihood, explain: Explain, tr: Callable[[str], str]) -> QWidget:
    """A row a system: what it makes of the left text and of the right one."""
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(L)
    grid.setVerticalSpacing(XS)
    heads = (
        (1, tr("Mean log p of a token"), say.mean_explanation()),
        (3, tr("Perplexity"), say.perplexity_explanation()),
        (5, tr("Prefers"), say.preference_explanation(pair)),
    )
    for column, title, explanation in heads:
        span, at = (1, LEFT) if column == 5 else (2, RIGHT)
        grid.addWidget(_head(title, partial(explain, explanation)), 0, column, 1, span, at)
    for column in (1, 3):
        for place, side in enumerate((tr("left"), tr("right"))):
            grid.addWidget(label(side, "small"), 1, column + place, RIGHT)
    systems = dict.fromkeys(one.system for text in (pair.left, pair.right) for one in text.systems)
    for row, system in enumerate(systems, start=2):
        _fill_row(grid, row, system, pair, tr)
    grid.setColumnStretch(5, 1)
    return holder


def _head(title: str, explain: Callable[[], None]) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(XS)
    row.addWidget(label(title, "muted"))
    row.addWidget(how_button(title, explain))
    return holder


def _fill_row(
    grid: QGridLayout, row: int, system: str, pair: PairLikelihood, tr: Callable[[str], str]
) -> None:
    grid.addWidget(label(tr("Under {}").format(say.name(system))), row, 0)
    for place, (side, text) in enumerate(((tr("left"), pair.left), (tr("right"), pair.right))):
        found = next((one for one in text.systems if one.system == system), None)
        for column, title, words in _cells(found, tr):
            cell = label(words)
            cell.setAccessibleName(f"{title}, {side}, {system}: {words}")
            cell.setToolTip(tr("{:,} tokens").format(found.tokens) if found else "")
            grid.addWidget(cell, row, column + place, RIGHT)
    for preference in pair.preferences:
        if preference.system == system:
            words = say.preference_words(preference, pair)
            cell = label(words)
            cell.setAccessibleName(f"{system}, {tr('Prefers')}: {words}")
            grid.addWidget(cell, row, 5)


def _cells(found: Confidence | None, tr: Callable[[str], str]) -> tuple[tuple[int, str, str], ...]:
    mean = say.nats(found.mean) if found else "–"
    perplexity = say.perplexity_words(found.perplexity) if found else "–"
    return (1, tr("Mean log p of a token"), mean), (3, tr("Perplexity"), perplexity)
