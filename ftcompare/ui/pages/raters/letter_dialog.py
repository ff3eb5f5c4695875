"""The letter that accompanies a rater pack: edited, copied, saved, or sent by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, sentences, tr
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line, visible
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import XL, IconLabel, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.file_dialogs import ask_where, open_link
from ftcompare.ui.widgets.inputs import TextBox
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.raters.letter import Letter, LetterFacts

WIDTH, HEIGHT = 760, 640
LEAST_LINES = 6
TOP = Qt.AlignmentFlag.AlignTop

_TOLD = N_(
    "Attach the pack yourself, because the letter does not include it. The study keeps your changes for the "
    "next letter, with the next name and numbers."
)


class LetterDialog(NamedDialog):
    """Opens once the letter for a pack has been created."""

    def __init__(self, context: PageContext, pack: str, parent: QWidget) -> None:
        super().__init__("letter", tr("Letter"), parent)
        self._tasks = OwnedTasks(self, context.tasks)
        self._facts: LetterFacts | None = None
        self._heading = controls.Heading(tr("Letter"), level=2)
        self.subject = controls.named(QLineEdit(), "letter_subject", tr("Subject"))
        self.text = TextBox("letter_text", tr("Text"))
        self.cautions = controls.named(controls.label("", wrap=True), "letter_cautions")
        self._caution = filled(
            in_row((IconLabel("triangle-alert", "caution"), TOP), (self.cautions, 1), gap=S)
        )
        self.told = controls.named(controls.Muted(""), "letter_told")
        self._arrange()
        self.resize(WIDTH, min(HEIGHT, parent.window().height()))
        self.subject.textChanged.connect(lambda _: self._look())
        self.text.textChanged.connect(self._look)
        self._tasks.run(lambda study: _facts_of(study, pack), self._show)

    @property
    def letter(self) -> Letter:
        from ftcompare.app.raters.letter import Letter

        return Letter(visible(self.subject.text()), visible(self.text.toPlainText()))

    def done(self, result: int) -> None:
        if self._facts is not None:
            facts, letter = self._facts, self.letter
            self._tasks.run(lambda study: _keep(study, facts, letter), lambda _: None)
        super().done(result)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.letter.text)
        self.told.setText(tr("The text was copied."))

    def save(self) -> None:
        path = ask_where(self, tr("Save the letter"), "letter.txt", tr("Text (*.txt)"))
        if path is None:
            return
        letter = self.letter

        def write() -> None:
            from ftcompare.app.raters.letter import save_letter

            save_letter(path, letter, replace=True)

        def failed(error: FTCompareError) -> None:
            self.told.setText(sentences(error.what, error.how))

        saved = tr("Saved as {file}.", one_line(path.name))
        self._tasks.call(write, lambda _: self.told.setText(saved), failed)

    def mail(self) -> None:
        """Pass subject and text to the mail program; a text too long for a link goes to the clipboard."""
        from ftcompare.app.raters.letter import mail_link

        link, whole = mail_link(self.letter)
        if not open_link(link):
            self.told.setText(tr("No mail program opened. Copy the text into an email of your own."))
        elif whole:
            self.told.setText(tr("The text is in your mail program. Attach the pack there."))
        else:
            self.copy()
            self.told.setText(
                tr("The text is too long for a link, so it was copied. Paste it, and attach the pack.")
            )

    def restore(self) -> None:
        if self._facts is not None:
            self._put(self._facts.default)
            self.told.setText(tr("This is the default text."))

    def _show(self, facts: LetterFacts) -> None:
        self._facts = facts
        page = facts.kind.value == "page"
        heading = N_("Letter with the page for {rater}") if page else N_("Letter with the pack for {rater}")
        self._heading.setText(tr(heading, rater=one_line(facts.values["name"], 40)))
        self._put(facts.letter)
        self.open()

    def _put(self, letter: Letter) -> None:
        self.subject.setText(visible(letter.subject))
        self.subject.setCursorPosition(0)
        self.text.put(visible(letter.text))

    def _look(self) -> None:
        told = self._facts.cautions(self.letter) if self._facts is not None else ()
        self.cautions.setText("\n".join(told))
        self._caution.setVisible(bool(told))
        self.told.setText("")

    def _arrange(self) -> None:
        subject = controls.label_of(self.subject, tr("Subject"))
        column = in_column(self._heading, controls.Muted(tr(_TOLD), small=True), gap=S, of=self)
        column.setContentsMargins(XL, XL, XL, L)
        column.addLayout(in_row(subject, (self.subject, 1), gap=M))
        column.addWidget(self.text, 1)
        column.addWidget(self._caution)
        column.addWidget(self.told)
        self._add_buttons(column)
        self.text.setMinimumHeight(LEAST_LINES * self.fontMetrics().lineSpacing())

    def _add_buttons(self, column: QVBoxLayout) -> None:
        restore = controls.QuietButton(tr("Restore the default"), name="letter_restore", act=self.restore)
        copy = controls.PlainButton(tr("Copy"), name="letter_copy", act=self.copy)
        save = controls.PlainButton(tr("Save as text…"), name="letter_save", act=self.save)
        mail = controls.PlainButton(tr("Open in mail program"), name="letter_mail", act=self.mail)
        close = controls.PrimaryButton(tr("Close"), name="letter_close", act=self.accept)
        column.addLayout(in_row(restore, STRETCH, copy, save, mail, close, gap=S))


def _facts_of(study: StudyFile, pack: str) -> LetterFacts:
    """Run on the study's thread, because loading numpy would block the window."""
    from ftcompare.app.raters.letter import letter_facts

    return letter_facts(study, pack)


def _keep(study: StudyFile, facts: LetterFacts, letter: Letter) -> None:
    from ftcompare.app.raters.letter import keep_wording

    keep_wording(study, facts, letter)
