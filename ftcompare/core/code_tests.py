"""The outcome of running the code of an answer with the tests of its prompt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CodeOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"  # a test does not hold
    ERROR = "error"  # the code does not compile, raises another error, or exits before all tests have run
    TIME = "time"  # the run was stopped at the time limit
    MEMORY = "memory"  # the code asked for more memory than the limit
    NO_CODE = "no_code"  # the answer contains no code


@dataclass(frozen=True, slots=True)
class CodeLimits:
    seconds: int = 10  # limit of wall-clock time, and of processor time
    memory_bytes: int = 512 * 2**20  # limit of the address space
    file_bytes: int = 16 * 2**20  # limit of all bytes that the code writes to files
    open_files: int = 64  # maximum number of files open at the same time
    threads: int = 32  # maximum number of threads at the same time; the code cannot start other processes


CODE_LIMITS = CodeLimits()  # the limits of every study, so that results can be compared
