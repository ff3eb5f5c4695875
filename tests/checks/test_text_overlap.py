"""How much of its wording an answer shares with accepted ones: by hand, and against rouge-score."""

from __future__ import annotations

from itertools import product

import pytest

from ftcompare.checks.text_overlap import MAX_COMPARED, rouge_words, text_overlap
from tests.builders import present

SHOWS, HAS = "the patient shows an atrial fibrillation", "the patient has atrial fibrillation"
TEXTS = (
    SHOWS,
    HAS,
    "Used days: 3.5 mg, used daily; the uses of 3 keys.",
    "One uses the key each day, and 5 mg of it.",
    "What is used today was tried in 1988, and they were trying.",
    "",
)


def test_the_published_pair() -> None:
    found = present(text_overlap(SHOWS, [HAS]))
    assert found.rouge_1 == found.rouge_l == pytest.approx(8 / 11)
    assert found.chrf == pytest.approx(0.801973, abs=5e-7)


def test_order_counts_in_rouge_l_alone() -> None:
    found = present(text_overlap("a b c d", ["d c b a"]))
    assert (found.rouge_1, found.rouge_l) == (1, 0.25)


def test_bleu_by_hand() -> None:
    """5 of 6 words, 3 of 5 pairs, 2 of 4 triples, 1 of 3 quadruples; as long as the reference."""
    found = present(text_overlap("the cat sat on the mat", ["the dog sat on the mat"]))
    assert found.bleu == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4))


def test_each_measure_takes_the_reference_that_is_nearest() -> None:
    both, near = (text_overlap("yes", references) for references in (["no", "yes"], ["yes"]))
    assert both == near
    assert near is not None
    assert near.rouge_1 == near.rouge_l == near.chrf == pytest.approx(near.bleu) == 1


def test_an_empty_answer_shares_nothing_and_other_scripts_have_no_rouge() -> None:
    empty = present(text_overlap("", [HAS]))
    assert (empty.rouge_1, empty.rouge_l, empty.chrf, empty.bleu) == (0, 0, 0, 0)
    other = present(text_overlap("心房細動", ["心房細動"]))
    assert (other.rouge_1, other.rouge_l, other.chrf) == (None, None, 1)


def test_very_long_texts_are_left_out() -> None:
    long = "word " * (MAX_COMPARED // 5 + 1)
    assert text_overlap(long, [HAS]) is None
    assert text_overlap(HAS, [long]) is None
    assert text_overlap(HAS, [long, HAS]) == text_overlap(HAS, [HAS])


def test_longer_words_are_stemmed() -> None:
    assert rouge_words("Used days, trying 3-mg Plausibly") == ("use", "day", "tri", "3", "mg", "plausibl")


def test_rouge_is_that_of_rouge_score() -> None:
    """Where it is installed (it takes nltk, whose stemmer differs in few words)."""
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer
    theirs = scorer(["rouge1", "rougeL"], use_stemmer=True)
    for text, reference in product(TEXTS, TEXTS[:-1]):
        found, scores = text_overlap(text, [reference]), theirs.score(reference, text)
        assert found is not None
        assert found.rouge_1 == pytest.approx(scores["rouge1"].fmeasure)
        assert found.rouge_l == pytest.approx(scores["rougeL"].fmeasure)
