"""The outcome of running the code of an answer with the tests of its prompt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CodeOutcome(StrEnum):
    """What came of it."""

    PASSED = "passed"
    FAILED = "failed"  # a test does not hold
    ERROR = "error"  # it cannot be compiled, raises another error, or ends before the tests are through
    TIME = "time"  # it was ended at the limit of time
    MEMORY = "memory"  # it asked for more memory than it may have
    NO_CODE = "no_code"  # the answer holds none


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What code of a model may use.

    Args:
        seconds: of the clock, and of a processor.
        memory_bytes: of address space.
        file_bytes: of all that it writes.
        open_files: at a time.
        threads: at a time; further processes it cannot have.
    """

    seconds: int = 10
    memory_bytes: int = 512 * 2**20
    file_bytes: int = 16 * 2**20
    open_files: int = 64
    threads: int = 32


CODE_LIMITS = CodeLimits()
"""Those of every study, so that results can be compared."""
