"""The systems of an open study in Setup: what each is, and a button to remove it."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftcompare.app.setup import consent
from ftcompare.app.setup.new_study import TemplateFinding, inspect_base
from ftcompare.app.setup.study_content import ContentSystem
from ftcompare.app.setup.system_specs import kind_of, server_place
from ftcompare.core.study import SystemSpec
from ftcompare.ui.pages.setup.explained_choice import TemplateChoice
from ftcompare.ui.pages.setup.folder_texts import (
    describe_adapter,
    describe_base,
    describe_place,
    describe_question,
    quantised_words,
)
from ftcompare.ui.pages.setup.new_system_rows import look_at_adapter
from ftcompare.ui.pages.setup.recipe_dialog import RecipeLink, RecipeTools
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import Muted, PlainButton, QuietButton, label, named, set_role
from ftcompare.ui.widgets.file_field import FieldMessage, Found, shortened
from ftcompare.ui.widgets.layouts import discard, in_column, in_row

Finding: TypeAlias = tuple[Found, bool, TemplateFinding | None]
"""The findings on a system, whether this user has consented to them, and its own chat template."""


class SystemRow(QWidget):
    """One system of an open study, with the current findings on its folder."""

    removed = Signal()
    agreed = Signal()  # prompts may go to its server, or it may be downloaded; other systems may be there too

    def __init__(self, system: ContentSystem, tasks: StudyTasks, tools: RecipeTools) -> None:
        super().__init__()
        self.system = system
        self._tasks = OwnedTasks(self, tasks)
        self.message = FieldMessage()
        self.template = TemplateChoice(system.name, system.name)
        self.template.put(system.spec.template, fixed=not system.removable)
        self.recipe = RecipeLink(str(system.id), lambda: system.name, tools, fixed=not system.removable)
        self.recipe.put(system.spec.recipe)
        self.recipe.setVisible(system.spec.written_here)
        told = "Allow prompts to be sent there" if system.spec.url else "Allow the download"
        self._allow = PlainButton(told, name=f"setup_system_allow_{system.name}", act=self._agree)
        self._allow.hide()
        place = _place(system.spec) or _files_words(system.files)
        where = [Muted(shortened(place, 200), small=True)] if place else []
        allow = (self._allow, Qt.AlignmentFlag.AlignLeft)
        in_column(self._head(), *where, self.message, self.template, self.recipe, allow, gap=6, of=self)
        self.look()

    def _head(self) -> QHBoxLayout:
        spec = self.system.spec
        words = (kind_of(spec).title, quantised_words(spec.quantisation))
        told = Muted(" · ".join(part for part in words if part))
        row = in_row(label(shortened(spec.name, 60), "strong"), (told, 1), gap=S)
        if self.system.removable:
            row.addWidget(self._remove_button(spec.name))
        return row

    def _remove_button(self, name: str) -> QuietButton:
        remove = named(QuietButton("", icon="x"), f"setup_system_remove_{name}", f"Remove {name}")
        set_role(remove, role="tool")
        remove.setToolTip("Remove")
        remove.clicked.connect(self.removed.emit)
        return remove

    def look(self) -> None:
        spec = self.system.spec
        if spec.url or spec.written_here:
            look = _served if spec.url else _found_here
            self._tasks.call(lambda: look(spec), self._show, self.message.show_error)

    def _show(self, finding: Finding) -> None:
        """Show a finding; in a study of someone else, this user has not consented to server or download."""
        told, agreed, template = finding
        self._allow.setVisible(not agreed)
        self.message.show_found(told)
        self.template.show_found(template)

    def _agree(self) -> None:
        spec = self.system.spec
        self._tasks.call(lambda: _agree_to(spec), lambda _: self.agreed.emit(), self.message.show_error)


def _found_here(spec: SystemSpec) -> Finding:
    template = None
    if spec.adapter:
        found = look_at_adapter(spec.model, spec.adapter)
        told, template = describe_adapter(found), found.template if found else None
    else:
        told = describe_base(inspect_base(spec.model))
    asked = _place(spec) in consent.models_to_ask([spec])
    return describe_question(_place(spec)) if asked else told, not asked, template


def _served(spec: SystemSpec) -> Finding:
    place = server_place(spec.url)
    return describe_place(place), place.local or consent.host_is_agreed(spec.url), None


def _agree_to(spec: SystemSpec) -> None:
    if spec.url:
        consent.agree_to_hosts(spec.url)
    else:
        consent.agree_to_models(_place(spec))


def _place(spec: SystemSpec) -> str:
    if spec.url:
        return " · ".join(part for part in (spec.url, spec.model, spec.adapter) if part)
    return spec.adapter or spec.model


def _files_words(files: tuple[str, ...]) -> str:
    return f"From {', '.join(files)}" if files else ""


class Rows(QWidget):
    """Rows below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = in_column(gap=M, of=self)

    def add(self, row: QWidget) -> None:
        self._rows.addWidget(row)

    def clear(self) -> None:
        discard(self._rows)
