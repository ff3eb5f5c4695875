"""Every command of the window as data: id, title, keys, menu, and when it is available."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.language import N_, named_value, tr
from ftcompare.core.rating_rules import WRONG_FROM
from ftcompare.core.scale import Choice
from ftcompare.core.study import NOTES, PairNotes


class When(StrEnum):
    """When a command is available; STUDY_OPEN and RATING_OPEN exclude a pack, FILE_OPEN includes it."""

    ALWAYS = "always"
    STUDY_OPEN = "study_open"
    RATING_OPEN = "rating_open"
    FILE_OPEN = "file_open"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Command:
    id: str  # permanent dotted id: the area and the action
    title: str
    keys: str = ""  # key sequence in Qt's portable form; empty for none
    menu: str = ""  # title of its menu; empty for a command of the palette only
    when: When = When.ALWAYS  # when it is available
    group: int = 0  # commands with equal numbers are adjacent; a line separates groups
    help: str = ""  # longer title for lists of keys and tooltips
    note: str = ""  # the flag or number of `PairNotes` whose next value it chooses

    @property
    def shown(self) -> str:
        """The title in the present language."""
        return tr(self.title, number=self.id.rpartition("_")[2])


FILE, EDIT, VIEW, STUDY, HELP, RATE = N_("File"), N_("Edit"), N_("View"), N_("Study"), N_("Help"), ""
MENUS = (FILE, EDIT, VIEW, STUDY, HELP)

NUMBERS = 9
"""Number of number keys on the rating page, for criteria, reasons, and the certainty of a guess."""

_COMMANDS = tomllib.loads(Path(__file__).with_name("commands.toml").read_text("utf-8"))
COMMANDS = tuple(
    Command(name, when=When(attributes.pop("when", When.ALWAYS)), **attributes)
    for name, attributes in _COMMANDS.items()
)

NOTE_COMMANDS = tuple(command for command in COMMANDS if command.note)

WRONG_COMMANDS = {"rate.wrong_left": Choice.LEFT, "rate.wrong_right": Choice.RIGHT}
"""The commands that say at which turn a side of a conversation goes wrong."""


def noted(notes: PairNotes[Choice]) -> list[str]:
    """Return the notes that were chosen with `NOTE_COMMANDS`, and the turns, as in a list of answers."""
    given = ((NOTES[one.note], getattr(notes, one.note)) for one in NOTE_COMMANDS)
    chosen = [(tr(note.title), value) for note, value in given if value != note.default]
    words = [title if value is True else named_value(title, value) for title, value in chosen]
    return words + [tr(WRONG_FROM[side], turn) for side, turn in notes.wrong_turns]


KEY_GROUPS = (N_("Judge"), N_("This pair"), N_("Read"))
"""Groups of the keys for rating, in their order."""

_SHOWING = "markdown prompt scroll_prompt reference context differences scroll_together"
READING = frozenset(f"rate.{name}" for name in _SHOWING.split())
"""Commands on how a pair is shown."""

KEY_NAMES = {
    "Return": N_("Enter"),
    "PgUp": N_("Page Up"),
    "PgDown": N_("Page Down"),
    "Space": N_("Space"),
    "Home": N_("Home"),
    "End": N_("End"),
    "Esc": N_("Esc"),
    "Del": N_("Del"),
    "Shift": N_("Shift"),
    "Ctrl": N_("Ctrl"),
}
"""Keys of Qt with their names on keyboards, which differ between languages."""

SCROLLING = (
    (N_("Scroll both texts"), "Space"),
    (N_("Scroll back"), "Shift+Space"),
    (N_("Scroll by page"), "Page Up / Page Down"),
    (N_("Start or end of both texts"), "Home / End"),
    (N_("Scroll wide tables and code sideways"), "Alt+Left / Alt+Right"),
)
"""The other keys for reading, with their effects."""

_MAKING_STUDIES = (
    "study.new",
    "study.import",
    "study.open_pack",
    "study.demo",
    "page.rate",
)
"""Commands that need no open study and are still hidden from people who only rate packs."""

RATER_COMMANDS: tuple[Command, ...] = tuple(
    command
    for command in COMMANDS
    if command.when not in (When.STUDY_OPEN, When.RATING_OPEN) and command.id not in _MAKING_STUDIES
)
"""Commands of the program for raters; there, ``study.open`` opens a pack."""


RENAMED = {"page.terms": "page.review"}
"""Command ids in settings of earlier versions, with their present ids."""


def effective_keys(changed: Mapping[str, str]) -> dict[str, str]:
    """The key sequence of each command id, with the user's changes.

    Raises `UserError`: ``shortcut-conflict`` for equal keys of two commands; ``shortcut-reserved`` for keys
    that are needed for typing or navigation.
    """
    changed = {RENAMED.get(name, name): keys for name, keys in changed.items()}
    keys = {c.id: changed.get(c.id, c.keys) for c in COMMANDS}
    taken: dict[str, Command] = {}
    for command in COMMANDS:
        if keys[command.id] != command.keys:
            _refuse_reserved(command, keys[command.id])
        chosen = keys[command.id].casefold()
        if chosen and chosen in taken:
            what = tr(
                "{keys} is used by both “{one}” and “{other}”.",
                keys[command.id],
                taken[chosen].shown,
                command.shown,
            )
            raise UserError(what, how=tr("Choose other keys for one of them."), code="shortcut-conflict")
        taken[chosen] = command
    return keys


_MOVING = frozenset({"tab", "backtab", "return", "enter", "space", "pgup", "pgdown"})
_FUNCTION_KEY = re.compile(r"f[1-9][0-9]?")


def _refuse_reserved(command: Command, keys: str) -> None:
    """Refuse keys without modifiers, since they type or navigate; the rating page may use them."""
    spelled = f"{keys[:-1]}plus" if keys.endswith("+") else keys
    *held, key = spelled.casefold().split("+")
    if not key or {"ctrl", "alt", "meta"} & set(held) or _FUNCTION_KEY.fullmatch(key):
        return
    if key in _MOVING:
        problem = N_("{keys} is for moving around the window, so “{command}” cannot have it.")
    elif command.when is not When.RATING:
        problem = N_("{keys} alone is for typing and rating, so “{command}” cannot have it.")
    else:
        return
    what = tr(problem, keys=keys, command=command.shown)
    raise UserError(what, how=tr("Add Ctrl or Alt, or choose a function key."), code="shortcut-reserved")
