"""Lists of phrases in TOML files beside this module, as patterns over the normal form of `refusal_rule`.

A file has a table of lists of regular expressions for each language; ``[words]`` defines parts, which
expressions name in braces (``{en_act}``). The normal form is in lower case, without punctuation except ` . `
at the end of a clause; English contractions are expanded (*can't* as *can not*), apostrophes are spaces, *ß*
is *ss*. A gap between two words matches letters and spaces only, so that it does not extend beyond a clause.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

Phrases = Mapping[str, re.Pattern[str]]
"""One pattern for each list of a language, by name; it matches whole words."""


@cache
def phrases(file: str) -> Mapping[str, Phrases]:
    """The patterns of a file by language."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    words = tomllib.loads(text).pop("words")
    for word, pattern in words.items():
        text = text.replace(f"{{{word}}}", pattern)
    lists = {language: own for language, own in tomllib.loads(text).items() if language != "words"}
    return {
        language: {name: re.compile(rf"(?<!\w)(?:{'|'.join(one)})(?!\w)") for name, one in own.items()}
        for language, own in lists.items()
    }
