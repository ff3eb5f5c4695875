"""One step of the self-test: what was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import FTCompareError, from_system


class Outcome(StrEnum):
    """What came of a step, as it is printed."""

    OK = "ok"
    WITHOUT = "without"  # the part is not installed, and the others do without it
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class SelfTestStep:
    """What was tried, what came of it, and what that means in words."""

    name: str
    outcome: Outcome
    detail: str

    @property
    def ok(self) -> bool:
        return self.outcome is not Outcome.FAILED


class PartMissingError(Exception):
    """The part that a step tries is not installed, by choice; says so in words."""


def tried(name: str, work: Callable[[], str]) -> SelfTestStep:
    """A step: ``work`` tells what it did, raises `PartMissingError`, or fails with the errors of the program.

    A library or a file that cannot be read is a fault of the installation, and no bug.
    """
    try:
        return SelfTestStep(name, Outcome.OK, work())
    except PartMissingError as missing:
        return SelfTestStep(name, Outcome.WITHOUT, str(missing))
    except OSError as error:
        return SelfTestStep(name, Outcome.FAILED, str(from_system(error)))
    except (FTCompareError, ImportError) as error:
        return SelfTestStep(name, Outcome.FAILED, str(error))
