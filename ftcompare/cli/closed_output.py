r"""Standard output and error: they can hold any character, and their reader may go away.

Output into a file or a pipe is UTF-8 on every system, unless ``PYTHONIOENCODING`` names another encoding: the
default encoding of Windows lacks most characters. Where an encoding lacks a sign of the program, a plain
substitute is written, such as ``->`` for an arrow; any other character is written as ``\uXXXX``.

A reader may go away before the end, as in ``ftcompare judges STUDY | head -1``. What nobody reads is dropped,
and the command goes on, so that no work is lost and its exit status is what it finds. A gate that does not
hold ends with its own status under ``set -o pipefail``, too.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any, TextIO

ESCAPED = "ftcompare-escaped"
"""Name of the error handler of `_escaped`."""

_PLAIN = {
    **dict.fromkeys("−–—", "-"),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "→": "->",
    "…": "...",
    "·": "-",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "±": "+/-",
    "²": "^2",
    "½": "1/2",
    "α": "alpha",
    "κ": "kappa",
    "Δ": "Delta",
    "✓": "yes",
    "✗": "no",
    "█": "#",
    "░": ".",
}
"""The signs that the program itself writes, with their plain substitutes."""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Return the characters that an encoding lacks as `_PLAIN` has them.

    Other characters become ``\uXXXX`` with surrogate pairs, as JSON reads them.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character) or _spelled(character) for character in lacking), error.end


def _spelled(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


codecs.register_error(ESCAPED, _escaped)


class _DroppedUnread(io.FileIO):
    """A pipe into which writing never fails because its other end is closed."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            if isinstance(error, BrokenPipeError):
                return memoryview(data).nbytes
            raise  # told once; what is left in the buffer is dropped when the program ends


def outliving_its_reader(stream: TextIO) -> TextIO:
    """The stream; of a pipe or file another on its descriptor that takes all that is written to it."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if stream.isatty():
        stream.reconfigure(errors=ESCAPED)
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_DroppedUnread(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding if os.environ.get("PYTHONIOENCODING") else "utf-8",
        errors=ESCAPED,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def outlive_readers() -> None:
    """Have this process go on where nobody reads its output any more."""
    sys.stdout, sys.stderr = map(outliving_its_reader, (sys.stdout, sys.stderr))
