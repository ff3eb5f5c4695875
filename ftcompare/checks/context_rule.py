"""Whether an answer says that its context does not tell, or names what passages say differently.

Screening rules: they match words in English, German, French and Spanish, not meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import Indel

from ftcompare.checks.normalised_answer import holds_answer, normalised
from ftcompare.checks.refusal_rule import normal_form, phrases

READ_CHARACTERS = 2_000  # number of characters of an answer that are read
LEAST_ALIKE = 0.5
"""Minimum share of words, in order, that two passages have in common for their differences to be compared."""
MOST_PASSAGES = 200  # number of passages of which every two are compared


def _phrases(name: str) -> re.Pattern[str]:
    return phrases("context_phrases.toml")["all"][name]


def why_not_abstaining(text: str) -> str:
    """Why an answer does not say that it cannot be told, as a sentence without a full stop; else empty."""
    read = normal_form(text[:READ_CHARACTERS])
    if _phrases("only_abstains").fullmatch(read.removesuffix(" .")):
        return ""
    left = _phrases("abstains").sub(" . ", read)
    if left == read:
        return "it does not say that it cannot be told"
    guess = _phrases("guesses").search(left)
    return f"it says that it cannot be told, and guesses: “{guess[0]}”" if guess else ""


def why_conflict_unnamed(text: str, passages: tuple[str, ...]) -> str:
    """Why an answer does not name what passages say differently; empty where it does.

    It does where it says that they disagree, or contains both words or numbers in which two passages that are
    otherwise alike differ.
    """
    read = _phrases("no_conflict").sub(" . ", normal_form(text[:READ_CHARACTERS]))
    both = (all(holds_answer(text, one) for one in pair) for pair in differing_values(passages))
    return (
        ""
        if _phrases("names_conflict").search(read) or any(both)
        else "it names no conflict between the passages"
    )


@lru_cache(maxsize=1000)
def differing_values(passages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The words in which two passages differ that are alike otherwise, such as ``("1988", "1993")``."""
    words = [normalised(one).split() for one in passages[:MOST_PASSAGES]]
    return tuple(dict.fromkeys(pair for a, b in combinations(words, 2) for pair in _differing(a, b)))


def _differing(a: list[str], b: list[str]) -> Iterator[tuple[str, str]]:
    if Indel.normalized_similarity(a, b, score_cutoff=LEAST_ALIKE) < LEAST_ALIKE:
        return
    end_a = end_b = 0
    for block in Indel.opcodes(a, b).as_matching_blocks():
        of_a, of_b = a[end_a : block.a], b[end_b : block.b]
        if of_a and of_b:
            yield " ".join(of_a), " ".join(of_b)
        end_a, end_b = block.a + block.size, block.b + block.size
