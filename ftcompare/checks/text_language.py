"""Detects the language of a text, without network."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

LEAST_LETTERS = 20
"""Minimum number of letters for a detection. `benchmarks/language_detection.py` measures its accuracy."""
LEAST_SURE = 0.7  # minimum probability of the most likely language for a detection
MAX_READ = 10_000  # maximum number of characters read: more do not improve the detection

SAME_LANGUAGE = {"wuu": "zh", "yue": "zh", "ary": "ar", "arz": "ar", "nn": "no", "uzs": "uz"}
"""Languages that the detector distinguishes within one ISO 639-1 code."""
NO_LANGUAGE = "zxx"

_NO_PROSE = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,}).*?(?:^[ ]{0,3}(?P=fence)[ \t]*$|\Z)"  # code
    r"|`[^`\n]+`|\bhttps?://\S+|\$\$.+?\$\$|\\\[.+?\\\]",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """The most likely language of a text."""

    code: str  # ISO 639-1, or 639-3 for a language without such a code
    sure: float  # its probability, 0 to 1
    letters: int  # number of letters of the text, without code, formulas and web addresses

    @property
    def told(self) -> bool:
        """Whether the text is long enough and the language likely enough for a detection."""
        return self.letters >= LEAST_LETTERS and self.sure >= LEAST_SURE and self.code != NO_LANGUAGE


def detected_language(text: str) -> DetectedLanguage:
    """The most likely language of the start of a text, by py3langid (Lui & Baldwin 2012, "langid.py")."""
    prose = _NO_PROSE.sub(" ", text[:MAX_READ])
    shares: defaultdict[str, float] = defaultdict(float)
    for code, share in _detector().rank(prose):
        shares[SAME_LANGUAGE.get(code, code)] += share
    code = max(shares, key=lambda one: shares[one])
    return DetectedLanguage(code, shares[code], sum(map(str.isalpha, prose)))


def told_languages() -> frozenset[str]:
    """The codes that a detection can have."""
    return frozenset(SAME_LANGUAGE.get(code, code) for code in _detector().labels) - {NO_LANGUAGE}


@cache
def _detector() -> Any:
    """The detector; loading it takes about half a second, so it is loaded on first use."""
    langid = import_module("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
