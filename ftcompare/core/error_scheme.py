"""The kinds of errors that experts mark in answers, and the weight of each severity."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.hashing import Json, digest


@dataclass(frozen=True, slots=True)
class ErrorType:
    key: str  # how marks name it: lower-case letters, digits, ``-``, and ``/`` between a type and its subtype
    label: str  # name for people
    note: str = ""  # one sentence on when to use it; may be empty
    spanless: bool = False  # the error is missing text, so a mark may be empty (``start`` equal to ``end``)


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad an error is."""

    key: str  # how marks name it
    label: str  # name for people
    weight: float  # what one such error adds to the error score, 0 or more


@dataclass(frozen=True, slots=True)
class ErrorScheme:
    """The types and severities that a mark may use. Keys are unique within each; neither is empty."""

    name: str
    types: tuple[ErrorType, ...]
    severities: tuple[Severity, ...]

    def error_type(self, key: str) -> ErrorType | None:
        return next((found for found in self.types if found.key == key), None)

    def severity(self, key: str) -> Severity | None:
        return next((found for found in self.severities if found.key == key), None)

    def digest(self) -> str:
        """Return the SHA-256 digest of the scheme, as the audit log records it."""
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
"""The default error scheme, with dimensions and weights after MQM, https://themqm.org."""
