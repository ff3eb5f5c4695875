"""One pair to be decided: both texts without names, the answers of the scale, then raters' answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ftcompare.app.rate.rating_session import answer_words
from ftcompare.core.plurals import counted
from ftcompare.core.scale import Scale
from ftcompare.ui.rating.actions import RatingActions
from ftcompare.ui.rating.answer_row import AnswerRow
from ftcompare.ui.rating.answers import Answer, answers
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.rating.preferences import RatePreferences
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import FoldButton, LinkButton, Muted, label, named
from ftcompare.ui.widgets.layouts import in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.review.adjudication import GivenVerdict, PairToDecide, RaterSaid

COMMENT_LENGTH = 300
DENSE_BELOW = 480
"""Height in pixels, before zoom, below which the answers take less room, so that the texts have more."""


class PairToDecideView(QWidget):
    """The selected pair.

    Signals:
        decided: an `Answer` and the reason that was typed.
        undo: the verdict is to be taken back.
        said_wanted: raters' answers are to be shown; emitted only after the pair is decided.
    """

    decided = Signal(object, str)
    undo = Signal()
    said_wanted = Signal()

    def __init__(self, theme: Theme, preferences: RatePreferences) -> None:
        super().__init__()
        self._scale: Scale | None = None
        keys = preferences.keys
        self.pair = PairView(theme, keys.get("rate.prompt", ""), markdown=preferences.markdown)
        self._theme = theme
        self.answers = AnswerRow(theme, keys)
        self.answers.set_open(True)
        self.reason = named(QLineEdit(), "adjudication_reason", "Why")
        self.verdict = named(label("", wrap=True), "adjudication_verdict")
        self.take_back = named(LinkButton("Take back"), "adjudication_undo")
        self.fold = named(FoldButton("What raters said"), "adjudication_fold")
        self.said = named(Muted(""), "adjudication_said")
        self._arrange()
        self._actions = RatingActions(self, keys, self._press, "adjudicate")
        self.answers.answered.connect(self._decide)
        self.take_back.clicked.connect(self.undo.emit)
        self.fold.clicked.connect(self._on_fold)

    def show_pair(self, found: PairToDecide, scale: Scale) -> None:
        """Show a pair from its beginning, with the verdict if there is one.

        If the expert has read the raters' answers, the verdict cannot be taken back: another one would not be
        blind.
        """
        self._scale = Scale(scale.question, scale.strengths)
        self.answers.set_scale(self._scale)
        offered = {answer.command for answer in answers(self._scale)}
        self._actions.offer(offered)
        self.pair.set_item(found.item, found.conversations)
        self.pair.show_context(found.item.context, opened=False)
        given = found.given
        self.reason.setText(given.reason if given else "")
        self.verdict.setText(_verdict_words(given, scale) if given else "")
        for part in (self.verdict, self.take_back, self.fold):
            part.setVisible(given is not None)
        if found.read or (given is not None and given.after_comments):
            self.take_back.hide()
        self.fold.set_open(False)
        self.said.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the texts as much room as there is."""
        super().resizeEvent(event)
        self.answers.set_dense(self.height() < self._theme.px(DENSE_BELOW))

    def show_said(self, said: tuple[RaterSaid, ...]) -> None:
        """Show raters' answers and comments."""
        scale = self._scale or Scale()
        self.said.setText("\n".join(_said_words(one, scale) for one in said))
        self.said.show()
        self.take_back.hide()
        self.fold.set_open(True)

    def _on_fold(self) -> None:
        if self.said.isVisible():
            self.said.hide()
            self.fold.set_open(False)
        else:
            self.said_wanted.emit()

    def _press(self, command: str) -> None:
        answer = self.answers.by_command(command)
        if answer is not None:
            self._decide(answer)

    def _decide(self, answer: Answer) -> None:
        self.decided.emit(answer, self.reason.text())

    def _arrange(self) -> None:
        why = label("Why", "strong")
        why.setBuddy(self.reason)
        self.reason.setPlaceholderText("kept with the verdict; may stay empty")
        reason = in_row(why, (self.reason, 1), gap=S)
        after = in_row((self.verdict, 1), self.take_back, self.fold, gap=M)
        column = (self.pair, 1), self.answers, reason, after, self.said
        in_column(*column, gap=S, of=self)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)


def reason_words(found: PairToDecide) -> str:
    """Why the pair waits, and how often it was judged."""
    reasons = "; ".join(reason.value for reason in found.pair.reasons)
    return f"{reasons} · {counted(found.pair.judgments, 'judgment')}"


def _verdict_words(given: GivenVerdict, scale: Scale) -> str:
    titles = {(answer.choice, answer.strength): answer.title for answer in answers(scale)}
    words = titles.get((given.choice, given.strength), answer_words(given.choice, None, scale))
    how = "amended after reading what raters said" if given.after_comments else "given blind"
    return f"Your verdict: {words} ({how})."


def _said_words(said: RaterSaid, scale: Scale) -> str:
    flag = ", flagged" if said.flagged else ""
    comment = f" – {one_line(said.comment, COMMENT_LENGTH)}" if said.comment.strip() else ""
    return f"{one_line(said.rater, 40)}: {answer_words(said.choice, said.strength, scale)}{flag}{comment}"
