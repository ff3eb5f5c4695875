"""Which words of answers a training file repeats: runs of consecutive words that one example has, too."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ftcompare.checks.contamination import normalised

LEAST_RUN = 8  # words; shorter runs are often phrases of a field that anybody writes


@dataclass(frozen=True, slots=True)
class RepeatedPassage:
    """Consecutive words of an answer for which the same training example has the longest run."""

    start: int  # first character of the passage in the answer
    end: int  # character after the last one
    line: int  # the first example with the run, as numbered by the caller
    words: int  # number of words of the passage
    examples: int  # number of examples that have the passage, or all of its rarest `LEAST_RUN` words


@dataclass(frozen=True, slots=True)
class AnswerRepeats:
    words: int  # number of words of the answer
    longest: int  # number of words of the longest run that one example has, too; 0 for none
    passages: tuple[RepeatedPassage, ...]  # in the order of the answer, without overlaps

    @property
    def share(self) -> float:
        """Share of the answer's words that are in a passage, 0 to 1; 0 for an answer without words."""
        return sum(one.words for one in self.passages) / self.words if self.words else 0.0


class _Answer:
    """The words of an answer, and for each the longest run through it that an example has, too."""

    def __init__(self, text: str) -> None:
        spans = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
        split = [(word, span) for span in spans for word in normalised(text[slice(*span)]).split()]
        self.words = tuple(word for word, _ in split)
        self.spans = [span for _, span in split]
        self.runs, self.lines, self.examples = (array("L", [0]) * len(split) for _ in range(3))

    def take(self, line: int, places: Iterable[int]) -> None:
        """Note the first words of the sequences of `LEAST_RUN` words that an example has, too."""
        runs = tuple(_runs(sorted(places)))
        for word in {word for start, end in runs for word in range(start, end)}:
            self.examples[word] += 1
        for start, end in runs:
            for word in range(start, end):
                if end - start > self.runs[word]:
                    self.runs[word], self.lines[word] = end - start, line

    @property
    def repeats(self) -> AnswerRepeats:
        return AnswerRepeats(len(self.words), max(self.runs, default=0), tuple(self._passages()))

    def _passages(self) -> Iterator[RepeatedPassage]:
        for line, group in groupby(range(len(self.words)), self.lines.__getitem__):
            own = [*group]
            if line:
                start, end = self.spans[own[0]][0], self.spans[own[-1]][1]
                yield RepeatedPassage(start, end, line, len(own), min(self.examples[word] for word in own))


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join sequences that start at consecutive words: the first word of each run, and that after its last."""
    for _, group in groupby(enumerate(places), lambda one: one[1] - one[0]):
        own = [place for _, place in group]
        yield own[0], own[-1] + LEAST_RUN


class RepeatFinder:
    """Searches for runs of at least `LEAST_RUN` words of answers in one training example after another.

    Words are compared as in `normalised`. A run that is also in the prompt of the answer does not count:
    ``prompts`` has for each answer the texts of its prompt.
    """

    def __init__(self, answers: Sequence[str], prompts: Sequence[Sequence[str]]) -> None:
        self._answers = tuple(map(_Answer, answers))
        self._places: defaultdict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
        for number, (answer, texts) in enumerate(zip(self._answers, prompts, strict=True)):
            given = {one for text in texts for one in _sequences(normalised(text).split())}
            for place, sequence in enumerate(_sequences(answer.words)):
                if sequence not in given:
                    self._places[sequence].append((number, place))

    def look(self, line: int, texts: Iterable[str]) -> None:
        """Search an example; ``line`` is at least 1."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for text in texts:
            for sequence in _sequences(normalised(text).split()):
                for number, place in self._places.get(sequence, ()):
                    found[number].add(place)
        for number, places in found.items():
            self._answers[number].take(line, places)

    @property
    def found(self) -> tuple[AnswerRepeats, ...]:
        return tuple(answer.repeats for answer in self._answers)


def _sequences(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(LEAST_RUN)), strict=False)
