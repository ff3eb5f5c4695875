"""Every command of the window as data: id, title, keys, menu, and when it is available."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError
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
    note: str = ""  # the flag or number of `PairNotes` whose next value it chooses


FILE, EDIT, VIEW, STUDY, HELP, RATE = "File", "Edit", "View", "Study", "Help", ""
MENUS = (FILE, EDIT, VIEW, STUDY, HELP)

NUMBERS = 9
"""Number of number keys on the rating page, for criteria, reasons, and the certainty of a guess."""

COMMANDS: tuple[Command, ...] = (
    Command("study.new", "New study…", "Ctrl+N", FILE),
    Command("study.open", "Open…", "Ctrl+O", FILE),
    Command("study.open_pack", "Open a rater pack…", "", FILE),
    Command("study.open_folder", "Open an exported study folder…", "", FILE),
    Command("study.demo", "Try the demo", "", FILE),
    Command("study.save_copy", "Save a copy…", "Ctrl+Shift+S", FILE, When.STUDY_OPEN, 1),
    Command("study.import", "Import…", "Ctrl+I", FILE, When.STUDY_OPEN, 1),
    Command("study.close", "Close", "Ctrl+W", FILE, When.FILE_OPEN, 2),
    Command("app.quit", "Quit", "Ctrl+Q", FILE, group=2),
    Command("rate.undo", "Undo", "Ctrl+Z", EDIT, When.RATING),
    Command("view.find", "Find…", "Ctrl+F", EDIT, When.FILE_OPEN, 1),
    Command("app.rating_settings", "Settings for rating…", "", EDIT, group=2),
    Command("view.zoom_in", "Larger text", "Ctrl++", VIEW),
    Command("view.zoom_out", "Smaller text", "Ctrl+-", VIEW),
    Command("view.zoom_reset", "Normal text size", "Ctrl+0", VIEW),
    Command("view.theme_system", "Follow the system's colors", "", VIEW, group=1),
    Command("view.theme_light", "Light colors", "", VIEW, group=1),
    Command("view.theme_dark", "Dark colors", "", VIEW, group=1),
    Command("view.full_screen", "Full screen", "F11", VIEW, group=2),
    Command("page.setup", "Setup", "Ctrl+1", STUDY, When.STUDY_OPEN),
    Command("page.generate", "Generate", "Ctrl+2", STUDY, When.STUDY_OPEN),
    Command("page.rate", "Rate", "Ctrl+3", STUDY, When.FILE_OPEN),
    Command("page.live", "Live", "Ctrl+4", STUDY, When.STUDY_OPEN),
    Command("page.raters", "Raters", "Ctrl+5", STUDY, When.STUDY_OPEN),
    Command("page.results", "Results", "Ctrl+6", STUDY, When.STUDY_OPEN),
    Command("page.review", "Review", "Ctrl+7", STUDY, When.STUDY_OPEN),
    Command("page.export", "Export", "Ctrl+8", STUDY, When.STUDY_OPEN),
    Command("study.make_pack", "Make a rater pack…", "", STUDY, When.STUDY_OPEN, 1),
    Command("study.merge_packs", "Merge rater packs…", "", STUDY, When.STUDY_OPEN, 1),
    Command("study.unblind", "Unblind…", "", STUDY, When.RATING_OPEN, 2),
    Command("page.audit", "Audit log", "Ctrl+9", STUDY, When.STUDY_OPEN, 3),
    Command("study.check", "Check integrity", "", STUDY, When.STUDY_OPEN, 3),
    Command("app.manual", "Manual", "F1", HELP),
    Command("app.words", "Words and their meanings", "", HELP),
    Command("app.keys", "Keys…", "Shift+F1", HELP),
    Command("app.palette", "All commands…", "Ctrl+Shift+P", HELP),
    Command("app.about", "About FTCompare", "", HELP, group=1),
    Command("rate.left", "Left is better", "Left", RATE, When.RATING),
    Command("rate.right", "Right is better", "Right", RATE, When.RATING),
    Command("rate.left_much", "Left is much better", "Shift+Left", RATE, When.RATING),
    Command("rate.right_much", "Right is much better", "Shift+Right", RATE, When.RATING),
    Command("rate.left_slightly", "Left is slightly better", "Ctrl+Left", RATE, When.RATING),
    Command("rate.right_slightly", "Right is slightly better", "Ctrl+Right", RATE, When.RATING),
    Command("rate.tie", "About equal", "Down", RATE, When.RATING),
    Command("rate.both_bad", "Both bad", "Up", RATE, When.RATING),
    *(
        Command(f"rate.criterion_{number}", f"Criterion or reason {number}", str(number), RATE, When.RATING)
        for number in range(1, NUMBERS + 1)
    ),
    Command("rate.reasons", "Reasons", "R", RATE, When.RATING),
    Command("rate.comment", "Comment", "C", RATE, When.RATING),
    Command("rate.skip", "Skip", "S", RATE, When.RATING),
    Command("rate.flag", "Flag", "F", RATE, When.RATING, note="flagged"),
    Command("rate.markdown", "Markdown or plain text", "M", RATE, When.RATING),
    Command("rate.prompt", "More or less of the prompt", "P", RATE, When.RATING),
    Command("rate.scroll_prompt", "Scroll the prompt", "N", RATE, When.RATING),
    Command("rate.reference", "Reference answer", "E", RATE, When.RATING),
    Command("rate.context", "Context", "X", RATE, When.RATING),
    Command("rate.differences", "Highlight differing words", "D", RATE, When.RATING),
    Command("rate.scroll_together", "Scroll together or apart", "T", RATE, When.RATING),
    Command("rate.answers", "My answers", "L", RATE, When.RATING),
    Command("rate.instructions", "Instructions", "I", RATE, When.RATING),
    Command("rate.pause", "Pause", "Esc", RATE, When.RATING),
    Command("rate.keys", "All keys", "?", RATE, When.RATING),
)

NOTE_COMMANDS = tuple(command for command in COMMANDS if command.note)


def noted(notes: PairNotes[Choice]) -> list[str]:
    """Return the notes that were chosen with `NOTE_COMMANDS`, as in a list of answers."""
    given = ((NOTES[one.note], getattr(notes, one.note)) for one in NOTE_COMMANDS)
    return [n.title if value is True else f"{n.title}: {value}" for n, value in given if value != n.default]


KEY_GROUPS = ("Answer", "This pair", "Read")
"""Groups of the keys for rating, in their order."""

_SHOWING = "markdown prompt scroll_prompt reference context differences scroll_together"
READING = frozenset(f"rate.{name}" for name in _SHOWING.split())
"""Commands on how a pair is shown."""

SCROLLING = (
    ("Scroll both texts", "Space"),
    ("Scroll back", "Shift+Space"),
    ("Scroll by page or part", "Page Up … Page Down"),
    ("Start or end of both texts", "Home … End"),
    ("Scroll wide tables and code sideways", "Alt+Left … Alt+Right"),
)
"""The other keys for reading, with their effects."""

_MAKING_STUDIES = ("study.new", "study.open_pack", "study.open_folder", "study.demo", "page.rate")
"""Commands that need no open study and are still hidden from people who only rate packs."""

RATER_COMMANDS: tuple[Command, ...] = tuple(
    command
    for command in COMMANDS
    if command.when is not When.STUDY_OPEN and command.id not in _MAKING_STUDIES
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
            what = f"{keys[command.id]} is used by both “{taken[chosen].title}” and “{command.title}”."
            raise UserError(what, how="Choose other keys for one of them.", code="shortcut-conflict")
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
        problem = f"{keys} is for moving around the window, so “{command.title}” cannot have it."
    elif command.when is not When.RATING:
        problem = f"{keys} alone is for typing and rating, so “{command.title}” cannot have it."
    else:
        return
    raise UserError(problem, how="Add Ctrl or Alt, or choose a function key.", code="shortcut-reserved")
