"""The questions about a pair: criteria with a few small answers each, reasons to tick, and the answers.

What a study asks for has its place for every pair of it, so that nothing moves from one pair to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QFrame, QPushButton, QSizePolicy, QWidget

from ftcompare.core.language import named_value, tr
from ftcompare.core.rating_rules import CHOICES, REASONS_TOLD, TURNS, Answer, criterion_answers
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft
from ftcompare.ui import safe_text
from ftcompare.ui.rating.answer_row import AnswerRow, Turn
from ftcompare.ui.rating.controls import CenteredFlow, KeyButton, MessageStrip, wired
from ftcompare.ui.theme.theme import XL, XS, IconLabel, S, Theme
from ftcompare.ui.widgets.controls import KeyCap, key_text, label, set_role
from ftcompare.ui.widgets.layouts import discard, filled, in_column, in_row, kept_place, put

PLACE = 28  # height in pixels, before zoom, of the line with the question or a message

LONGEST_NAME = 32
"""Largest number of characters shown of a criterion's name; the tooltip shows the whole name."""

WIDEST_GRADE = "100"
_ENDS = {(True, True): "only", (True, False): "first", (False, True): "last", (False, False): ""}


class CriterionRow(QFrame):
    """One criterion with its answers, or the grade that was typed for it."""

    answered = Signal(object)  # an `Answer` was clicked
    asked = Signal()  # its name was clicked, so that the keys answer it

    def __init__(self, number: int, name: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._name = name
        self._armed = False
        self._given: Choice | int | None = None
        self._keys: Mapping[str, str] = {}
        self._offered = {answer.value: answer for answer in answers}
        self.setProperty("role", "criterion")
        self.setObjectName(f"criterion_{number}")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._mark = kept_place(IconLabel("arrow-right", "accent", 16))
        self.title = wired(KeyButton(""), f"rate.criterion_{number}", self.asked.emit)
        self.title.setToolTip(safe_text.tip(safe_text.one_line(name)))
        self.segments = {value: self._segment(number, answer) for value, answer in self._offered.items()}
        self.typed = wired(QPushButton(), f"criterion_{number}_typed", self.asked.emit)
        self.shown = [*self.segments.values()] or [self.typed]
        for place, segment in enumerate(self.shown):
            ends = (place == 0, place == len(self.shown) - 1)
            segment.setProperty("role", "segment")
            segment.setProperty("end", _ENDS[ends])
            segment.setCheckable(True)
            segment.setAutoDefault(False)
        strip = in_row(*self.shown, gap=0, sides=True)
        in_row(self._mark, self.title, strip, gap=XS, margins=(XS, 0, XS, 0), of=self)
        self.show_answer(None, armed=False)

    def show_answer(self, answer: Choice | int | None, *, armed: bool) -> None:
        """Show the answer, and whether the next key answers this criterion (``armed``)."""
        self._given, self._armed = answer, armed
        for value, segment in self.segments.items():
            segment.setChecked(value == answer)
        self.typed.setText("–" if answer is None else str(answer))
        self.typed.setChecked(answer is not None)
        self.title.set_on(armed)
        set_role(self, armed="true" if armed else "false")
        self._name_segments()
        self.title.set_title(safe_text.one_line(self._name, LONGEST_NAME), self._said())
        self._mark.setVisible(armed)

    def set_early(self, command: str) -> None:
        """Mark the answer of this command as pressed too early to be accepted; an empty one marks none."""
        for value, segment in self.segments.items():
            set_role(segment, early="true" if self._offered[value].command == command else "false")

    def set_answer_keys(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._widen()
        self._name_segments()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "segments"):
            self._widen()

    def _widen(self) -> None:
        widest = {one: self._segment_words(self._offered[value]) for value, one in self.segments.items()}
        for segment, words in {**widest, self.typed: WIDEST_GRADE}.items():
            segment.setMinimumWidth(0)
            before = segment.text()
            segment.setText(words)
            segment.setMinimumWidth(segment.sizeHint().width())
            segment.setText(before)

    def _name_segments(self) -> None:
        name = safe_text.one_line(self._name)
        for value, segment in self.segments.items():
            answer = self._offered[value]
            segment.setText(self._segment_words(answer) if self._armed else answer.shown)
            key = key_text(self._keys.get(answer.command, "")) if self._armed else ""
            said = named_value(name, answer.shown)
            segment.setAccessibleName(f"{said} ({key})" if key else said)
        self.typed.setAccessibleName(named_value(name, self._answer_words()))

    def _segment_words(self, answer: Answer) -> str:
        """An answer with its key, unless the key is all that it says."""
        key, words = key_text(self._keys.get(answer.command, "")), answer.shown
        told = (words, key) if answer.choice is Choice.RIGHT else (key, words)
        return words if key == words else " ".join(filter(None, told))

    def _answer_words(self) -> str:
        if self._given is None:
            return tr("not answered yet")
        return self._offered[self._given].shown if self._given in self._offered else str(self._given)

    def _said(self) -> str:
        told = named_value(safe_text.one_line(self._name), self._answer_words())
        return tr("{name}, the arrow keys answer it now", told) if self._armed else told

    def _segment(self, number: int, answer: Answer) -> QPushButton:
        made = QPushButton(answer.shown)
        return wired(made, f"criterion_{number}_{answer.value}", lambda: self._on_clicked(answer))

    def _on_clicked(self, answer: Answer) -> None:
        """Emit the answer; the button is marked only when the answer is stored."""
        self.segments[answer.value].setChecked(answer.value == self._given)
        self.answered.emit(answer)


class CriteriaPanel(QWidget):
    """All criteria in a grid, as many side by side as there is room for."""

    answered = Signal(str, object)  # name of a criterion and the `Answer` to it
    asked = Signal(str)  # name of the criterion that the keys are to answer

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, CriterionRow] = {}
        self._flow = CenteredFlow(S, self)
        self.setAccessibleName(tr("Criteria"))
        self.hide()

    def set_criteria(self, scale: Scale) -> None:
        discard(self._flow)
        names, answers = enumerate(scale.criteria, start=1), criterion_answers(scale)
        self.rows = {name: self._row(number, name, scale.shown(name), answers) for number, name in names}
        for row in self.rows.values() if scale.paired else ():  # else the number keys give grades
            row.title.keep_key_room()
        self._even_out()

    def show_answers(self, answered: Mapping[str, Choice | int], armed: str) -> None:
        for name, row in self.rows.items():
            row.show_answer(answered.get(name), armed=name == armed)

    def set_keys(self, keys: Mapping[str, str], *, numbers: bool) -> None:
        """Show these keys; number keys are hidden unless ``numbers``, because they then do something else."""
        for number, row in enumerate(self.rows.values(), start=1):
            row.title.set_key(keys.get(f"rate.criterion_{number}", "") if numbers else "")
            row.set_answer_keys(keys)
        self._even_out()

    @property
    def stops(self) -> list[QWidget]:
        return [part for row in self.rows.values() for part in (row.title, *row.shown)]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_flow"):
            self._even_out()

    def _even_out(self) -> None:
        """Align the answers of all criteria."""
        titles = [row.title for row in self.rows.values()]
        widest = max((title.widest for title in titles), default=0)
        for title in titles:
            title.setMinimumWidth(widest)

    def _row(self, number: int, name: str, title: str, answers: Sequence[Answer]) -> CriterionRow:
        made = CriterionRow(number, title, answers)
        made.answered.connect(lambda answer: self.answered.emit(name, answer))
        made.asked.connect(lambda: self.asked.emit(name))
        made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._flow.addWidget(made)
        made.show()
        return made


LONGEST_REASON = 40  # largest number of characters shown of a reason; the tooltip shows the whole text


class ReasonChip(QFrame):
    """One reason: a tick box, the key that ticks it, and the answer that it applies to."""

    turned = Signal()  # it was clicked

    def __init__(self, number: int, reason: str) -> None:
        super().__init__()
        self._reason, self._key = reason, ""
        self._side: Choice | None = None
        self.setProperty("role", "chip")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._cap = KeyCap()
        self.box = QCheckBox(safe_text.one_line(reason, LONGEST_REASON).replace("&", "&&"))
        self.box.setObjectName(f"reason_{number}")
        self.box.setToolTip(safe_text.tip(f"{safe_text.one_line(reason)}\n{tr(TURNS)}"))
        self.box.clicked.connect(self.turned)
        self._of = label("", "small")
        self._place = filled(in_row(self._cap, self._of))
        in_row(self.box, self._place, gap=0, margins=(S, 0, XS, 0), of=self)
        self._widen()
        self.set_key("")

    def set_key(self, key: str) -> None:
        self._key = key_text(key)
        self._cap.setText(self._key)
        self._call()

    def show_ticked(self, *, ticked: bool, side: Choice | None) -> None:
        self.box.setChecked(ticked)
        self._side = side if ticked else None
        self._of.setText(f"· {tr(CHOICES[self._side])}" if self._side else "")
        self._call()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_of"):
            self._widen()

    def _widen(self) -> None:
        words = self._of.fontMetrics().horizontalAdvance(f"· {tr(CHOICES[Choice.RIGHT])}")
        self._place.setMinimumWidth(words + XS)

    def _call(self) -> None:
        """Show the side in one place with the key, so that the chip keeps its width, and name both."""
        self._of.setVisible(self._side is not None)
        self._cap.setVisible(bool(self._key) and self._side is None)
        name = safe_text.one_line(self._reason)
        if self._side:
            of_left = self._side is Choice.LEFT
            name = (
                tr("{reason}, of the left answer", name)
                if of_left
                else tr("{reason}, of the right answer", name)
            )
        self.box.setAccessibleName(f"{name} ({self._key})" if self._key else name)


class ReasonRow(QWidget):
    """All reasons, in as many lines as they need."""

    turned = Signal(str)  # a reason was clicked
    mode_asked = Signal()  # the number keys are to tick reasons

    def __init__(self) -> None:
        super().__init__()
        self.chips: dict[str, ReasonChip] = {}
        self.setAccessibleName(tr("Reasons"))
        self._flow = CenteredFlow(S, self)
        self.title = wired(KeyButton(tr("Reasons")), "rate.reasons", self.mode_asked.emit)
        self.title.set_title(tr("Reasons"), tr("Reasons for your judgment"))
        self._flow.addWidget(self.title)
        self.hide()

    def set_reasons(self, scale: Scale) -> None:
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.title.setToolTip(safe_text.tip(tr(REASONS_TOLD)))
        reasons = enumerate(scale.reasons, start=1)
        self.chips = {reason: self._chip(number, reason, scale.shown(reason)) for number, reason in reasons}

    def show_ticked(self, ticked: Collection[str], sides: Mapping[str, Choice]) -> None:
        for reason, chip in self.chips.items():
            chip.show_ticked(ticked=reason in ticked, side=sides.get(reason))

    def set_keys(self, keys: Mapping[str, str], *, ticking: bool, always: bool) -> None:
        """Show the number keys while they tick reasons, and the key that switches to this if there is one."""
        self.title.set_key("" if always else keys.get("rate.reasons", ""))
        self.title.set_on(ticking and not always)
        for number, chip in enumerate(self.chips.values(), start=1):
            chip.set_key(keys.get(f"rate.criterion_{number}", "") if ticking else "")
            set_role(chip, armed="true" if ticking and not always else "false")

    @property
    def stops(self) -> list[QWidget]:
        return [self.title, *(chip.box for chip in self.chips.values())] if self.chips else []

    def _chip(self, number: int, reason: str, title: str) -> ReasonChip:
        made = ReasonChip(number, title)
        made.turned.connect(lambda: self.turned.emit(reason))
        self._flow.addWidget(made)
        made.show()
        return made


class QuestionPanel(QWidget):
    """Criteria, reasons and answers, in the order in which the rater gives them.

    The ``messages`` have the ``place`` of the question, and ``instead`` of the answers one of these parts can
    be shown.
    """

    def __init__(
        self,
        theme: Theme,
        keys: Mapping[str, str],
        messages: Sequence[MessageStrip] = (),
        instead: Sequence[QWidget] = (),
    ) -> None:
        super().__init__()
        self._theme = theme
        self._keys = keys
        self._reasons_mode = False
        self._study = Scale()
        self._numbers = False  # whether the pair has criteria
        self.criteria = CriteriaPanel()
        self.answers = AnswerRow(theme, keys)
        self.reasons = ReasonRow()
        self._messages = tuple(messages)
        for message in messages:
            message.installEventFilter(self)
        self.place = filled(in_column(*messages, self.answers.question))
        self._own = (self.answers, *instead)
        self._before = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._before.setSpacing(XS)
        put(self._before, self.criteria, self.reasons)
        in_column(self._before, self.place, *self._own, gap=XS, of=self)
        self.show_part(self.answers)

    def set_scale(self, scale: Scale, study: Scale | None = None) -> bool:
        """Ask what a pair's scale asks, and keep the places of all that the study's scale asks."""
        study = study or scale
        changed = self.answers.set_scale(scale)
        if study != self._study:
            self._study = study
            self.criteria.set_criteria(study)
            self.reasons.set_reasons(study)
            self._fit()
            changed = True
        self._numbers = bool(scale.criteria)
        self._show_keys()
        self._show_asked()
        return changed

    def show_part(self, part: QWidget) -> None:
        """Show the answers with what comes before them, or another part in their place."""
        for other in self._own:
            other.setVisible(other is part)
        self._show_asked()
        self._show_place()

    def show_draft(self, draft: Draft, criterion: str, *, reasons_mode: bool) -> None:
        """Show answers, ticked reasons, and what the next key does; an empty ``criterion`` is overall."""
        self.criteria.show_answers(draft.of_criteria, criterion)
        self.answers.show_places(draft.places)
        turn = Turn.LATER if criterion else Turn.NOW if self._numbers else Turn.ALONE
        self.answers.set_turn(turn, self._study.shown(criterion) if criterion else "")
        self.reasons.show_ticked(draft.reasons, dict(draft.reason_sides))
        if reasons_mode != self._reasons_mode:
            self._reasons_mode = reasons_mode
            self._show_keys()

    def show_early(self, command: str = "", criterion: str = "") -> None:
        """Mark the answer of a command, to the pair or to a criterion, as pressed too early."""
        self.answers.set_early("" if criterion else command)
        for name, row in self.criteria.rows.items():
            row.set_early(command if name == criterion else "")

    def set_keys(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self.answers.set_keys(keys)
        self._show_keys()

    @property
    def stops(self) -> list[QWidget]:
        return [*self.criteria.stops, *self.reasons.stops, *self.answers.stops]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_before"):
            self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._show_place()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """Reserve a line for messages; put criteria and reasons beside each other if there is room."""
        self.place.setMinimumHeight(self._theme.px(PLACE))
        both = self._study.criteria and self._study.reasons
        asked = (self.criteria, self.reasons) if both else ()
        wide = sum(part.sizeHint().width() for part in asked) + XL
        way = QBoxLayout.Direction
        beside = bool(asked) and wide <= self.width()
        self._before.setDirection(way.LeftToRight if beside else way.TopToBottom)

    def _show_asked(self) -> None:
        answering, study = not self.answers.isHidden(), self._study
        kept_place(self.criteria, answering and bool(study.criteria)).setVisible(answering and self._numbers)
        self.reasons.setVisible(answering and bool(study.reasons))

    def _show_place(self) -> None:
        told = any(not message.isHidden() for message in self._messages)
        asking = not self.answers.isHidden()
        self.answers.question.setVisible(asking and not told)
        self.place.setVisible(asking or told)

    def _show_keys(self) -> None:
        other = not self._study.paired  # then, as with criteria, the number keys are not those of reasons
        ticking = self._reasons_mode or not (self._numbers or other)
        always = not (self._study.criteria or other)
        self.criteria.set_keys(self._keys, numbers=not (self._reasons_mode or other))
        self.reasons.set_keys(self._keys, ticking=ticking, always=always)
