r"""Finds mathematics in Markdown: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]`` and amsmath environments."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

_CLOSED_BY = {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list", "footnote_def"]}
"""Rule options by which a formula on its own lines needs no blank line before it."""

_MATHEMATICAL = re.compile(r"\\[A-Za-z]|[\^_=<>+]")
_AMOUNT = re.compile(r"\d[\d.,]*\s*(?:[A-Za-z]{2,}|[-–—/])[^\\^_=]*$")


def add_mathematics(parser: MarkdownIt) -> None:
    """Make a parser emit the tokens ``math_inline``, ``math_inline_double``, ``math_block`` and ``amsmath``.

    Each token has the formula as its content and the opening delimiter as its markup (empty for ``amsmath``).
    """
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    parser.use(amsmath_plugin)
    # The plugin's own block rule (0.7.0) cannot end a paragraph: it emits tokens even in silent mode.
    parser.block.ruler.at("math_block", _block, _INTERRUPTS)
    parser.inline.ruler.before("escape", "math_brackets", _bracket_inline)


def is_amount(tex: str) -> bool:
    """Whether the text between two dollar signs is an amount of money followed by words."""
    return _AMOUNT.match(tex) is not None


def _bracket_inline(state: StateInline, silent: bool) -> bool:
    r"""``\(…\)``, and ``\[…\]`` that looks like mathematics: elsewhere it is an escaped bracket."""
    opened = state.src[state.pos : state.pos + 2]
    closed = _CLOSED_BY.get(opened, "")
    if closed in ("", "$$"):
        return False
    end = state.src.find(closed, state.pos + 2, state.posMax)
    tex = state.src[state.pos + 2 : end] if end >= 0 else ""
    if not tex.strip() or (opened == "\\[" and not _MATHEMATICAL.search(tex)):
        return _as_written(state, opened, silent)
    if not silent:
        token = state.push("math_inline" if opened == "\\(" else "math_inline_double", "math", 0)
        token.content, token.markup = tex, opened
    state.pos = end + 2
    return True


def _as_written(state: StateInline, opened: str, silent: bool) -> bool:
    """A delimiter without its partner keeps its backslash; an escaped square bracket loses it."""
    if opened == "\\[":
        return False
    if not silent:
        state.pending += opened
    state.pos += 2
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""``$$`` or ``\[`` at the beginning of a line up to the closing delimiter at the end of a line."""
    opened = _line(state, start)[:2]
    closed = _CLOSED_BY.get(opened, "")
    if state.is_code_block(start) or closed not in ("$$", "\\]"):
        return False
    last = _last_line(state, start, end, closed)
    if last < 0:
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        lines = state.getLines(start, last + 1, state.sCount[start], keepLastLF=False)
        token.content, token.markup = lines.strip()[2:-2], opened
        token.block, token.map = True, [start, last + 1]
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, closed: str) -> int:
    """The last line of a block of mathematics; -1 where there is no closing delimiter."""
    for number in range(start, end):
        line = _line(state, number)
        if not line or state.sCount[number] < state.blkIndent:
            return -1
        if closed in (line[2:] if number == start else line):
            return number if line.endswith(closed) else -1
    return -1


def _line(state: StateBlock, number: int) -> str:
    """A line without its indentation and trailing blanks."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
