"""The terms of a large study: how long the table of terms and of words and phrases takes, and a word diff.

    python benchmarks/term_table.py [--prompts 2000] [--words 300] [--judgments 3] [--terms 500]

A study file of so many prompts, each answered by two systems in so many made-up words on average and judged
so often. Printed: processor seconds of the glossary's terms and of the words and phrases, as the window
computes them; for how long another thread got no turn meanwhile; the ratio of counting n-grams by a
dictionary in Python to `ngram_counts`; the ratio of a test of each word by `scipy.stats.binomtest` to
`mcnemar_of_each`, in one run. Then the word diff of two answers of 1,000 words and its ratio to difflib.
Exits with 1 if both tables together take more than 5 s, or a word diff more than 1 ms.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
import scipy
from large_import import START
from machine import machine, processor

from ftcompare.app.export.importing import import_file
from ftcompare.app.review.study_terms import study_terms, study_words
from ftcompare.core.scale import Scale
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.keyness import mcnemar_of_each
from ftcompare.terms.ngrams import form_key, ngram_counts
from ftcompare.terms.tokens import words
from ftcompare.terms.word_diff import word_diff

TABLE_AIM, DIFF_AIM = 5.0, 0.001
VOCABULARY = 20_000
DIFF_WORDS = 1000
TESTED = 500
_STEPS = list(accumulate(1 / (place + 2) for place in range(VOCABULARY)))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--judgments", type=int, default=3)
    parser.add_argument("--terms", type=int, default=500)
    chosen = parser.parse_args()
    print(f"machine: {machine()}; {chosen.prompts:,} prompts, 2 systems, {chosen.words} words an answer")
    with tempfile.TemporaryDirectory() as name:
        path = made(Path(name), chosen.prompts, chosen.words, chosen.judgments, chosen.terms)
        with StudyFile.open(path, now=START) as study:
            study.verify()  # once a study is open it is only verified what came since
            scipy.stats.false_discovery_control([0.5])  # loads a library, as other pages do
            terms = told("glossary terms", lambda: study_terms(study))
            phrases = told("words and phrases", lambda: study_words(study))
            texts = [response.text for response in study.responses.all()]
    alternatives(texts)
    seconds = diffs()
    held = terms + phrases <= TABLE_AIM and seconds <= DIFF_AIM
    print("the aims hold" if held else "AN AIM IS MISSED", f"(both tables {TABLE_AIM:.0f} s, a diff 1 ms)")
    return 0 if held else 1


def told(what: str, work: Callable[[], object]) -> float:
    """Processor seconds of some work, printed with the longest time for which another thread got no turn."""
    gaps, done = [0.0], threading.Event()

    def watch() -> None:
        last = time.perf_counter()
        while not done.wait(0.005):
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = time.perf_counter()
    seconds = processor(work)
    clock = time.perf_counter() - before
    done.set()
    watcher.join()
    waited = f"another thread waited {1000 * max(gaps):.0f} ms at most"
    print(
        f"{what}: {seconds:.2f} s of the processor's time, {clock:.2f} s by the clock; {waited}", flush=True
    )
    return seconds


def alternatives(texts: list[str]) -> None:
    """What else could count and test, in ratios."""
    counting = processor(lambda: ngram_counts(texts, 6))
    by_dictionary = processor(lambda: counted_by_dictionary(texts))
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 60, TESTED), rng.integers(0, 60, TESTED)
    at_once = processor(lambda: mcnemar_of_each(first, second))
    pairs = list(zip(first.tolist(), (first + second).tolist(), strict=True))
    one_by_one = processor(lambda: [scipy.stats.binomtest(k, n).pvalue for k, n in pairs if n])
    print(f"counting by a dictionary / ngram_counts: {by_dictionary:.1f} s / {counting:.1f} s", end=" ")
    print(f"= {by_dictionary / counting:.1f}")
    print(f"{TESTED} tests by binomtest / mcnemar_of_each: {one_by_one / at_once:,.0f}")


def counted_by_dictionary(texts: list[str]) -> Counter[tuple[str, ...]]:
    """In how many texts each n-gram stands; sentences are of no account."""
    found: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        keys = [form_key(word.text) for word in words(text)]
        grams = {tuple(keys[at : at + n]) for n in (1, 2, 3) for at in range(len(keys) - n + 1)}
        found.update(grams)
    return found


def diffs() -> float:
    """Seconds of a word diff, printed with its ratio."""
    rng = Random(1)
    left = rng.choices([f"w{n}" for n in range(VOCABULARY)], cum_weights=_STEPS, k=DIFF_WORDS)
    right = [word if rng.random() < 0.7 else f"other{rng.randrange(200)}" for word in left]
    texts = " ".join(left), " ".join(right)
    ours = min(processor(lambda: word_diff(*texts)) for _ in range(50))
    usual = min(processor(lambda: difflib.SequenceMatcher(a=left, b=right).get_opcodes()) for _ in range(5))
    print(f"word diff of {DIFF_WORDS:,} words: {1000 * ours:.2f} ms; difflib / ours: {usual / ours:.1f}")
    return ours


def made(folder: Path, prompts: int, size: int, judgments: int, terms: int) -> Path:
    """The study file: the second system has learnt a tenth of the glossary."""
    path, source = folder / "terms.ftstudy", folder / "votes.jsonl"
    with source.open("w", encoding="utf-8") as file:
        file.writelines(lines(prompts, size, judgments, terms))
    glossary = [GlossaryTerm(term(n), list(TermStatus)[n % 4], f"concept {n // 3}") for n in range(terms)]
    with StudyFile.create(path, title="Terms", scale=Scale(), rng=Random(1), now=START) as study:
        import_file(study, source, "judgments", now=START)
        study.glossary.replace(glossary, now=START)
    return path


def term(number: int) -> str:
    """Of one word or of two."""
    return f"term{number}" if number % 2 else f"term{number} syndrome"


def lines(prompts: int, size: int, judgments: int, terms: int) -> Iterator[str]:
    """A file of judgments."""
    rng = Random(2)
    vocabulary = [f"w{n}" for n in range(VOCABULARY)]

    def answer(*, tuned: bool) -> str:
        words_ = rng.choices(vocabulary, cum_weights=_STEPS, k=rng.randint(size // 2, size * 3 // 2))
        for _ in range(size // 40):
            known = rng.randrange(terms // 10) if tuned else rng.randrange(terms)
            words_[rng.randrange(len(words_))] = term(known)
        return "".join(word + (". " if rng.random() < 0.06 else " ") for word in words_)

    for number in range(prompts):
        texts = {"response_a": answer(tuned=False), "response_b": answer(tuned=True)}
        for rater in range(judgments):
            record = {
                "prompt": f"Question {number}?",
                "prompt_id": f"p{number}",
                "system_a": "base",
                "system_b": "tuned",
                **texts,
                "rater": f"rater {rater}",
                "choice": rng.choice(("a", "b", "b", "tie")),
                "left": "ab"[number % 2],
            }
            yield json.dumps(record) + "\n"


if __name__ == "__main__":
    sys.exit(main())
