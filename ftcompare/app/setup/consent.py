"""What this user agreed to on this machine, a list of texts in a file of the application's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ftcompare.app import application_paths
from ftcompare.core.errors import FTCompareError
from ftcompare.formats.atomic_write import atomic_text, make_folder
from ftcompare.formats.json_document import read_json


@dataclass(frozen=True, slots=True)
class Agreements:
    """One such list.

    Args:
        name: of its file.
    """

    name: str

    def read(self) -> frozenset[str]:
        """All of it; what cannot be read is not agreed to."""
        try:
            stored = read_json(application_paths.home() / self.name)
        except FTCompareError:
            return frozenset()
        return frozenset(str(entry) for entry in stored) if isinstance(stored, list) else frozenset()

    def add(self, texts: Iterable[str]) -> None:
        """Agree to more.

        Raises:
            UserError, EnvironmentFault: where the folder of the settings cannot be written.
        """
        before = self.read()
        after = before | {text for text in texts if text}
        if after == before:
            return
        make_folder(application_paths.home())
        with atomic_text(application_paths.home() / self.name) as handle:
            json.dump(sorted(after), handle)
