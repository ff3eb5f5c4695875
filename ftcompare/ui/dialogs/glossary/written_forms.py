"""The file dialogs of a glossary: which forms are read, and in which one it is written."""

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
    """The file that the user names, and the id of the form that they chose; None where they named none.

    A name without a suffix gets that of the form; where the suffix is that of another form, the name counts.
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
