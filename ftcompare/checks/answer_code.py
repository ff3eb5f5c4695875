"""Extracts the code from an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)")
_PYTHON = frozenset(("python", "py", "python3"))


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """Code of an answer."""

    text: str  # the code; may be empty
    fenced: bool  # whether it was in a fenced block; if not, it is the whole answer


def answer_code(text: str) -> AnswerCode:
    """The first fenced block labelled as Python, else the first fenced block, else the whole answer.

    An unclosed block extends to the end, as in CommonMark; a closing line has at least as many of the same
    fence characters and no text after them.
    """
    blocks = _blocks(text)
    python = next((block for language, block in blocks if language in _PYTHON), None)
    first = next((block for _, block in blocks), None)
    found = first if python is None else python
    return AnswerCode(text, fenced=False) if found is None else AnswerCode(found, fenced=True)


def _blocks(text: str) -> list[tuple[str, str]]:
    """The language and the content of each fenced block."""
    found: list[tuple[str, list[str]]] = []
    mark = ""
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if not mark:
            if fence:
                mark = fence[1]
                found.append((fence[2].lower(), []))
        elif fence and fence[1].startswith(mark) and not line.strip().strip(mark[0]):
            mark = ""
        else:
            found[-1][1].append(line)
    return [(language, "".join(lines)) for language, lines in found]
