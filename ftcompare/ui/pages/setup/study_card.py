"""Setup's first section: the title, where the study is stored, and where its answers come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal

from ftcompare.app.application_paths import STUDY_SUFFIX, default_study_folder, is_folder, is_there, typed
from ftcompare.app.raters.packs import names_in
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import tr
from ftcompare.ui.pages.setup.folder_texts import file_name
from ftcompare.ui.pages.setup.section import TITLE_WIDTH, SetupSection
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, XS
from ftcompare.ui.widgets.controls import LinkButton
from ftcompare.ui.widgets.file_dialogs import name_file, start_of
from ftcompare.ui.widgets.file_field import FileField, TextField
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row


class StudyFileField(FileField):
    """The path of a new study, which follows the title until the user changes it."""

    def __init__(self, folder: Callable[[], Path] = default_study_folder) -> None:
        super().__init__(tr("Saved as"), "setup_save", folder=True)
        self._default = folder
        self._own = False
        self.button.setText(tr("Change…"))
        self.edit.textEdited.connect(self._take_over)
        self.changed.connect(lambda _text: self.show_problem(""))

    @property
    def path(self) -> Path:
        path = typed(self.text)
        return path if path.suffix == STUDY_SUFFIX else path.parent / f"{path.name}{STUDY_SUFFIX}"

    def follow(self, title: str) -> None:
        if self._own:
            return
        stem, folder = file_name(title), self._default()
        if stem:
            names = (stem, *(f"{stem} {n}" for n in range(2, 100)))
            paths = (folder / f"{name}{STUDY_SUFFIX}" for name in names)
            self.edit.setText(str(next((p for p in paths if not is_there(p)), folder / stem)))
        else:
            self.edit.clear()
        self.show_problem("")

    def start_afresh(self) -> None:
        self._own = False
        self.edit.clear()

    def choose(self) -> None:
        kinds = tr("FTCompare studies (*{suffix})", STUDY_SUFFIX)
        start = self.text if self._own else start_of(self.text or str(self._default()), saved=True)
        chosen, _ = name_file(self, tr("Save the study as"), start, kinds)
        if chosen:
            self._own = True
            self.set_text(str(chosen))

    def _take_over(self) -> None:
        self._own = True


class StudyPart(SetupSection):
    """The section. In an open study, `edited` reports a title when its field loses the focus."""

    edited = Signal()
    source_changed = Signal()  # whether answers are written by models, or there already

    def __init__(self, save_folder: Callable[[], Path] = default_study_folder) -> None:
        super().__init__(tr("Study"), below=XS)
        self.title = TextField(tr("Title"), "setup_title", hint=tr("Shown to raters"), beside=TITLE_WIDTH)
        self.save = StudyFileField(save_folder)
        self.row = in_row((in_column(self.title, STRETCH), 1), gap=XL)
        self.body.addLayout(self.row)
        self.from_file = LinkButton(
            tr("Use existing answers"), "plus", name="setup_from_file", act=lambda: self._set_source(True)
        )
        self.from_models = LinkButton(
            tr("Let models write the answers"), name="setup_from_models", act=lambda: self._set_source(False)
        )
        self._answers_exist = False
        self._open = False
        self._stored = ""
        self._names: tuple[str, ...] = ()
        self.title.edit.textChanged.connect(self._on_title)
        self.title.edit.editingFinished.connect(self._on_finished)

    def _set_source(self, answers_exist: bool) -> None:
        self._answers_exist = answers_exist
        self.source_changed.emit()

    @property
    def has_answers(self) -> bool:
        return not self._open and self._answers_exist

    def start_new(self) -> None:
        self._open = False
        self._answers_exist = False
        self.save.start_afresh()
        self.title.show_problem("")
        self.title.edit.clear()

    def show_study(self, content: StudyContent) -> None:
        fresh = not self._open
        self._open = True
        self._stored = content.study.title
        if fresh or not self.title.edit.hasFocus():
            self.title.edit.setText(content.study.title)
            self.title.show_problem("")
        self._warn()

    def show_error(self, error: FTCompareError) -> None:
        self.title.show_problem(f"{error.what} {error.how}".strip())

    def set_names(self, names: tuple[str, ...]) -> None:
        if names != self._names:
            self._names = names
            self._warn()

    def _warn(self) -> None:
        if self.title.invalid:
            return
        told = names_in(self.title.text, self._names)
        warning = tr("Raters see this title, and “{0}” is the name of a system.")
        self.title.message.show_lines([("caution", warning.format(one_line(told[0])))] if told else [])

    def complete(self) -> bool:
        self.title.show_problem("" if self.title.text else tr("A study needs a title."))
        self._warn()
        return self._place_is_good() and bool(self.title.text)

    def _place_is_good(self) -> bool:
        if not self.title.text and not self.save.text:
            return True  # the place follows the title
        problem = ""
        if not self.save.text:
            problem = tr("Choose where to save the study.")
        elif is_folder(typed(self.save.text)):
            problem = tr("This is a folder. Add a name for the study.")
        elif not is_folder(self.save.path.parent):
            problem = tr("There is no such folder. Choose another place.")
        elif is_there(self.save.path):
            problem = tr("A file with this name already exists. Choose another name, or open it.")
        self.save.show_problem(problem)
        return not problem

    def _on_title(self, text: str) -> None:
        self._warn()
        if not self._open:
            self.save.follow(text)

    def _on_finished(self) -> None:
        if self._open and self.title.text != self._stored:
            self.edited.emit()
