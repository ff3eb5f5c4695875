"""The kinds of errors that experts mark in answers, and the weight of each severity."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.hashing import Json, digest


@dataclass(frozen=True, slots=True)
class ErrorType:
    """One kind of error.

    Args:
        key: how marks name it: lower-case letters, digits, ``-`` and ``/`` between a kind and its finer one.
        label: for people.
        note: when to use it, one sentence; may be empty.
        spanless: something is missing from the text, so a mark may stand between two characters.
    """

    key: str
    label: str
    note: str = ""
    spanless: bool = False


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad an error is.

    Args:
        key: how marks name it.
        label: for people.
        weight: what one such error adds to the score, 0 or more.
    """

    key: str
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class ErrorScheme:
    """What a mark may say. Keys are unique among types and among severities; there is one of each or more."""

    name: str
    types: tuple[ErrorType, ...]
    severities: tuple[Severity, ...]

    def error_type(self, key: str) -> ErrorType | None:
        """The type of a key; None for an unknown one."""
        return next((found for found in self.types if found.key == key), None)

    def severity(self, key: str) -> Severity | None:
        """The severity of a key; None for an unknown one."""
        return next((found for found in self.severities if found.key == key), None)

    def digest(self) -> str:
        """What the audit log holds of the scheme."""
        types: list[Json] = [[kind.key, kind.label, kind.note, kind.spanless] for kind in self.types]
        severities: list[Json] = [[level.key, level.label, float(level.weight)] for level in self.severities]
        return digest("error-scheme", [self.name, types, severities])


MQM_CORE = ErrorScheme(
    "MQM core",
    (
        ErrorType("terminology", "Terminology", "A wrong, inconsistent or deprecated term."),
        ErrorType("accuracy", "Accuracy", "A wrong fact, a contradiction, or what nothing supports."),
        ErrorType("omission", "Omission", "Something that the answer had to say is missing.", spanless=True),
        ErrorType("addition", "Addition", "Something that nobody asked for."),
        ErrorType("style", "Style", "A wrong register, or awkward words."),
        ErrorType("locale", "Locale", "Dates, units or conventions of another place."),
        ErrorType("unsafe", "Unsafe", "Advice that may do harm."),
    ),
    (
        Severity("neutral", "Neutral", 0),
        Severity("minor", "Minor", 1),
        Severity("major", "Major", 5),
        Severity("critical", "Critical", 25),
    ),
)
"""The scheme of a study that has none of its own: dimensions and weights after MQM, https://themqm.org."""
