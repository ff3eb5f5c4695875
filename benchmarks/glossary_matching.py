"""How long the terms of a large glossary and the differing words of two answers take to be found.

    python benchmarks/glossary_matching.py [--terms 10000] [--words 1000] [--rounds 5]

Answers of words drawn from a vocabulary in which two words of five begin a term. Beside the product's
matcher stand two that look for the terms as they are spelled, whole words only: one regular expression with
all terms as alternatives, and pyahocorasick. They find no inflected form, and differ in what they find by
that alone. Then the same number of terms in Chinese. Printed: the least processor time of an answer,
and its ratio to that of the matcher, in one run. Exits with 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ahocorasick
from machine import machine, processor

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Matcher
from ftcompare.terms.word_diff import word_diff

MATCH_AIM, DIFF_AIM = 0.002, 0.001
VOCABULARY = 20_000
ANSWERS = 20
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--terms", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(machine())
    rng = Random(4)
    vocabulary = ["".join(rng.choices("abcdefghij", k=7)) for _ in range(VOCABULARY)]
    spelled = sorted({" ".join(rng.choices(vocabulary, k=rng.randint(1, 3))) for _ in range(chosen.terms)})
    answers = [_answer(rng, vocabulary, chosen.words) for _ in range(ANSWERS)]
    print(f"{len(spelled):,} terms, {ANSWERS} answers of {chosen.words:,} words")
    match = _glossary(spelled, "en")
    ours = _told("the product's matcher", match.find, answers, chosen.rounds)
    finders = (
        ("one regular expression", _alternation(spelled)),
        ("pyahocorasick, whole words", _automaton(spelled)),
    )
    for name, find in finders:
        _told(name, find, answers, chosen.rounds, ours)
    chinese = sorted({"".join(rng.choices(HAN, k=rng.randint(2, 6))) for _ in range(chosen.terms)})
    texts = [
        "，".join("".join(rng.choices(HAN, k=11)) for _ in range(chosen.words // 6)) for _ in range(ANSWERS)
    ]
    by_characters = _told("Chinese, by characters", _glossary(chinese, "zh").find, texts, chosen.rounds, ours)
    differing = [" ".join(w for w in answer.split() if rng.random() > 0.1) for answer in answers]
    sides = [*zip(answers, differing, strict=True), *zip(answers, reversed(answers), strict=True)]
    diff = _told("word difference", lambda pair: word_diff(*pair), sides, chosen.rounds, ours)
    held = max(ours, by_characters) <= MATCH_AIM and diff <= DIFF_AIM
    print(f"aims: {MATCH_AIM * 1000:.0f} ms and {DIFF_AIM * 1000:.0f} ms: {'held' if held else 'MISSED'}")
    return 0 if held else 1


def _answer(rng: Random, vocabulary: Sequence[str], words: int) -> str:
    sentences = (" ".join(rng.choices(vocabulary, k=10)) for _ in range(words // 10))
    return ". ".join(sentences)


def _glossary(terms: Sequence[str], language: str) -> Matcher:
    return Matcher(GlossaryTerm(term, TermStatus.PREFERRED, term, language) for term in terms)


def _alternation(terms: Sequence[str]) -> Callable[[str], object]:
    longest_first = sorted(terms, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b").findall


def _automaton(terms: Sequence[str]) -> Callable[[str], object]:
    automaton: ahocorasick.Automaton[str] = ahocorasick.Automaton()
    for term in terms:
        automaton.add_word(term, term)
    automaton.make_automaton()

    def find(text: str) -> object:
        found = []
        for last, term in automaton.iter(text):
            start = last - len(term) + 1
            if not text[start - 1 : start].isalnum() and not text[last + 1 : last + 2].isalnum():
                found.append((start, last + 1, term))
        return found

    return find


def _told(
    name: str, find: Callable[..., object], texts: Sequence[object], rounds: int, ours: float | None = None
) -> float:
    """The least seconds of a round for one text, printed."""
    seconds = min(processor(lambda: [find(text) for text in texts]) for _ in range(rounds)) / len(texts)
    ratio = "" if ours is None else f", {seconds / ours:.2f} times the matcher's"
    print(f"{name:<28} {seconds * 1000:8.2f} ms{ratio}", flush=True)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
