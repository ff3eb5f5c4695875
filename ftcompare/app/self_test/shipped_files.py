"""The files beside the code that the program reads at run time, by name.

An installation that lacks one is found out before somebody needs it. What is read as a part of a package
(templates of the report, parts of the browser page) is tried by the self-test's other steps.
"""

from __future__ import annotations

from pathlib import Path

from ftcompare.core.errors import EnvironmentFault

_BASE = (
    "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
    "tokenizer_config.json",
)  # fmt: skip
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_DEMO = ("clinical_recipe.toml", "glossary.csv", "prompts.jsonl", "suite.toml", "suite_prompts.jsonl")
_TASKS = ("everyday_choice", "everyday_definition")
_ICONS = (
    "arrow-right", "book-open", "chart-column", "check", "chevron-down", "chevron-right", "chevron-up",
    "circle-check", "circle-dot", "circle-x", "clock", "copy", "download", "eye", "file-plus", "file-text",
    "flag", "flask-conical", "folder-open", "info", "keyboard", "link", "message-square", "minus", "pause",
    "play", "plus", "refresh-cw", "save", "search", "skip-forward", "sparkles", "square-pen", "trash-2",
    "triangle-alert", "undo-2", "unlink", "upload", "user", "users", "x",
)  # fmt: skip

SHIPPED_FILES = (
    *(f"demo/base/{name}" for name in _BASE),
    *(f"demo/adapter/{name}" for name in _ADAPTER),
    *(f"demo/{name}" for name in _DEMO),
    *(f"demo/tasks/{name}.{kind}" for name in _TASKS for kind in ("jsonl", "yaml")),
    "application-icon.svg",
    *(f"icons/{name}.svg" for name in _ICONS),
    "safety/probes.jsonl",
)
"""Below the folder of resources."""


def require_shipped_files(folder: Path) -> None:
    """Refuses an installation that is not whole.

    Raises:
        EnvironmentFault: ``files-missing``, naming them.
    """
    missing = [name for name in SHIPPED_FILES if not (folder / name).is_file()]
    if missing:
        what = f"Files are missing from this installation: {', '.join(missing)}."
        raise EnvironmentFault(what, where=str(folder), how="Install FTCompare again.", code="files-missing")
