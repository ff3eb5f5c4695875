"""Splits a text into words with offsets, and computes a key that is equal for spellings of one word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import Stemmer

from ftcompare.core.word_characters import APOSTROPHES, JOINERS, UNSPACED

_STEMMERS = (
    "ar:arabic ca:catalan cs:czech da:danish de:german el:greek en:english eo:esperanto es:spanish "
    "et:estonian eu:basque fa:persian fi:finnish fr:french ga:irish hi:hindi hu:hungarian hy:armenian "
    "id:indonesian it:italian lt:lithuanian nb:norwegian ne:nepali nl:dutch nn:norwegian no:norwegian "
    "pl:polish pt:portuguese ro:romanian ru:russian sr:serbian sv:swedish ta:tamil tr:turkish yi:yiddish"
)
ALGORITHMS = dict(pair.split(":") for pair in _STEMMERS.split())  # by language code (ISO 639-1)

MOST_KNOWN = 1 << 16  # maximum number of words of a language whose keys are cached


class Word(NamedTuple):
    """Word with its character offsets, end exclusive."""

    text: str
    start: int
    end: int


def words(text: str) -> tuple[Word, ...]:
    """Return the words of a text in order.

    A word is a run of letters, digits and their combining marks, with a possessive 's. Hyphens and other
    apostrophes separate: "beta-blocker" is two words, "l'artère" too, "Crohn's" is one.
    """
    return tuple(Word(match[0], *match.span()) for match in _pattern().finditer(text))


def word_texts(text: str) -> list[str]:
    """Return the texts of `words`, without offsets; much faster."""
    return _pattern().findall(text)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the character offsets of `words`, end exclusive."""
    return [match.span() for match in _pattern().finditer(text)]


@cache
def _pattern() -> re.Pattern[str]:
    """Compile the pattern of words; `re` does not treat combining marks as word characters."""
    codes = [*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0)]
    marks = re.escape("".join(chr(code) for code in codes if unicodedata.category(chr(code)).startswith("M")))
    letter = f"[^\\W_{UNSPACED}]"
    run = f"{letter}+(?:[{marks}]+{letter}*)*"
    possessive = f"(?:[{APOSTROPHES}][sS](?!{letter}|[{marks}]))?"
    # Nearly all words of most texts are ASCII before ASCII, where nothing can join or follow. This
    # alternative changes no result and halves the time.
    plain = r"[A-Za-z0-9]+(?=[\x00-&(-/:-@\[-`{-\x7f]|\Z)"
    return re.compile(f"{plain}|[{UNSPACED}][{marks}]*|{run}(?:[{JOINERS}]+{run})*{possessive}")


def word_keys(words: tuple[Word, ...], language: str) -> list[str]:
    """Return the key of each word: equal for spellings and inflections of one word.

    NFC, casefold, stem. Words with two capitals or more, or with a capital after a small letter (ECG,
    HbA1c, mRNA), are acronyms: case-sensitive and not stemmed, less a plural or possessive s. A
    ``language`` (a code such as ``en`` or ``pt-BR``) without a stemmer is not stemmed.
    """
    return keys_of([word.text for word in words], language)


def keys_of(texts: Iterable[str], language: str) -> list[str]:
    """Return `word_keys` for the texts of words."""
    known = _known_keys(language.replace("_", "-").partition("-")[0].lower())
    return [known[text] for text in texts]


class _KnownKeys(dict[str, str]):
    """Cached keys by word; the cache is emptied when it becomes too large."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code

    def __missing__(self, text: str) -> str:
        if len(self) >= MOST_KNOWN:
            self.clear()
        found = self[text] = _key(text, self._code)
        return found


@cache
def _known_keys(code: str) -> _KnownKeys:
    return _KnownKeys(code)


def _key(text: str, code: str) -> str:
    plain = unicodedata.normalize("NFC", re.sub(f"[{JOINERS}]", "", text))
    if len(plain) > 2 and plain[-2] in APOSTROPHES:
        plain = plain[:-2]
    if not _is_acronym(plain):
        return unicodedata.normalize("NFC", _stemmer(code)(plain.casefold()))
    return plain[:-1] if plain.endswith("s") and _is_acronym(plain[:-1]) else plain


def _is_acronym(text: str) -> bool:
    return sum(character.isupper() for character in text) >= 2 or (
        text[:1].islower() and any(character.isupper() for character in text)
    )


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    if language not in ALGORITHMS:
        return str
    stem = Stemmer.Stemmer(ALGORITHMS[language]).stemWord
    if language != "en":
        return stem
    # unite Greek nouns that the stemmer separates: stenosis and stenoses
    return lambda word: stem(word[:-2] + "es" if word.endswith("sis") else word)


def split_words(text: str) -> tuple[list[str], list[str]]:
    """Return the texts of `words`, in a fifth of the time, and the gaps around and between them."""
    splitter = _splitter() if _PARTICULAR.search(text) else _PLAIN_WORDS
    parts = splitter.split(text)
    return parts[1::2], parts[::2]


_PARTICULAR = re.compile("[^\\0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2030-\u205e]")
"""Character outside of the blocks that have no combining marks, joiners or scripts without spaces."""
_PLAIN_WORDS = re.compile(f"([^\\W_]+(?:[{APOSTROPHES}][sS](?![^\\W_]))?)")
"""Pattern of words for texts without such characters: the same words in a third of the time."""


@cache
def _splitter() -> re.Pattern[str]:
    return re.compile(f"({_pattern().pattern})")
