"""Themes of raters' comments, found by a local text encoder, and what a study stores of them.

Stored are the digests of comments with the number of their theme, and the digest of the encoder. Verdicts do
not count, so themes can be searched for while a study is blinded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.core.hashing import Json, digest
from ftcompare.core.language import N_, named_value, tr, trn
from ftcompare.core.study import RaterKind
from ftcompare.core.typed_json import read_lenient, record_json
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.study_file import StudyFile

KEY = "comment_themes"  # of the record
MOST_COMMENTS = 5_000  # the first ones are clustered
KMEANS_SEED = 20261120
TYPICAL = 3  # number of comments that stand for a theme
NO_THEMES = N_("No themes were found in {comments}: two halves of them do not give the same clear groups.")
Embed = Callable[[Sequence[str]], Mapping[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class KeptThemes:
    """Themes by an encoder; without ``typical``, none were found."""

    encoder: str  # digest of its measure
    texts: str  # digest of the comments that were clustered
    comments: int
    agreement: float  # adjusted Rand index of two halves of the comments
    themes: Mapping[str, int]  # the theme of each comment, by its digest
    typical: tuple[tuple[str, ...], ...]  # by theme, digests of its most typical comments


def comment_digest(text: str) -> str:
    return digest("comment", text.strip())[:16]


def find_themes(study: StudyFile, encoder: str, embed: Embed, *, now: datetime) -> str:
    """Search people's comments for themes, store the result, and return a sentence about it.

    The sentence is empty if the encoder reads fewer than 40 comments, or has already read them.
    """
    from ftcompare.stats.comment_themes import LEAST_COMMENTS, comment_themes  # loads scipy

    judged = (row for row in study.judgments.standing(commented=True) if row.rater.kind is RaterKind.HUMAN)
    comments = [(row.comment.strip(), row.rater.id) for row in judged][:MOST_COMMENTS]
    given: list[Json] = [[text, rater] for text, rater in comments]
    texts = digest("comments", given)
    kept = kept_themes(study)
    if len(comments) < LEAST_COMMENTS or (kept and (kept.encoder, kept.texts) == (encoder, texts)):
        return ""
    vectors = embed(sorted({text for text, _ in comments}))
    read = [(text, rater) for text, rater in comments if text in vectors]
    if len(read) < LEAST_COMMENTS:
        return ""
    found = comment_themes(
        np.array([vectors[text] for text, _ in read], dtype=np.float64).reshape(len(read), -1),
        np.array([rater for _, rater in read], dtype=np.int64),
        rng=np.random.default_rng(KMEANS_SEED),
    )
    places = [comment_digest(text) for text, _ in read]
    record = KeptThemes(
        encoder,
        texts,
        len(read),
        found.agreement,
        {} if found.labels is None else dict(zip(places, found.labels.tolist(), strict=True)),
        tuple(tuple(dict.fromkeys(places[row] for row in own))[:TYPICAL] for own in found.typical),
    )
    study.scores.add_examination(BENCHMARKED, {KEY: record_json(record)}, now=now)
    return found_words(record)


def found_words(kept: KeptThemes) -> str:
    number = trn("{number} (comment|comments)", kept.comments)
    if not kept.typical:
        return tr(NO_THEMES, comments=number)
    return trn("{number} (theme|themes) found in {comments}.", len(kept.typical), comments=number)


@kept_until_changed
def kept_themes(study: StudyFile) -> KeptThemes | None:
    """Return the result of the last search; None without one."""
    found = [one[KEY] for one in study.scores.examinations(BENCHMARKED) if KEY in one]
    last = found[-1] if found else None
    return read_lenient(KeptThemes, last) if isinstance(last, dict) else None


def by_theme(kept: KeptThemes, comments: Sequence[str]) -> list[tuple[str, list[bool]]]:
    """Return for each theme its most typical comment as a title, and which of the comments belong to it."""
    places = [comment_digest(text) for text in comments]
    texts = dict(zip(places, comments, strict=True))
    found = []
    for theme, typical in enumerate(kept.typical):
        has = [kept.themes.get(place) == theme for place in places]
        known = [texts[one] for one in typical if one in texts]
        found.append((known[0] if known else named_value(tr("Theme"), str(theme + 1)), has))
    return found
