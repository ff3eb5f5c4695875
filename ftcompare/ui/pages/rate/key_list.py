"""The list of the rating page's keys that have an effect with the current scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from ftcompare.app.commands_and_keys import COMMANDS, NUMBERS, When
from ftcompare.app.rate.rating_session import RatingPhase, RatingView
from ftcompare.core.rating_design import ReferenceShown
from ftcompare.core.rating_rules import ALIKE, answers
from ftcompare.core.scale import MAX_STRENGTH, Scale
from ftcompare.ui import safe_text
from ftcompare.ui.rating.actions import NUMBER, RATING_COMMANDS, number_commands
from ftcompare.ui.rating.controls import wired
from ftcompare.ui.theme.theme import XL, S
from ftcompare.ui.widgets.controls import Card, Heading, KeyCap, Muted, PrimaryButton, key_text, label
from ftcompare.ui.widgets.layouts import STRETCH, discard, in_column, in_grid, in_row, put

LONGEST = 32  # largest number of characters shown of a criterion's name

COLUMNS = 3

SCROLLING = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}
"""Scroll steps of the keys that scroll the list if it is longer than the window."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page currently offers."""

    scale: Scale = field(default_factory=Scale)
    instructions: bool = False  # whether there are instructions to read again
    second_press: bool = False  # whether pressing an answer's key twice makes it stronger
    guessing: bool = False  # whether the rater is asked, now or later, which side was fine-tuned
    pack: bool = False  # whether a rater pack is open, not a study
    reference: bool = False  # whether raters may see reference answers
    context: bool = False  # whether raters may see contexts

    @classmethod
    def of(cls, view: RatingView, *, second_press: bool) -> Offer:
        guessing = view.phase is RatingPhase.GUESS or view.guesses > 0
        told = bool(view.instructions or view.practice)
        reference = view.reference is not ReferenceShown.NEVER
        context = view.item is not None and bool(view.item.context)
        return cls(view.scale, told, second_press, guessing, view.pack is not None, reference, context)


class KeyList(QWidget):
    """The list of keys. Signal `closed`: go back to the pair."""

    closed = Signal()

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._offer = Offer()
        self._grid = in_grid(XL, S)
        self.close_button = wired(PrimaryButton("Back to the pair"), "keys_close", self.closed.emit)
        self._lay_out()
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self.show_offer(self._offer)

    def show_offer(self, offer: Offer) -> None:
        self._offer = offer
        discard(self._grid)
        rows = listed_keys(self._keys, offer)
        height = -(-len(rows) // COLUMNS)
        for number, (title, key) in enumerate(rows):
            row, side = number % height, 2 * (number // height)
            self._grid.addWidget(KeyCap(key_text(key)), row, side, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(label(title, wrap=True), row, side + 1)
            self._grid.setColumnStretch(side + 1, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scrolled.verticalScrollBar().setValue(0)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back at any key except modifiers alone and keys that scroll a list that is too long."""
        bar = self._scrolled.verticalScrollBar()
        if bar.maximum() and event.key() in SCROLLING:
            bar.setValue(bar.value() + SCROLLING[Qt.Key(event.key())] * bar.singleStep())
            return
        alone = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_Tab)
        if event.key() not in alone and not event.isAutoRepeat():
            self.closed.emit()

    def _lay_out(self) -> None:
        card = Card()
        put(card.body, self._grid, STRETCH)
        self._scrolled = QScrollArea(widgetResizable=True)
        self._scrolled.setWidget(card)
        self._scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        close = (self.close_button, Qt.AlignmentFlag.AlignLeft)
        column = in_column(Heading("Keys", level=2), (self._scrolled, 1), Muted(ALIKE), close)
        in_row((STRETCH, 1), (column, 100), (STRETCH, 1), margins=(0, S, 0, 0), of=self)


def listed_keys(keys: Mapping[str, str], offer: Offer) -> list[tuple[str, str]]:
    scale = offer.scale
    found = [(answer.title, keys.get(answer.command, "")) for answer in answers(scale)]
    if offer.second_press and scale.strengths > 1:
        found += [("Much better: the same key twice", _twice(keys.get("rate.left", "")))]
    for number, name in enumerate(scale.criteria, start=1):
        found.append((safe_text.one_line(name, LONGEST), keys.get(f"{NUMBER}{number}", "")))
    if scale.reasons:
        found += _reason_keys(keys, scale)
    if offer.guessing:
        found += [("How sure a guess is", _range(keys, 3))]
    left_out = _listed_apart() | (set() if offer.instructions else {"rate.instructions"})
    left_out |= set() if offer.reference else {"rate.reference"}
    left_out |= set() if offer.context else {"rate.context"}
    found += [(other.title, keys.get(other.id, "")) for other in RATING_COMMANDS if other.id not in left_out]
    found += [("Scroll both texts", "Space"), ("Scroll back", "Shift+Space")]
    found += [
        ("Scroll by pages and parts", "Page Up … Page Down"),
        ("Start and end of both texts", "Home … End"),
        ("Wide tables and code, sideways", "Alt+Left … Alt+Right"),
    ]
    found += _window_keys(keys, pack=offer.pack)
    return [(title, key) for title, key in found if key]


def _listed_apart() -> set[str]:
    every = {answer.command for answer in answers(Scale(strengths=MAX_STRENGTH))}
    return every | {"rate.reasons"} | number_commands(NUMBERS)


def _window_keys(keys: Mapping[str, str], *, pack: bool) -> list[tuple[str, str]]:
    left_out = {When.RATING, When.STUDY_OPEN} if pack else {When.RATING}
    return [(each.title, keys.get(each.id, "")) for each in COMMANDS if each.when not in left_out]


def _reason_keys(keys: Mapping[str, str], scale: Scale) -> list[tuple[str, str]]:
    numbers = _range(keys, len(scale.reasons))
    again = ("Again: a reason of Left, of Right, none", numbers)
    if not scale.criteria:
        return [("Tick a reason", numbers), again]
    return [(f"Reasons, then {key_text(numbers)}", keys.get("rate.reasons", "")), again]


def _twice(key: str) -> str:
    return f"{key_text(key)} {key_text(key)}" if key else ""


def _range(keys: Mapping[str, str], last: int) -> str:
    """``1 … 5``, or the key if there is only one."""
    ends = [keys.get(f"{NUMBER}{number}", "") for number in sorted({1, last})]
    return " … ".join(filter(None, ends))
