"""Compile the languages when a wheel is built; a checkout reads the catalogs themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from languages import compile_catalogs


class CompiledLanguages(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            folder = Path(self.root) / "build" / "languages"
            for file in compile_catalogs(folder):
                place = file.relative_to(folder).as_posix()
                build_data["force_include"][str(file)] = f"ftcompare/_resources/languages/{place}"
