"""Import: asks for a file and its format, and reads it into the open study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from ftcompare.app.application_paths import is_file, is_folder, typed
from ftcompare.app.export.importing import ALREADY_HERE, describe_import, import_caution, import_file
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.language import N_, sentences, tr
from ftcompare.formats.record_fields import any_of
from ftcompare.formats.registry import IMPORT_FORMATS, import_format
from ftcompare.formats.vote_table import IMPORT as VOTE_TABLE
from ftcompare.formats.vote_table import UNKNOWN_WINNER, VoteColumns, vote_columns, winner_words
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.export_cards import FormatChoice
from ftcompare.ui.pages.setup.column_table import NAME_SHOWN, OF_VOTES, WINNER, ColumnTable, vote_roles
from ftcompare.ui.safe_text import one_line, short_name
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.file_field import FieldMessage, FileField, Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row, kept_place
from ftcompare.ui.widgets.study_work import StudyWork

WIDTH, WIDE = 560, 900  # pixels; the wider is the least width with the columns of a table
MESSAGE_LINES = 2  # reserved, so that an error moves no button
NOT_TWICE = N_("Nothing was imported. Remove these judgments from the file, or choose to count them again.")
NAME_CHOICES = N_("Enter above what it contains for each choice, such as a=1, b=2, tie=0.")
ONE_RATER = N_(
    "No column has the role Rater, so all votes are imported as those of one person. If a column names the "
    "raters, choose Rater above it."
)


class ImportDialog(NamedDialog):
    """Asks for a file and its format until one is imported; ``then`` is called after the import."""

    def __init__(
        self, context: PageContext, then: Callable[[], None] = lambda: None, parent: QWidget | None = None
    ) -> None:
        super().__init__("import_dialog", tr("Import"), parent, kept=True)
        self._context = context
        self._then = then
        self.work = StudyWork(context.tasks, lambda words: words or tr("Waiting…"), settles=True)
        kept_place(self.work).cancel.hide()  # the dialog's own does it
        self.work.cancelled.connect(self._on_stopped)
        self.setMinimumWidth(WIDTH)
        self._forms = tuple(IMPORT_FORMATS)
        self._choice = FormatChoice("import", self._forms)
        suffixes = tuple(dict.fromkeys(suffix for form in self._forms for suffix in form.suffixes))
        self.field = FileField(
            tr("File"),
            "import_file",
            folder=False,
            kinds=(tr("Answers and judgments"), " ".join(f"*{suffix}" for suffix in suffixes)),
        )
        self.columns = ColumnTable("import_column", OF_VOTES)
        self.columns.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._caution = ""  # about the study
        self.message = named(FieldMessage().reserve(MESSAGE_LINES), "import_message")
        self.columns.chosen.connect(self._show_effects)
        self.words = named(QLineEdit(), "import_words", tr("What the winner's column contains"))
        self.words.setPlaceholderText("a=1, b=2, tie=0")
        self.words.textChanged.connect(lambda _: self._show_effects())
        words = in_row(label(tr("What the winner's column contains")), self.words)
        self._winners = filled(words)
        self._of = ""  # the file whose columns are shown
        all_of_it = Muted(tr("The file is imported completely or not at all."), small=True)
        self.again = named(
            QCheckBox(tr("Count judgments again that are already in the study")), "import_again"
        )
        self.again.hide()  # until a file is refused for them
        of_file = self._choice, self.field, self.columns, self._winners, self.message, self.again
        heading = Heading(tr("Import into this study"), level=2)
        parts = heading, *of_file, self.work, all_of_it, STRETCH, self._buttons()
        in_column(*parts, gap=M, margins=(XL, XL, XL, XL), of=self)
        self._choice.changed.connect(self._show_suffixes)
        self._choice.changed.connect(self._on_changed)
        self._show_suffixes()
        self.field.changed.connect(self._on_changed)
        self.field.edit.textChanged.connect(lambda _text: self._on_changed())
        self._on_changed()
        context.tasks.run(import_caution, self._show_effects, lambda _: None)

    @property
    def _named_columns(self) -> VoteColumns | None:
        """The columns of a table of votes; None where none are shown. Raises `UserError` for wrong words."""
        if self.columns.isHidden():
            return None
        roles = self.columns.roles
        fields = {role: name for name, role in roles.items() if role not in ("", WINNER)}
        winners = tuple(name for name, role in roles.items() if role == WINNER)
        columns = VoteColumns(fields, winners, winner_words([self.words.text()]))
        if columns.problem:
            raise UserError(columns.problem, code="column-form")
        return columns

    @property
    def chosen(self) -> tuple[Path, str]:
        return typed(self.field.text), self._choice.chosen

    def accept(self) -> None:
        path, form = self.chosen
        again = self.again.isChecked()
        if not (is_file(path) or is_folder(path)):
            self.field.show_problem(tr("There is no such file. Choose another."))
            return

        try:
            columns = self._named_columns
        except UserError as error:
            self.message.show_error(error)
            return

        def read(study: StudyFile, progress: ProgressCallback) -> str:
            moment = datetime.now(UTC)
            counts = import_file(
                study, path, form, now=moment, again=again, columns=columns, on_progress=progress
            )
            return describe_import(counts)

        self._set_reading(reading=True)
        self.message.show_note(tr("Importing {name}…", short_name(path.name, 60)))
        self.work.run(read, self._on_done, self._on_failed)

    def reject(self) -> None:
        """Stay open while a file is imported: an import cannot be partial."""
        if not self.work.running:
            super().reject()

    def cancel(self) -> None:
        if self.work.running:
            self.work.stop()
            self._cancel.setEnabled(False)
        else:
            self.reject()

    def _on_stopped(self) -> None:
        self._set_reading(reading=False)
        self.message.show_note(tr("Stopped: nothing was imported."))

    def _on_done(self, words: str) -> None:
        self._set_reading(reading=False)
        super().accept()
        self._context.bar.show_good(words)
        self._context.study_changed()
        self._then()

    def _on_failed(self, error: FTCompareError) -> None:
        self._set_reading(reading=False)
        if error.code == ALREADY_HERE:
            self.message.show_problem(sentences(error.what, tr(NOT_TWICE)))
            self.again.show()
            self.again.setFocus()
            return
        if error.code == UNKNOWN_WINNER:
            error.how = tr(NAME_CHOICES)
            self.words.setFocus()
        else:
            self.field.edit.setFocus()
        self.message.show_error(error)
        self._fit()

    def _set_reading(self, *, reading: bool) -> None:
        self._cancel.setEnabled(True)
        for widget in (self._choice, self.field, self.columns, self._winners, self.again, self._import):
            widget.setEnabled(not reading)

    def _buttons(self) -> QHBoxLayout:
        self._import = PrimaryButton(tr("Import"), name="import_accept", act=self.accept)
        self._cancel = PlainButton(tr("Cancel"), name="import_cancel", act=self.cancel)
        row = in_row(STRETCH, (self._cancel, Qt.AlignmentFlag.AlignRight), self._import, gap=S)
        row.setContentsMargins(0, L, 0, 0)
        return row

    def _show_suffixes(self) -> None:
        self.field.edit.setPlaceholderText(any_of(import_format(self._choice.chosen).suffixes))

    def _show_columns(self) -> None:
        """Show the first rows of a table of votes and the roles of their columns, which are guessed."""
        path, is_votes = typed(self.field.text), self._choice.chosen == VOTE_TABLE.id
        is_known = path.suffix.lower() in VOTE_TABLE.suffixes and is_file(path)
        there = is_votes and (is_known or (bool(self.field.text) and is_folder(path)))
        problem: FTCompareError | None = None
        if there and self._of != str(path):
            try:
                read = vote_columns(path)
                self.columns.show_file(read, vote_roles(read.names), ())
                self._of = str(path)
            except FTCompareError as error:
                problem = error
        shown = there and self._of == str(path)
        for part in (self.columns, self._winners):
            part.setVisible(shown)
        self._show_effects()
        if problem:
            self.message.show_error(problem)

    def _show_effects(self, caution: str = "") -> None:
        """Show what an import does that the user may not expect; ``caution``, if given, is on the study."""
        self._caution = caution or self._caution
        roles = {} if self.columns.isHidden() else self.columns.roles
        votes = [*roles.values()]
        one_rater = tr(ONE_RATER) if roles and "rater" not in votes and votes.count(WINNER) < 2 else ""
        unused = ", ".join(one_line(name, NAME_SHOWN) for name, role in roles.items() if not role)
        ignored = tr("Columns that are not imported: {names}.", names=unused) if unused else ""
        warnings = tuple(filter(None, (self._caution, one_rater)))
        self.message.show_found(Found("", warnings=warnings, note=ignored))
        self._fit()

    def _fit(self) -> None:
        """Be wide enough for the columns and high enough for all texts, in the middle of the window."""
        parent = self.parentWidget()
        window = parent.window().geometry() if parent else self.screen().availableGeometry()
        columns = max(self.columns.sizeHint().width() + 2 * XL, WIDE)
        least = WIDTH if self.columns.isHidden() else min(columns, window.width() - 2 * XL)
        width, before = max(self.width(), least), self.size()
        self.setMinimumWidth(least)
        place = QRect(0, 0, width, max(self.height(), self.heightForWidth(width)))
        if place.size() != before:
            place.moveCenter(window.center())
            self.setGeometry(place)

    def _on_changed(self) -> None:
        self.field.show_problem("")
        self.again.setChecked(False)
        self.again.hide()
        self._show_columns()
        self._import.setEnabled(bool(self.field.text))
