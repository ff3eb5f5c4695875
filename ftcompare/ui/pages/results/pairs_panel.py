"""The judged pairs beside the results: all of a pair of systems, or those of the picked parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.core.language import tr
from ftcompare.ui.figures.cards import SHAPES
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.pair_list import JudgedPairs
from ftcompare.ui.safe_text import short_name, tip
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import ElidedButton, LinkButton, SectionLabel, named
from ftcompare.ui.widgets.layouts import STRETCH, discard, filled, in_column, in_row, put

if TYPE_CHECKING:
    from ftcompare.app.results.study_results import PairSummary
    from ftcompare.app.review.result_slice import Part


CHIP_HEIGHT = 36  # pixels before zoom; a row of chips replaces the heading, so that nothing moves


class PairsPanel(QWidget):
    """The list, with a button for each picked part that takes the part away; a pair opens in its place.

    Signals:
        changed: the picked parts.
    """

    changed = Signal(tuple)

    def __init__(self, context: PageContext, review: Callable[[object], None]) -> None:
        """``review`` shows the pair with an allocation on the Review page."""
        super().__init__()
        self.pairs = JudgedPairs(context, compact=True)
        self.pairs.table.unit = "judgment"
        self.parts: tuple[Part, ...] = ()
        self._pair: PairSummary | None = None
        self._chips = in_row(gap=S)
        self._review = named(LinkButton(tr("Open in Review")), "open_in_review")
        self._review.clicked.connect(lambda: review(self.pairs.current))
        self._heading = SectionLabel(tr("Judged pairs"))
        head = in_row(self._heading, (filled(self._chips), 1), self._review, gap=S)
        in_column(head, (self.pairs, 1), gap=S, of=self)
        self._review.setMinimumHeight(context.theme.px(CHIP_HEIGHT))

    def show_pair(self, pair: PairSummary) -> None:
        """List the judgments of this pair of systems, of the parts that are picked."""
        self._pair = pair
        self._show()

    def pick(self, part: Part) -> None:
        """List only the judgments of a part too; the same part again is taken away, and all for the whole.

        A part replaces one of the same dimension. Parts of the whole study do not combine.
        """
        from ftcompare.app.review.result_slice import OF_STUDY, Part

        alone = part == Part() or part.dimension in OF_STUDY
        kept = () if alone else tuple(p for p in self.parts if _question(p) != _question(part))
        kept = tuple(p for p in kept if p.dimension not in OF_STUDY)
        self.pick_all((*kept, part) if part not in (Part(), *self.parts) else kept)

    def pick_all(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self._show()
        self.changed.emit(parts)

    def _show(self) -> None:
        from ftcompare.app.review.result_slice import Dimension, Part, belongs, judged_for

        pair, parts = self._pair, self.parts or (Part(),)
        if pair is None:
            return
        self._show_chips(pair)
        self.pairs.sides = {pair.a: "a", pair.b: "b"}
        self.pairs.placed = parts[0].dimension is Dimension.POSITION
        criteria = [part.name for part in parts if part.dimension is Dimension.CRITERION]
        self.pairs.load(
            lambda judged: all(belongs(judged, pair, part) for part in parts),
            partial(judged_for, part=parts[0]),
            criteria[0] if criteria else "",
        )

    def _show_chips(self, pair: PairSummary) -> None:
        from ftcompare.app.results.presentation.pair_results import part_title

        discard(self._chips)
        self._heading.setVisible(not self.parts)
        for part in self.parts:
            words = part_title(pair, part)
            words = SHAPES.get(part.choice, "") + words[:1].upper() + words[1:]
            act = partial(self._take_away, part)
            chip = ElidedButton(short_name(words), "x", name="picked_part", act=act)
            chip.setAccessibleName(tr("Show all again, not only: {part}", words))
            chip.setToolTip(tip(words))
            self._chips.addWidget(chip)
        put(self._chips, STRETCH)

    def _take_away(self, part: Part) -> None:
        self.pick_all(tuple(p for p in self.parts if p != part))
        self.pairs.table.view.setFocus()


def _question(part: Part) -> tuple[object, bool]:
    """The key of a part: two parts with the same key do not combine."""
    return part.dimension, bool(part.choice)
