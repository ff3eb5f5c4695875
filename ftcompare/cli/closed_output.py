"""Output whose reader may go away before its end, as in ``ftcompare judges STUDY | head -1``.

What nobody reads is dropped, and the command goes on: its exit status is what it finds, so that a gate that
does not hold is told with ``set -o pipefail`` whatever its words are piped into, and no work is lost.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO


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
    if not isinstance(stream, io.TextIOWrapper) or stream.isatty():
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_DroppedUnread(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def outlive_readers() -> None:
    """Have this process go on where nobody reads its output any more."""
    sys.stdout, sys.stderr = map(outliving_its_reader, (sys.stdout, sys.stderr))
