"""The user's settings: one small JSON file, read once, written whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ftcompare.core.errors import FTCompareError
from ftcompare.formats.atomic_write import atomic_text, make_folder
from ftcompare.formats.json_document import read_json

RECENT_KEPT = 8
ZOOM_STEPS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
THEMES = ("system", "light", "dark")
LONGEST_MOMENT, LONGEST_SECOND_PRESS, LONGEST_BREAK = 10.0, 2.0, 600
"""In seconds, seconds and minutes."""
_ANY_NUMBER = 10**6
"""Beyond all that a setting may be: a larger whole number may fit in no float."""


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What the application remembers between runs.

    Args:
        theme: ``system``, ``light`` or ``dark``.
        zoom: factor on all type sizes, one of `ZOOM_STEPS`.
        reading_moment: seconds that both texts must have been on screen before an answer counts.
        break_after: minutes of rating after which a break is offered; 0 for never.
        second_press: seconds within which a second press means "much better"; 0 for never.
        markdown: whether raters see texts as Markdown, or as they stand.
        review_markdown: the same for judged pairs in Review and Results.
        shading: whether a judged pair is shaded by how likely the systems find its words.
        rater: the name last used for rating on this machine.
        expert: the name under which answers are marked, corrected and adjudicated on it.
        geometry: the window's size and place, as Qt's own opaque text.
        recent: paths of studies and packs, newest first.
        folder: where the last file dialog was left; empty before the first.
        shortcuts: command id to key sequence, where the user changed it.
    """

    theme: str = "system"
    zoom: float = 1.0
    reading_moment: float = 0.7
    break_after: int = 45
    second_press: float = 0.35
    rater: str = ""
    expert: str = ""
    geometry: str = ""
    markdown: bool = True
    review_markdown: bool = True
    shading: bool = True
    recent: tuple[str, ...] = ()
    folder: str = ""
    shortcuts: dict[str, str] = field(default_factory=dict)

    def with_recent(self, path: Path) -> UserSettings:
        """The same settings with a study or a pack put first among the recent ones."""
        text = str(path.resolve())
        others = [p for p in self.recent if p != text]
        return replace(self, recent=(text, *others)[:RECENT_KEPT])


def load(path: Path) -> UserSettings:
    """The settings in a file; defaults for what is missing, unknown or of the wrong type.

    A settings file is never worth an error at start: what cannot be read is left out.
    """
    try:
        stored = read_json(path)
    except FTCompareError:
        return UserSettings()
    return _from_json(stored) if isinstance(stored, dict) else UserSettings()


def save(path: Path, settings: UserSettings) -> None:
    """Write the settings, whole or not at all.

    Raises:
        UserError, EnvironmentFault: where the folder cannot be written.
    """
    make_folder(path.parent)
    with atomic_text(path) as handle:
        json.dump(asdict(settings), handle, indent=2)


def _from_json(stored: dict[str, Any]) -> UserSettings:
    defaults = UserSettings()
    known = {f.name: getattr(defaults, f.name) for f in fields(UserSettings)}
    kept = {name: _like(known[name], stored[name]) for name in known if name in stored}
    return _sane(replace(defaults, **{name: value for name, value in kept.items() if value is not None}))


def _like(default: object, value: object) -> Any:
    """The value in the type of the default, or None where it does not fit."""
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(str(entry) for entry in value)
    if isinstance(default, dict) and isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(min(max(value, -_ANY_NUMBER), _ANY_NUMBER))
    return value if type(value) is type(default) else None


def _sane(settings: UserSettings) -> UserSettings:
    return replace(
        settings,
        theme=settings.theme if settings.theme in THEMES else "system",
        zoom=min(ZOOM_STEPS, key=lambda step: abs(step - settings.zoom)),
        reading_moment=min(max(settings.reading_moment, 0.0), LONGEST_MOMENT),
        break_after=min(max(settings.break_after, 0), LONGEST_BREAK),
        second_press=min(max(settings.second_press, 0.0), LONGEST_SECOND_PRESS),
        folder="" if "\0" in settings.folder else settings.folder,
        recent=tuple(path for path in settings.recent if "\0" not in path)[:RECENT_KEPT],
    )
