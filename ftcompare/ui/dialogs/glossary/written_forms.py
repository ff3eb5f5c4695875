"""The file dialogs of a glossary: the formats that can be read, and the format to write."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from ftcompare.app.application_paths import is_there
from ftcompare.formats.glossary import GLOSSARY_FORMATS, SUFFIXES
from ftcompare.ui.dialogs.save_dialog import may_replace
from ftcompare.ui.widgets.file_dialogs import name_file, start_of


def open_kinds() -> str:
    """The filter of files that can be read."""
    return f"Glossaries ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})"


def ask_form(parent: QWidget) -> tuple[Path | None, str]:
    """Ask for a path and a format to write; returns the path and the format's id, None if cancelled.

    A name without a suffix gets that of the format; a name with the suffix of another format selects that
    format.
    """
    kinds = {f"{form.title} (*{form.suffix})": form for form in GLOSSARY_FORMATS}
    chosen, kind = name_file(parent, "Save the glossary", start_of("glossary.csv"), ";;".join(kinds))
    if chosen is None:
        return None, ""
    form = kinds.get(kind, GLOSSARY_FORMATS[0])
    if chosen.suffix.lower() == form.suffix:
        return chosen, form.id
    if any(chosen.suffix.lower() == other.suffix for other in GLOSSARY_FORMATS):
        return chosen, ""
    path = chosen.with_name(f"{chosen.name}{form.suffix}")
    return (path, form.id) if not is_there(path) or may_replace(parent, path) else (None, "")
