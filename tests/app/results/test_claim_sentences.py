"""The sentence at the head of the results, for odd studies: each text was read and approved."""

from __future__ import annotations

import pytest

from ftcompare.app.results.claim_sentences import headline
from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats.summary import compare

CHOICES = {"b": ("b", 1.0), "a": ("a", 0.0), "=": ("tie", 0.5), "x": ("both_bad", 0.5)}


def sentence(answers: dict[str, str], *, finished: bool = True, kind: RaterKind = RaterKind.HUMAN) -> str:
    """The headline of raters' answers by prompt, a letter each; raters take turns by prompt."""
    votes = [
        Vote(
            prompt=f"p{prompt}",
            rater=rater,
            a="base",
            b="tuned",
            choice=CHOICES[given[prompt]][0],
            preference=CHOICES[given[prompt]][1],
            rater_kind=kind,
        )
        for prompt in range(max(map(len, answers.values())))
        for rater, given in answers.items()
        if prompt < len(given)
    ]
    return headline(compare(votes, finished=finished)[0])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            {"Ada": "b" * 40, "Ben": "b" * 40, "Cleo": "a" * 40},
            "These 3 raters preferred tuned over base: tuned won 67% of judgments. They disagree: tuned has "
            "a win rate of 0% with Cleo. For raters like them the range is still 0–100%.",
        ),
        (
            {"Ada": "b" * 70 + "a" * 25, "Ben": "b" * 6},
            "These 2 raters clearly preferred tuned over base: tuned won 75% of judgments. It rests on one "
            "rater: 95 of 101 judgments are by Ada. Two raters are too few to speak for others.",
        ),
        (
            {"Ada": "x" * 20},
            "No clear preference between tuned and base: both answers were bad each time. Neither is ahead.",
        ),
        (
            {"Ada": "x" * 10 + "=" * 10},
            "No clear preference between tuned and base: every judgment was a tie or “both bad”. Neither is "
            "ahead.",
        ),
        (
            {"Ada": "=" * 20},
            "No clear preference between tuned and base: every judgment was a tie. Neither is ahead.",
        ),
        (
            {"Ada": "b" * 5},
            "5 prompts are too few to tell a preference between tuned and base: tuned won 100% of judgments.",
        ),
        (
            dict.fromkeys(("Ada", "Ben", "Cleo", "Dan", "Eve"), "b" * 30 + "a" * 10),
            "Raters preferred tuned over base: tuned won 75% of judgments. That holds for these 5 raters "
            "and, if raters' preferences are roughly normally distributed, for raters like them.",
        ),
    ],
)
def test_each_study_has_its_sentence(answers: dict[str, str], expected: str) -> None:
    assert sentence(answers) == expected


def test_a_study_unblinded_early_keeps_the_claim_of_the_evidence() -> None:
    assert sentence({"Ada": "b" * 20, "Ben": "b" * 20}, finished=False) == (
        "These 2 raters clearly preferred tuned over base: tuned won 100% of judgments. Of other raters "
        "nothing is said before the end. Unblinded before all planned judgments were made, so that only the "
        "evidence counts (strength 49,932; 20 is enough)."
    )
    assert sentence({"Ada": "bba" * 4}, finished=False).endswith("counts (strength 1.3; 20 is enough).")


def test_people_s_open_judgments_change_nothing_for_a_judge() -> None:
    found = sentence({"Judge": "b" * 20}, finished=False, kind=RaterKind.AUTOMATIC)
    assert found == sentence({"Judge": "b" * 20}, kind=RaterKind.AUTOMATIC)
    assert "Unblinded" not in found
