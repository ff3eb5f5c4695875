"""Raters' comments on a pair of systems: phrases of the owner, themes, and words of comments for one side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ftcompare.app.generate.comment_themes import KeptThemes, by_theme, kept_themes
from ftcompare.app.generate.own_measure import phrase_lists
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.hashing import Json
from ftcompare.core.study import RaterKind
from ftcompare.stats.comment_words import ALPHA, words_by_side
from ftcompare.stats.resampling import SEED
from ftcompare.stats.slices import Counts
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.tokens import keys_of, word_texts

MOST_COMMENTS, MOST_WORDS = 20_000, 500
"""Maximum numbers of comments, the first ones, and of words, the most frequent ones, that are tested."""
VERDICTS = {"a": -1.0, "b": 1.0}


@dataclass(frozen=True, slots=True)
class CommentWord:
    """A word that comments for one system have more than those for the other."""

    word: str  # in its most frequent form
    counts: Counts  # of the comments with it
    for_b: bool
    p: float  # adjusted for all tested words


@dataclass(frozen=True, slots=True)
class PairComments:
    """The comments of raters of one kind, counted by the overall answers of their judgments."""

    counts: Counts
    groups: tuple[tuple[str, Counts], ...] = ()  # the comments that have a phrase of a group of the owner
    ungrouped: Counts | None = None  # the comments in no group; None without groups
    too_slow: tuple[str, ...] = ()  # groups whose regular expression took too long on a comment
    words: tuple[CommentWord, ...] = ()
    tested: int = 0  # number of tested words
    searched: KeptThemes | None = None  # the last search for themes, in the comments of the whole study
    themes: tuple[tuple[str, Counts], ...] = ()  # by their most typical comments


class _Comment(NamedTuple):
    text: str
    choice: str  # ``a``, ``b``, ``tie``, or ``both_bad``
    prompt: int
    rater: int
    words: Mapping[str, str]  # forms by key


def pair_comments(study: StudyFile, a: str, b: str, kind: RaterKind) -> PairComments:
    """Count the comments on a pair of systems; `a` is the name of the system that was added first."""
    from ftcompare.checks import prompt_checks  # loads rapidfuzz, which the window starts without

    every = [*_comments(study, a, b, kind)]
    found, too_slow = {}, []
    for name, pattern in phrase_lists(study).items() if every else ():
        try:
            found[name] = [prompt_checks.has_pattern(one.text, pattern) for one in every]
        except TimeoutError:
            too_slow.append(name)
    searched = kept_themes(study) if every else None
    themes = by_theme(searched, [one.text for one in every]) if searched else ()
    rest = [one for one, *has in zip(every, *found.values(), strict=True) if not any(has)]
    words, tested = _words(every[:MOST_COMMENTS])
    return PairComments(
        _counts(every),
        _counted(every, found.items()),
        _counts(rest) if found else None,
        tuple(too_slow),
        words,
        tested,
        searched,
        _counted(every, themes),
    )


def _counted(
    comments: Sequence[_Comment], groups: Iterable[tuple[str, Sequence[bool]]]
) -> tuple[tuple[str, Counts], ...]:
    """The counts of each group, of which a truth value for each comment says whether it belongs to it."""
    return tuple(
        (name, _counts([one for one, had in zip(comments, has, strict=True) if had])) for name, has in groups
    )


def _comments(study: StudyFile, a: str, b: str, kind: RaterKind) -> Iterator[_Comment]:
    names = system_names(study)
    members = frozenset(one.rater for one in study.judges.all() if one.spec.members)
    for row in study.judgments.standing(commented=True):
        systems = names[row.comparison.a.system], names[row.comparison.b.system]
        if {*systems} == {a, b} and row.rater.kind is kind and row.rater.id not in members:
            choice = {"a": "b", "b": "a"}.get(row.choice, row.choice) if systems[0] == b else row.choice
            texts = word_texts(row.comment)
            forms = dict(zip(keys_of(texts, row.language or "en"), texts, strict=True))
            yield _Comment(row.comment, choice, row.prompt.id, row.rater.id, forms)


def _counts(comments: Sequence[_Comment]) -> Counts:
    by = Counter(one.choice for one in comments)
    prompts = len({one.prompt for one in comments})
    return Counts(prompts, len(comments), by["a"], by["b"], by["tie"], by["both_bad"])


def _words(comments: Sequence[_Comment]) -> tuple[tuple[CommentWord, ...], int]:
    """The words of comments for one side, and the number of tested words."""
    by_prompt = Counter(
        key for key, _ in sorted({(key, one.prompt) for one in comments for key in one.words})
    )
    keys = [key for key, _ in by_prompt.most_common(MOST_WORDS)]
    words = [[key in one.words for key in keys] for one in comments]
    tested = words_by_side(
        np.array([VERDICTS.get(one.choice, 0.0) for one in comments]),
        np.array([one.prompt for one in comments], dtype=np.int64),
        np.array([one.rater for one in comments], dtype=np.int64),
        np.array(words, dtype=np.bool_).reshape(len(comments), len(keys)),
        rng=np.random.default_rng(SEED),
    )
    found = []
    for result in tested:
        if result.p <= ALPHA:
            having = [one for one in comments if keys[result.word] in one.words]
            forms = Counter(one.words[keys[result.word]].lower() for one in having)
            found.append(
                CommentWord(max(forms, key=forms.__getitem__), _counts(having), result.lean > 0, result.p)
            )
    return tuple(found), len(tested)


def comments_json(comments: PairComments) -> dict[str, Json]:
    searched = comments.searched
    return {
        **asdict(comments.counts),
        "groups": [{"name": name, **asdict(counts)} for name, counts in comments.groups],
        "themes": None if searched is None else [{"name": n, **asdict(c)} for n, c in comments.themes],
        "themes_agreement": None if searched is None else searched.agreement,
        "ungrouped": None if comments.ungrouped is None else asdict(comments.ungrouped),
        "too_slow": [*comments.too_slow],
        "words": [
            {"word": one.word, "side": "b" if one.for_b else "a", "p": one.p, **asdict(one.counts)}
            for one in comments.words
        ],
        "words_tested": comments.tested,
    }
