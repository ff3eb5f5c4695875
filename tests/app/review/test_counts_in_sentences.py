"""Sentences of packs and reviews with a number in them, in English and in another language."""

from __future__ import annotations

import pytest

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.judges.judging_run import JudgingRun, RewardJudgingRun
from ftcompare.app.raters.packs import left_sentences
from ftcompare.app.review.answer_names import StillToJudge
from ftcompare.app.review.judging_round import SentPairs, sent_words
from ftcompare.core.language import in_language
from ftcompare.ui.engine.run_driver import progress_line


@pytest.mark.parametrize(
    ("prompts", "english", "german"),
    [
        (
            1,
            "1 prompt still to be judged blind by a rater is left out",
            "1 noch von jemandem blind zu bewertender Prompt ist ausgelassen",
        ),
        (
            1200,
            "1,200 prompts still to be judged blind by a rater are left out",
            "1.200 noch von jemandem blind zu bewertende Prompts sind ausgelassen",
        ),
    ],
)
def test_pairs_still_to_judge(prompts: int, english: str, german: str) -> None:
    still = StillToJudge("", prompts, *2 * (frozenset(range(prompts)),))
    assert still.told.startswith(english)
    with in_language("de"):
        assert still.told.startswith(german)


@pytest.mark.parametrize(
    ("sent", "english", "german"),
    [
        (
            SentPairs(judgments=1, pairs=1, complete=0),
            "Requested 1 further judgment of 1 pair.",
            "1 weiteres Urteil angefordert: 1 Antwortpaar.",
        ),
        (
            SentPairs(judgments=4, pairs=2, complete=1),
            "Requested 4 further judgments of 2 pairs. 1 pair is already with every rater.",
            "4 weitere Urteile angefordert: 2 Antwortpaare. 1 Paar liegt schon allen Bewertenden vor.",
        ),
    ],
)
def test_pairs_sent_to_judging(sent: SentPairs, english: str, german: str) -> None:
    assert sent_words(sent) == english
    with in_language("de"):
        assert sent_words(sent) == german


def test_items_left_out() -> None:
    assert left_sentences([], [3], "") == (
        "1 guess was left out, because FTCompare does not ask for a guess there: item 3.",
    )
    with in_language("de"):
        several = left_sentences([], [3, 4], "")
    assert several == (
        "2 Vermutungen wurden ausgelassen, weil FTCompare dort nicht nach einer Vermutung fragt: "
        "Eintrag 3, 4.",
    )


@pytest.mark.parametrize(
    ("counted", "german"),
    [
        (GenerationProgress().counted, "3 von 12 Paare"),
        (JudgingRun.counted, "3 von 12 Fragen"),
        (RewardJudgingRun.counted, "3 von 12 Antworten"),
        ("likelihoods", "3 von 12 Wahrscheinlichkeiten"),
        ("readings", "3 von 12 Auswertungen"),
        ("requests", "3 von 12 Anfragen"),
    ],
)
def test_what_a_run_has_done(counted: str, german: str) -> None:
    with in_language("de"):
        assert progress_line(GenerationProgress(done=3, total=12, counted=counted)) == (0.25, german)
