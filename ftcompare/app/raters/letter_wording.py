"""The wording of letters that go with rater packs: texts with placeholders such as ``{name}``.

Values of placeholders that the owner left unchanged become placeholders again in the wording of the next
letter. Text ``[in square brackets]`` must be filled in by the owner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from ftcompare.app.raters.issued_packs import PackKind

_PLACEHOLDER = re.compile(r"\{(name|pairs|time|how|keys|result)\}")
_PIECE = re.compile(r"\w+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, or its wording with placeholders."""

    subject: str
    text: str


_SUBJECT = "Please judge {pairs} of answers"
_WHAT = (
    "Dear {name},",
    "please judge {pairs} of answers for me. You see a question and two answers to it, and say which one is "
    "better, that they are about equal, or that both are bad. You are not told where the answers come from, "
    "and the sides change from pair to pair. It takes {time} in all, in as many sittings as you like. {how}",
)
_KEYS = (
    "KEYS\n"
    "{keys}\n"
    "Ctrl+Z: take the last answer back, as often as you like. S: skip. C: comment. F: flag.\n"
    "Esc: pause. ?: all keys. Everything can be done with the mouse, too."
)
_END = (
    "Please send it back by: [date]\nQuestions: [your name, e-mail or telephone]",
    "Please talk with nobody about the answers until all of us are done. Thank you!",
)
_PAGE = (
    "TO BEGIN\n"
    "Save the attached file on your computer and open it by a double click, in Chrome, Edge, Firefox or "
    "Safari. Nothing is installed, and nothing is sent over the network.",
    "YOUR WORK\n"
    "Each answer is stored in that browser at once. To go on later, open the same file in the same browser; "
    "do not use a private window. “Save the result”, under Pause and at the end, writes a file "
    "with all that you have judged. Its name begins with {result} and ends with the number of pairs, the "
    "time and .ftresult. Save one now and then as a copy. To go on in another browser, or on "
    "another computer, open the page there and then that copy in it.",
    _KEYS,
    "WHEN YOU ARE DONE\n"
    "Save the result and send that file back to me; of several, send the newest file. Keep the page "
    "until I tell you that it has arrived. If you cannot judge everything, send the result all the same.",
)
_WINDOW = (
    "TO BEGIN\n"
    "Install FTCompare once: [where to get it, and how]\n"
    "Save the attached file on your computer and open it by a double click, or drop it on the window of "
    "FTCompare.",
    "YOUR WORK\n"
    "Each answer is stored in that same file at once. To go on later, open it again; to go on elsewhere, "
    "take the file with you.",
    _KEYS,
    "WHEN YOU ARE DONE\n"
    "Close FTCompare and send the same file back to me. Nothing else needs to be sent. If you cannot judge "
    "everything, send it all the same.",
)
DEFAULT = {
    PackKind.PAGE: Letter(_SUBJECT, "\n\n".join((*_WHAT, *_PAGE, *_END))),
    PackKind.WINDOW: Letter(_SUBJECT, "\n\n".join((*_WHAT, *_WINDOW, *_END))),
}


def filled(wording: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders by their values, in one pass."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], wording)


def reworded(wording: str, changed: str, values: Mapping[str, str]) -> str:
    """The wording of a text that was changed after it was filled.

    Unchanged values become placeholders again; a value that was changed, even in part, stays as changed.
    """
    before, spans, end = "", [], 0
    for found in _PLACEHOLDER.finditer(wording):
        before += wording[end : found.start()]
        spans.append((len(before), found[0], values[found[1]]))
        before, end = before + values[found[1]], found.end()
    before += wording[end:]
    kept = _kept_places(before, changed)
    out, done = "", 0
    for start, placeholder, value in spans:
        places = [kept.get(start + offset) for offset in range(len(value))]
        first = places[0] if places else None
        if first is None or first < done or places != list(range(first, first + len(value))):
            continue
        out, done = f"{out}{changed[done:first]}{placeholder}", first + len(value)
    return out + changed[done:]


def _kept_places(before: str, after: str) -> dict[int, int]:
    """Map each unchanged character to its position in the changed text; words are kept whole."""
    one, other = _PIECE.findall(before), _PIECE.findall(after)
    starts, others = _starts(one), _starts(other)
    blocks = SequenceMatcher(str.isspace, one, other, autojunk=False).get_matching_blocks()
    return {
        starts[block.a + number] + offset: others[block.b + number] + offset
        for block in blocks
        for number in range(block.size)
        for offset in range(len(one[block.a + number]))
    }


def _starts(pieces: list[str]) -> list[int]:
    starts, at = [], 0
    for piece in pieces:
        starts.append(at)
        at += len(piece)
    return starts
