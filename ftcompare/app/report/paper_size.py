"""The paper size of a PDF, and the usual size by region."""

from __future__ import annotations

import locale
import os
import re
from collections.abc import Mapping
from enum import StrEnum


class PaperSize(StrEnum):
    """Available sizes. The value is the name on the command line and in fpdf2."""

    A4 = "a4"
    LETTER = "letter"


LETTER_TERRITORIES = frozenset(
    {"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"}
)
"""Territories that use Letter; all others use A4 (Unicode CLDR 48, supplemental data, ``paperSize``)."""

_LETTER_COUNTRIES = frozenset({"united states", "canada", "mexico", "puerto rico", "philippines", "colombia"})
"""Windows' names of the largest of them, as in ``English_United States``."""

_VARIABLES = ("LC_ALL", "LC_PAPER", "LANG")
"""Environment variables for the locale, by priority (POSIX; ``LC_PAPER`` is GNU's)."""


def paper_of(name: str) -> PaperSize:
    """The size for a locale such as ``en_US.UTF-8``, ``fr-CA``, ``English_United States``; A4 by default."""
    territory = re.split(r"[_-]", name.partition(".")[0].partition("@")[0])[-1]
    letter = territory in LETTER_TERRITORIES or territory.casefold() in _LETTER_COUNTRIES
    return PaperSize.LETTER if letter else PaperSize.A4


def usual_paper(environment: Mapping[str, str] = os.environ, system: str | None = None) -> PaperSize:
    """The size by the environment variables, else by the system's locale."""
    said = next((environment[key] for key in _VARIABLES if environment.get(key)), "")
    if said in ("", "C", "POSIX", "C.UTF-8"):
        said = (locale.getlocale()[0] or "") if system is None else system
    return paper_of(said)
