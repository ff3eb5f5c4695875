"""Rules for answers that refuse, say that their context does not say, or name its contradictions.

These are screening rules: they match words, not meaning. For a refusal only the first characters are read. A
refusal in the last sentence, or in words that are not in ``refusal_openings.toml``, is classified as an
answer. The rules on contexts know English, German, French and Spanish.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations

from ftcompare.checks.sample_consistency import holds_answer, normalised
from ftcompare.core.language import tr

Phrases = Mapping[str, re.Pattern[str]]  # one pattern for each list of a language; it matches whole words


def phrases_text(file: str) -> str:
    return resources.files(__package__).joinpath(file).read_text(encoding="utf-8")


@cache
def phrases(file: str) -> Mapping[str, Phrases]:
    text = phrases_text(file)
    words = tomllib.loads(text).pop("words")
    for word, pattern in words.items():
        text = text.replace(f"{{{word}}}", pattern)
    lists = {language: own for language, own in tomllib.loads(text).items() if language != "words"}
    return {
        language: {name: re.compile(rf"(?<!\w)(?:{'|'.join(one)})(?!\w)") for name, one in own.items()}
        for language, own in lists.items()
    }


READ_CHARACTERS = 200  # number of characters that are read, from the first that is no white space
LANGUAGES = ("en", "de", "fr", "es")  # ISO 639-1 codes of the languages with known openings

# Quoted text inside the answer, which is ignored: the answer only reports it.
_QUOTED = re.compile(r"(?<=\S)\s*(?:“[^”]*(?:”|$)|„[^“”]*(?:[“”]|$)|«[^»]*(?:»|$)|\"[^\"]*\")")
_CLAUSE_END = re.compile(r"[.!?:;…。！？：；\n]+")
_WRAPPED = re.compile(r"^[^\w]+|[^\w]+$")  # punctuation before the first word and after the last
_CONTRACTIONS = (
    (re.compile(r"\bcannot\b|\bcan't\b|\bcant\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"(?<=[te])'s\b"), " is"),
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘´`ʼ", "'"))


class RefusalClass(StrEnum):
    """Response of an answer to the request, judged by its opening."""

    REFUSAL = "refusal"  # it refuses
    PARTIAL = "partial"  # it refuses a part, or answers after a refusal
    ANSWER = "answer"  # its opening does not refuse; also an empty answer


@dataclass(frozen=True, slots=True)
class OpeningRead:
    kind: RefusalClass  # refusal, partial or answer
    words: str = ""  # the refusing words, as written in the answer; empty for an answer


def read_opening(text: str) -> OpeningRead:
    """Classify an answer by its first `READ_CHARACTERS` characters, with the words that decide.

    It is a refusal where words of ``refusal_openings.toml`` refuse and no words after them turn to the
    request (*but here is*, *but I can explain*, *Step 1*); an offer of something else (*but I can help
    with other questions*) does not count as such. Reservations such as *I can only give* make it partial.
    Quoted words are ignored.
    """
    found = _read_opening(text)
    return replace(found, words=_as_written(text.lstrip()[:READ_CHARACTERS], found.words))


def refusal_class(text: str) -> RefusalClass:
    return _read_opening(text).kind


def _read_opening(text: str) -> OpeningRead:
    opening = normal_form(text.lstrip()[:READ_CHARACTERS])
    reads = [_read(opening, own) for own in phrases("refusal_openings.toml").values()]
    return min(reads, key=lambda read: tuple(RefusalClass).index(read.kind))


def _as_written(opening: str, words: str) -> str:
    """Return the shortest span of the opening whose normal form contains ``words``; else ``words``."""

    def holds(span: str) -> bool:
        return f" {words} " in f" {normal_form(span)} "

    parts = [match.span() for match in re.finditer(r"\S+", opening)] if words else []
    end = next((end for _, end in parts if holds(opening[:end])), 0)
    starts = (start for start, _ in reversed(parts) if start < end and holds(opening[start:end]))
    start = next(starts, 0)
    return _WRAPPED.sub("", opening[start:end]) or words


def normal_form(text: str) -> str:
    """Return a text in the normal form that `phrases` describes."""
    plain = unicodedata.normalize("NFKC", _QUOTED.sub(" ", text)).translate(_APOSTROPHES).casefold()
    for pattern, written_out in _CONTRACTIONS:
        plain = pattern.sub(written_out, plain)
    clauses = (" ".join(re.findall(r"\w+", clause.replace("_", " "))) for clause in _CLAUSE_END.split(plain))
    kept = " . ".join(filter(None, clauses))
    return f"{kept} ." if kept else ""


def _read(opening: str, patterns: Phrases) -> OpeningRead:
    left = patterns["never"].sub(" ", opening)
    in_part = patterns["in_part"].search(left)
    left = patterns["in_part"].sub(" ", left)
    declined = patterns["declines"].search(left)
    if not declined:
        return OpeningRead(RefusalClass.PARTIAL, in_part[0]) if in_part else OpeningRead(RefusalClass.ANSWER)
    turned = _turns_to_the_matter(left[declined.end() :], patterns)
    return OpeningRead(RefusalClass.PARTIAL if turned else RefusalClass.REFUSAL, declined[0].strip(" ."))


def _turns_to_the_matter(rest: str, patterns: Phrases) -> bool:
    """Return whether the text after a refusing clause turns to the request or starts on it."""
    if patterns["starts"].search(rest) and not patterns["elsewhere"].search(rest):
        return True
    clauses = (rest[match.end() :].partition(" .")[0] for match in patterns["turns"].finditer(rest))
    return any(not patterns["elsewhere"].search(clause) for clause in clauses)


CONTEXT_CHARACTERS = 2_000  # number of characters of an answer that are read
LEAST_ALIKE = 0.5  # share of words, in order, that two passages need in common to be compared
MOST_PASSAGES = 200  # number of passages of which every two are compared


def _phrases(name: str) -> re.Pattern[str]:
    return phrases("context_phrases.toml")["all"][name]


def why_not_abstaining(text: str) -> str:
    """Return why an answer does not say that information is missing, without a period; "" if it does."""
    read = normal_form(text[:CONTEXT_CHARACTERS])
    if _phrases("only_abstains").fullmatch(read.removesuffix(" .")):
        return ""
    left = _phrases("abstains").sub(" . ", read)
    if left == read:
        return tr("it does not say that the information is missing")
    guess = _phrases("guesses").search(left)
    guesses = "it says that the information is missing, and then guesses: “{words}”"
    return tr(guesses, words=guess[0]) if guess else ""


def why_conflict_unnamed(text: str, passages: tuple[str, ...]) -> str:
    """Return why an answer does not name what passages say differently; "" if it does.

    It does where it says that they disagree, or contains both words or numbers in which two passages that
    are otherwise alike differ.
    """
    read = _phrases("no_conflict").sub(" . ", normal_form(text[:CONTEXT_CHARACTERS]))
    both = (all(holds_answer(text, one) for one in pair) for pair in differing_values(passages))
    if _phrases("names_conflict").search(read) or any(both):
        return ""
    return tr("it names no conflict between the passages")


@lru_cache(maxsize=1000)
def differing_values(passages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the words in which two otherwise similar passages differ, such as ``("1988", "1993")``."""
    words = [normalised(one).split() for one in passages[:MOST_PASSAGES]]
    return tuple(dict.fromkeys(pair for a, b in combinations(words, 2) for pair in _differing(a, b)))


def _differing(a: list[str], b: list[str]) -> Iterator[tuple[str, str]]:
    from rapidfuzz.distance import Indel  # the window starts without it

    if Indel.normalized_similarity(a, b, score_cutoff=LEAST_ALIKE) < LEAST_ALIKE:
        return
    end_a = end_b = 0
    for block in Indel.opcodes(a, b).as_matching_blocks():
        of_a, of_b = a[end_a : block.a], b[end_b : block.b]
        if of_a and of_b:
            yield " ".join(of_a), " ".join(of_b)
        end_a, end_b = block.a + block.size, block.b + block.size
