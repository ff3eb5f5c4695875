"""The machine's hardware for the engine, detected once per session on a separate thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from ftcompare.core.errors import FTCompareError
from ftcompare.engine.hardware_probe import Hardware as Hardware
from ftcompare.engine.hardware_probe import probe_hardware
from ftcompare.engine.optional_dependencies import missing_libraries
from ftcompare.ui.study_thread.study_tasks import StudyTasks

log = logging.getLogger(__name__)


class Machine(QObject):
    """Devices, free memory and supported quantisation, detected by ``look_now`` on a separate thread."""

    found = Signal(object)  # a `Hardware`
    _deliver = Signal(object)

    def __init__(
        self, look_now: Callable[[], Hardware] = probe_hardware, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._look_now = look_now
        self._begun = False
        self.survey: Hardware | None = None
        self._deliver.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def look(self) -> None:
        if self._begun or missing_libraries():
            return
        self._begun = True
        threading.Thread(target=self._work, name="survey", daemon=True).start()

    def _work(self) -> None:
        try:
            found = self._look_now()
        except FTCompareError as error:
            log.warning("the devices could not be looked at: %s", error.code)
            return
        try:
            if isValid(self):
                self._deliver.emit(found)
        except RuntimeError:
            log.debug("the window was closed before the devices were looked at")

    def _take(self, hardware: Hardware) -> None:
        self.survey = hardware
        self.found.emit(hardware)


def machine(tasks: StudyTasks) -> Machine:
    return tasks.findChild(Machine) or Machine(probe_hardware, parent=tasks)
