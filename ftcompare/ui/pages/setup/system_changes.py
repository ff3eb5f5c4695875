"""What Setup does to the systems of the open study."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QObject

from ftcompare.app.setup import study_content as contents
from ftcompare.app.setup.new_study import AdapterChoice
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import SystemId, SystemSpec
from ftcompare.ui.pages.setup.systems_card import SystemsPart
from ftcompare.ui.safe_text import one_line

Change: TypeAlias = Callable[[StudyFile], StudyContent]
Failed: TypeAlias = Callable[[FTCompareError], None]


class SystemChanges(QObject):
    """Carries out what is asked in the card of systems.

    Args:
        systems: the card.
        change: makes a change, shows the study, then says that it is done, or why it failed.
        tell: says something good, in a sentence.
        failed: says what is wrong where the card has no place for it.
        refused: something was written meanwhile: shows what holds, and why the change does not.
    """

    def __init__(
        self,
        systems: SystemsPart,
        change: Callable[[Change, Callable[[], None], Failed], None],
        *,
        tell: Callable[[str], None],
        failed: Failed,
        refused: Failed,
    ) -> None:
        super().__init__(systems)
        self._systems = systems
        self._change = change
        self._tell = tell
        self._failed = failed
        self._refused = refused
        systems.base_asked.connect(self._add_base)
        systems.adapter_asked.connect(self._add_adapter)
        systems.system_asked.connect(self._add_system)
        systems.removal_asked.connect(self._remove)
        systems.template_asked.connect(self._set_template)
        systems.loading_asked.connect(self._set_quantisation)

    def _add_base(self, model: str, quantisation: str) -> None:
        self._add(
            lambda study: contents.add_base(study, model, quantisation=quantisation),
            "Base model added.",
        )

    def _add_adapter(self, choice: AdapterChoice) -> None:
        told = f"{one_line(choice.name)} added."
        self._add(lambda study: contents.add_adapter(study, choice), told)

    def _add_system(self, spec: SystemSpec, quantisation: str) -> None:
        told = f"{one_line(spec.name)} added."
        self._add(lambda study: contents.add_system(study, spec, quantisation), told)

    def _remove(self, system: SystemId) -> None:
        self._add(lambda study: contents.remove_system(study, system), "Removed.")

    def _add(self, change: Change, told: str) -> None:
        self._change(change, lambda: self._tell(told), self._on_failed)

    def _on_failed(self, error: FTCompareError) -> None:
        if not self._systems.fail(error):
            self._failed(error)

    def _set_template(self, system: SystemId, template: str) -> None:
        self._set(lambda study: contents.set_template(study, system, template))

    def _set_quantisation(self, quantisation: str) -> None:
        self._set(lambda study: contents.set_quantisation(study, quantisation))

    def _set(self, change: Change) -> None:
        self._change(change, lambda: self._tell("Saved."), self._on_refused)

    def _on_refused(self, error: FTCompareError) -> None:
        self._systems.forget()
        self._refused(error)
