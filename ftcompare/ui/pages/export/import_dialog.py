"""Import: asks for a file and its format, and reads it into the open study, or into a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from ftcompare.app.application_paths import STUDY_SUFFIX, default_study_folder, is_file, is_folder, typed
from ftcompare.app.export.importing import (
    ALREADY_HERE,
    WOULD_UNBLIND,
    ImportCounts,
    ImportPreview,
    check_import,
    create_from_import,
    describe_import,
    import_caution,
    import_file,
    new_study_words,
    preview_import,
)
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.language import N_, sentences, tr
from ftcompare.formats.record_fields import any_of
from ftcompare.formats.registry import IMPORT_FORMATS, likely_format
from ftcompare.formats.vote_table import IMPORT as VOTE_TABLE
from ftcompare.formats.vote_table import UNKNOWN_WINNER, VoteColumns, vote_columns, winner_words
from ftcompare.ui.dialogs.frames import FRAME, NamedDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.export_cards import FormatChoice
from ftcompare.ui.pages.setup.column_table import (
    NAME_SHOWN,
    OF_VOTES,
    WINNER,
    ColumnTable,
    vote_role_columns,
    vote_roles,
)
from ftcompare.ui.safe_text import one_line, short_name
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, label_of, named
from ftcompare.ui.widgets.file_dialogs import ask_where, confirmed
from ftcompare.ui.widgets.file_field import CHECKING, FieldMessage, FileField, Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row, kept_place
from ftcompare.ui.widgets.study_work import StudyWork

WIDTH, LEAST = 1232, 560  # pixels; the other is for narrow windows
MESSAGE_LINES = 6  # reserved, so that an error moves no button
NOT_TWICE = N_("Nothing was imported. Remove these judgments from the file, or choose to count them again.")
NAME_CHOICES = N_("Enter above what it contains for each choice, such as a=1, b=2, tie=0.")
ONE_RATER = N_(
    "No column has the role Rater, so all votes are imported as those of one person. If a column names the "
    "raters, choose Rater above it."
)


class ImportDialog(NamedDialog):
    """Asks for a file and its format until one is imported.

    Args:
        then: called after an import into the open study.
        open_new: opens a study that was created from the file, with a message about it.
        alone: whether no study is open, so that the file becomes a new one.
    """

    def __init__(
        self,
        context: PageContext,
        then: Callable[[], None] = lambda: None,
        parent: QWidget | None = None,
        *,
        rng: Random,
        open_new: Callable[[Path, str], None] = lambda _path, _news: None,
        alone: bool = False,
    ) -> None:
        super().__init__("import_dialog", tr("Import"), parent, kept=True)
        self._context = context
        self._then = then
        self._rng, self._open_new, self._alone = rng, open_new, alone
        self._preview: ImportPreview | None = None  # of the import into the open study
        self._counts: ImportCounts | None = None  # what a new study would get
        self._by_hand = False  # whether the format was chosen by the user
        self._given: tuple[Path, str] | None = None
        self._with_columns = 0  # height in pixels with a table of columns, once it is known
        self._awaited = False  # whether Import was pressed before the file was counted
        self._apart_by_default = alone
        self.work = StudyWork(context.tasks, lambda words: words or tr("Waiting…"), settles=True)
        kept_place(self.work).cancel.hide()  # the dialog's own does it
        self.work.cancelled.connect(self._on_stopped)
        self.setMinimumWidth(LEAST)
        self._check = StudyWork(context.tasks, lambda words: words or tr(CHECKING), slim=True)
        self._check.cancel.hide()
        heading = Heading(tr("Import into a new study") if alone else tr("Import"), level=2)
        parts = heading, *self._of_file(), self.work, STRETCH, self._buttons()
        in_column(*parts, gap=M, margins=(XL, XL, XL, XL), of=self)
        self._connect()
        if alone:
            context.tasks.call(str, lambda _: self._fit())  # once it is shown
        else:
            context.tasks.run(import_caution, self._show_caution, lambda _: None)

    def _of_file(self) -> tuple[QWidget, ...]:
        """Return the fields that say which file is imported, and how."""
        self._forms = tuple(IMPORT_FORMATS)
        self._choice = FormatChoice("import", self._forms)
        suffixes = tuple(dict.fromkeys(suffix for form in self._forms for suffix in form.suffixes))
        self.field = FileField(
            tr("File or folder"),
            "import_file",
            folder=False,
            hint=any_of(suffixes),
            kinds=(tr("Answers and judgments"), " ".join(f"*{suffix}" for suffix in suffixes)),
        )
        self.columns = ColumnTable("import_column", OF_VOTES)
        self.columns.show_empty([tr(title) for title, _ in OF_VOTES])  # for its height
        self.columns.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._caution = ""  # about the study
        self.message = named(FieldMessage().reserve(MESSAGE_LINES), "import_message")
        self.words = named(QLineEdit(), "import_words", tr("What the winner's column contains"))
        self.words.setPlaceholderText("a=1, b=2, tie=0")
        words = in_row(label(tr("What the winner's column contains")), self.words)
        self._winners = filled(words)
        self._of = ""  # the file whose columns are shown
        self.again = named(
            QCheckBox(tr("Count judgments again that are already in the study")), "import_again"
        )
        self.again.hide()  # until a file is refused for them
        self.apart = named(QCheckBox(tr("Create a new study from this file")), "import_apart")
        self.apart.setChecked(self._alone)
        self.apart.setHidden(self._alone)
        self.message.place(self._check)
        form = filled(in_column(label_of(self._choice.box, tr("Format")), self._choice, gap=6))
        form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return self.field, form, self.columns, self._winners, self.message, self.again, self.apart

    def _connect(self) -> None:
        self.columns.chosen.connect(lambda: self._look())
        self.words.textChanged.connect(lambda _: self._look())
        self.again.toggled.connect(lambda _: self._look())
        self._check.lasts.connect(self.message.show_work)
        self.apart.toggled.connect(lambda _: self._count())
        self._choice.box.activated.connect(self._on_format_chosen)
        self._choice.changed.connect(self._on_changed)
        self.field.changed.connect(self._on_file)
        self.field.edit.textChanged.connect(lambda _text: self._on_file())
        self._on_changed()

    def _on_format_chosen(self) -> None:
        self._by_hand = True

    def _on_file(self) -> None:
        """Choose the format of another file, unless the user has chosen one."""
        path = typed(self.field.text)
        is_other = self._given is None or self._given[0] != path
        if is_other and not self._by_hand and (is_file(path) or (self.field.text and is_folder(path))):
            self._choice.choose((likely_format(path) or self._forms[0]).id)
        self._on_changed()

    @property
    def _named_columns(self) -> VoteColumns | None:
        """The columns of a table of votes; None where none are shown. Raises `UserError` for wrong words."""
        if self.columns.isHidden():
            return None
        columns = vote_role_columns(self.columns.roles)
        if columns.problem:
            raise UserError(columns.problem, code="column-form")
        return replace(columns, words=winner_words([self.words.text()]))

    @property
    def chosen(self) -> tuple[Path, str]:
        return typed(self.field.text), self._choice.chosen

    def accept(self) -> None:
        path, form = self.chosen
        if not (is_file(path) or is_folder(path)):
            self.field.show_problem(tr("There is no such file. Choose another."))
            return
        if path.suffix.lower() == STUDY_SUFFIX:
            super().accept()
            self._context.open_study(path)
            return

        try:
            columns = self._named_columns
        except UserError as error:
            self.message.show_error(error)
            return

        self._set_reading(reading=True)
        self.message.show_note(tr("Importing {name}…", short_name(path.name, 60)))
        if not self._is_counted:
            self._awaited = True
            self._count()  # again, because the file may have been corrected
        elif self.apart.isChecked():
            self._create(path, form, columns)
        else:
            self._import_into_study(path, form, columns)

    @property
    def _is_counted(self) -> bool:
        """Whether it is known what the import would add."""
        return (self._counts if self.apart.isChecked() else self._preview) is not None

    def _adding(
        self, path: Path, form: str, columns: VoteColumns | None, *, unblind: bool
    ) -> Callable[[StudyFile, ProgressCallback], ImportCounts]:
        chosen: dict[str, Any] = {"again": self.again.isChecked(), "unblind": unblind, "columns": columns}
        return lambda study, progress: import_file(
            study, path, form, now=datetime.now(UTC), on_progress=progress, **chosen
        )

    def _import_into_study(self, path: Path, form: str, columns: VoteColumns | None) -> None:
        unblinds = self._preview is not None and self._preview.counts.rating_closed
        add = self._adding(path, form, columns, unblind=unblinds)
        asked = tr("Import and unblind the study?"), tr(WOULD_UNBLIND), tr("Import and unblind"), tr("Cancel")
        if unblinds and not confirmed(self, "import_unblinding", *asked):
            self._set_reading(reading=False)
            self._show_effects()
            return
        self.work.run(
            lambda study, progress: describe_import(add(study, progress)), self._on_done, self._on_failed
        )

    def _create(self, path: Path, form: str, columns: VoteColumns | None) -> None:
        """Ask where to save a new study, and create it from the file."""
        self._set_reading(reading=False)
        self._show_effects()
        proposed = default_study_folder() / f"{path.stem}{STUDY_SUFFIX}"
        kinds = f"{tr('Studies')} (*{STUDY_SUFFIX})"
        target = ask_where(self, tr("Save the new study"), str(proposed), kinds)
        if target is None:
            return

        def create(progress: ProgressCallback) -> str:
            plan, moment = StudyPlan(title=target.stem), datetime.now(UTC)
            counts = create_from_import(
                target, plan, path, form, rng=self._rng, now=moment, columns=columns, on_progress=progress
            )
            return describe_import(counts)

        self._set_reading(reading=True)
        self.message.show_note(tr("Importing {name}…", short_name(path.name, 60)))
        self.work.call(create, partial(self._on_created, target), self._on_failed)

    def _on_created(self, path: Path, words: str) -> None:
        self._set_reading(reading=False)
        super().accept()
        self._open_new(path, words)

    def reject(self) -> None:
        """Stay open while a file is imported: an import cannot be partial."""
        if not self.work.running:
            self._check.pause()
            super().reject()

    def cancel(self) -> None:
        if self.work.running:
            self.work.stop()
            self._cancel.setEnabled(False)
        elif self._awaited:
            self._awaited = False
            self._check.pause()
            self._on_stopped()
        else:
            self.reject()

    def _on_stopped(self) -> None:
        self._set_reading(reading=False)
        self.message.show_note(tr("Stopped: nothing was imported."))

    def _on_done(self, words: str) -> None:
        self._set_reading(reading=False)
        super().accept()
        self._context.study_changed()
        self._then()
        self._context.bar.show_good(words)  # after the page is entered, which hides earlier messages

    def _on_failed(self, error: FTCompareError) -> None:
        self._set_reading(reading=False)
        self._show_error(error)
        fields = {ALREADY_HERE: self.again, UNKNOWN_WINNER: self.words}
        fields.get(error.code, self.field.edit).setFocus()

    def _show_error(self, error: FTCompareError) -> None:
        if error.code == ALREADY_HERE:
            self.message.show_problem(sentences(error.what, tr(NOT_TWICE)))
            self.again.show()
            return
        if error.code == UNKNOWN_WINNER:
            error.how = tr(NAME_CHOICES)
        self.message.show_error(error)
        self._fit()

    def _set_reading(self, *, reading: bool) -> None:
        self._cancel.setEnabled(True)
        inputs = (self._choice, self.field, self.columns, self._winners, self.again, self.apart, self._import)
        for widget in inputs:
            widget.setEnabled(not reading)

    def _buttons(self) -> QHBoxLayout:
        self._import = PrimaryButton(tr("Import"), name="import_accept", act=self.accept)
        self._cancel = PlainButton(tr("Cancel"), name="import_cancel", act=self.cancel)
        all_of_it = Muted(tr("The file is imported completely or not at all."), small=True)
        row = in_row((all_of_it, 1), self._cancel, self._import, gap=S)
        row.setContentsMargins(0, L, 0, 0)
        return row

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
        self._look(problem)

    def _look(self, problem: FTCompareError | None = None) -> None:
        """Count what an import of the file as it is described now would add."""
        self._preview = self._counts = None
        self._count()
        if problem:
            self._check.pause()
            self.message.show_error(problem)

    def _count(self) -> None:
        """Count what an import would add to the open study, or to a new one."""
        self._check.pause()
        if not self._awaited:
            self._show_effects()
        path, form = self.chosen
        if self._is_counted or not self.field.text or not (is_file(path) or is_folder(path)):
            return
        try:
            columns = self._named_columns
        except UserError:
            return
        if self.apart.isChecked():
            check = partial(check_import, path, form, columns)
            self._check.call(check, self._on_counted, self._on_unreadable)
            return
        add = self._adding(path, form, columns, unblind=True)
        self._check.run(
            lambda study, progress: preview_import(study, partial(add, study, progress)),
            *(self._on_checked, self._on_unreadable),
        )

    def _on_checked(self, preview: ImportPreview) -> None:
        awaited, self._awaited = self._awaited, False
        self._preview = preview
        self._set_reading(reading=False)
        self._choose_study()
        if awaited and not self.apart.isChecked():
            self.accept()

    def _on_counted(self, counts: ImportCounts) -> None:
        awaited, self._awaited = self._awaited, False
        self._counts = counts
        self._set_reading(reading=False)
        self._show_effects()
        if awaited:
            self.accept()

    def _on_unreadable(self, error: FTCompareError) -> None:
        awaited, self._awaited = self._awaited, False
        if awaited:
            self._on_failed(error)
        else:
            self._show_error(error)

    def _show_caution(self, caution: str) -> None:
        self._caution = caution
        self._choose_study()

    def _choose_study(self) -> None:
        """By default, import into a new study what cannot be undone in the open one, or has other prompts."""
        apart = bool(self._caution or (self._preview and self._preview.reason))
        if apart is not self._apart_by_default:
            self._apart_by_default = apart
            self.apart.setChecked(apart)
        self._show_effects()

    def _show_effects(self) -> None:
        """Show what an import does that the user may not expect."""
        roles = {} if self.columns.isHidden() else self.columns.roles
        votes = [*roles.values()]
        problem = vote_role_columns(roles).problem if roles else ""
        one_rater = tr(ONE_RATER) if roles and "rater" not in votes and votes.count(WINNER) < 2 else ""
        unused = ", ".join(one_line(name, NAME_SHOWN) for name, role in roles.items() if not role)
        ignored = tr("Columns that are not imported: {names}.", names=unused) if unused else ""
        apart, preview, counts = self.apart.isChecked(), self._preview, self._counts
        caution = "" if apart else self._caution
        unblinds = tr(WOULD_UNBLIND) if preview and preview.counts.rating_closed and not apart else ""
        reason = preview.reason if preview and apart else ""
        of_study = preview.words if preview else ""
        added = (new_study_words(counts) if counts else "") if apart else of_study
        warnings = tuple(filter(None, (problem, caution, unblinds, one_rater)))
        self.message.show_found(Found(added, warnings=warnings, note=sentences(reason, ignored)))
        self._fit()

    def _fit(self) -> None:
        """Be high enough for a table of columns from the start, so that its buttons keep their place.

        The dialog is in the middle of the window, and not higher than the screen.
        """
        parent, screen = self.parentWidget(), self.screen().availableGeometry()
        window = parent.window().geometry() if parent else screen
        width, before = max(self.width(), min(WIDTH, window.width() - 2 * XL)), self.size()
        needed = self.heightForWidth(width)
        if not self._with_columns:
            hidden = self.columns, self._winners
            self._with_columns = needed + sum(part.sizeHint().height() + M for part in hidden)
        height = min(max(self.height(), needed, self._with_columns), screen.height() - FRAME[1])
        place = QRect(0, 0, width, height)
        if place.size() != before:
            place.moveCenter(window.center())
            place.moveTop(max(screen.top() + FRAME[1], min(place.top(), screen.bottom() - place.height())))
            self.setGeometry(place)

    def _on_changed(self) -> None:
        if (given := self.chosen) == self._given:
            return  # the field reports once more what was typed
        self._given = given
        if self._apart_by_default and not (self._caution or self._alone):  # for the file before
            self._apart_by_default = False
            self.apart.setChecked(False)
        self.field.show_problem("")
        self.again.setChecked(False)
        self.again.hide()
        self._show_columns()
        self._import.setEnabled(bool(self.field.text))
        is_study = given[0].suffix.lower() == STUDY_SUFFIX
        self._import.setText(tr("Open study") if is_study else tr("Import"))
