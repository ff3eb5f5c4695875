"""Every command of the window as data: id, title, keys, menu, and when it is available."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
    note: str = ""  # the flag or number of `PairNotes` whose next value it chooses

    @property
    def shown(self) -> str:
        """The title in the present language."""
        return tr(self.title, number=self.id.rpartition("_")[2])


FILE, EDIT, VIEW, STUDY, HELP, RATE = N_("File"), N_("Edit"), N_("View"), N_("Study"), N_("Help"), ""
MENUS = (FILE, EDIT, VIEW, STUDY, HELP)

NUMBERS = 9
"""Number of number keys on the rating page, for criteria, reasons, and the certainty of a guess."""

COMMANDS: tuple[Command, ...] = (
    Command("study.new", N_("New study…"), "Ctrl+N", FILE),
    Command("study.open", N_("Open…"), "Ctrl+O", FILE),
    Command("study.open_pack", N_("Open a rater pack…"), "", FILE),
    Command("study.open_folder", N_("Open an exported study folder…"), "", FILE),
    Command("study.demo", N_("Try the demo"), "", FILE),
    Command("study.save_copy", N_("Save a copy…"), "Ctrl+Shift+S", FILE, When.STUDY_OPEN, 1),
    Command("study.import", N_("Import…"), "Ctrl+I", FILE, group=1),
    Command("study.close", N_("Close"), "Ctrl+W", FILE, When.FILE_OPEN, 2),
    Command("app.quit", N_("Quit"), "Ctrl+Q", FILE, group=2),
    Command("rate.undo", N_("Undo"), "Ctrl+Z", EDIT, When.RATING),
    Command("view.find", N_("Find…"), "Ctrl+F", EDIT, When.FILE_OPEN, 1),
    Command("app.rating_settings", N_("Settings for rating…"), "", EDIT, group=2),
    Command("view.zoom_in", N_("Larger text"), "Ctrl++", VIEW),
    Command("view.zoom_out", N_("Smaller text"), "Ctrl+-", VIEW),
    Command("view.zoom_reset", N_("Normal text size"), "Ctrl+0", VIEW),
    Command("view.theme_system", N_("Follow the system's colors"), "", VIEW, group=1),
    Command("view.theme_light", N_("Light colors"), "", VIEW, group=1),
    Command("view.theme_dark", N_("Dark colors"), "", VIEW, group=1),
    Command("app.language", N_("Language…"), "", VIEW, group=2),
    Command("view.full_screen", N_("Full screen"), "F11", VIEW, group=2),
    Command("page.setup", N_("Setup"), "Ctrl+1", STUDY, When.STUDY_OPEN),
    Command("page.generate", N_("Generate"), "Ctrl+2", STUDY, When.STUDY_OPEN),
    Command("page.rate", N_("Rate"), "Ctrl+3", STUDY, When.FILE_OPEN),
    Command("page.live", N_("Live"), "Ctrl+4", STUDY, When.STUDY_OPEN),
    Command("page.raters", N_("Raters"), "Ctrl+5", STUDY, When.STUDY_OPEN),
    Command("page.results", N_("Results"), "Ctrl+6", STUDY, When.STUDY_OPEN),
    Command("page.review", N_("Review"), "Ctrl+7", STUDY, When.STUDY_OPEN),
    Command("page.export", N_("Export"), "Ctrl+8", STUDY, When.STUDY_OPEN),
    Command("study.make_pack", N_("Make a rater pack…"), "", STUDY, When.STUDY_OPEN, 1),
    Command("study.merge_packs", N_("Merge rater packs…"), "", STUDY, When.STUDY_OPEN, 1),
    Command("study.seal", N_("Plan…"), "", STUDY, When.STUDY_OPEN, 2),
    Command("study.unblind", N_("Unblind…"), "", STUDY, When.RATING_OPEN, 2),
    Command("study.next", N_("Continue with the next checkpoint…"), "", STUDY, When.STUDY_OPEN, 2),
    Command("page.audit", N_("Audit log"), "Ctrl+9", STUDY, When.STUDY_OPEN, 3),
    Command("study.evidence", N_("Save evidence…"), "", STUDY, When.STUDY_OPEN, 3),
    Command("study.check", N_("Check integrity"), "", STUDY, When.STUDY_OPEN, 3),
    Command("app.manual", N_("Manual"), "F1", HELP),
    Command("app.words", N_("Words and their meanings"), "", HELP),
    Command("app.keys", N_("Keys…"), "Shift+F1", HELP),
    Command("app.palette", N_("All commands…"), "Ctrl+Shift+P", HELP),
    Command("app.about", N_("About FTCompare"), "", HELP, group=1),
    Command("rate.left", N_("Left is better"), "Left", RATE, When.RATING),
    Command("rate.right", N_("Right is better"), "Right", RATE, When.RATING),
    Command("rate.left_much", N_("Left is much better"), "Shift+Left", RATE, When.RATING),
    Command("rate.right_much", N_("Right is much better"), "Shift+Right", RATE, When.RATING),
    Command("rate.left_slightly", N_("Left is slightly better"), "Ctrl+Left", RATE, When.RATING),
    Command("rate.right_slightly", N_("Right is slightly better"), "Ctrl+Right", RATE, When.RATING),
    Command("rate.tie", N_("About equal"), "Down", RATE, When.RATING),
    Command("rate.both_bad", N_("Both bad"), "Up", RATE, When.RATING),
    Command("rate.rank", N_("Save this order"), "Return", RATE, When.RATING),
    *(
        Command(
            f"rate.criterion_{number}", N_("Criterion or reason {number}"), str(number), RATE, When.RATING
        )
        for number in range(1, NUMBERS + 1)
    ),
    Command("rate.reasons", N_("Reasons"), "R", RATE, When.RATING),
    Command("rate.comment", N_("Comment"), "C", RATE, When.RATING),
    Command("rate.skip", N_("Skip"), "S", RATE, When.RATING),
    Command("rate.flag", N_("Flag"), "F", RATE, When.RATING, note="flagged"),
    Command("rate.wrong_left", N_("Left goes wrong"), "Q", RATE, When.RATING),
    Command("rate.wrong_right", N_("Right goes wrong"), "W", RATE, When.RATING),
    Command("rate.markdown", N_("Markdown or plain text"), "M", RATE, When.RATING),
    Command("rate.prompt", N_("More or less of the prompt"), "P", RATE, When.RATING),
    Command("rate.scroll_prompt", N_("Scroll the prompt"), "N", RATE, When.RATING),
    Command("rate.reference", N_("Reference answer"), "E", RATE, When.RATING),
    Command("rate.context", N_("Context"), "X", RATE, When.RATING),
    Command("rate.steps", N_("Steps or fields"), "H", RATE, When.RATING),
    Command("rate.differences", N_("Highlight differing words"), "D", RATE, When.RATING),
    Command("rate.scroll_together", N_("Scroll together or apart"), "T", RATE, When.RATING),
    Command("rate.answers", N_("My answers"), "L", RATE, When.RATING),
    Command("rate.instructions", N_("Instructions"), "I", RATE, When.RATING),
    Command("rate.pause", N_("Pause"), "Esc", RATE, When.RATING),
    Command("rate.keys", N_("All keys"), "?", RATE, When.RATING),
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
    (N_("Scroll by page or part"), "Page Up … Page Down"),
    (N_("Start or end of both texts"), "Home … End"),
    (N_("Scroll wide tables and code sideways"), "Alt+Left … Alt+Right"),
)
"""The other keys for reading, with their effects."""

_MAKING_STUDIES = (
    "study.new",
    "study.import",
    "study.open_pack",
    "study.open_folder",
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
