"""People's win rate with a program's further judgments: real studies, and those where it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.results.presentation.prediction_powered import (
    HOLDS_ONLY,
    NOBODY,
    REFUSALS,
    NotPowered,
    PoweredRate,
    powered_figures,
    powered_rates,
)
from ftcompare.app.review.judging_round import send_to_judging
from ftcompare.cli.main import run
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    RaterKind,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.stats.prediction_powered import prediction_powered
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study
from tests.builders import drawn_rater, output_of, present, refusal_code

PROMPTS = 30
TUNED_WINS = 20
"""People and the program prefer the tuned one on so many prompts, the first ones."""


def add_prompts(study: StudyFile, numbers: Iterable[int]) -> None:
    systems = {system.name: system.id for system in study.systems.all()}
    for number in numbers:
        (prompt,) = study.prompts.add([PromptSpec(f"p{number}", (Message("user", f"p{number}"),))])
        drafts = [ResponseDraft(systems[n], f"{n} on p{number}", FinishReason.END, 3) for n in systems]
        study.responses.store(prompt.id, drafts, run=None)


@dataclass
class Judged:
    """A study whose one rater judges as the numbers of the prompts say."""

    study: StudyFile
    now: datetime

    def judge(self, name: str, count: int, *, skips: int = 0) -> None:
        rater = drawn_rater(self.study, name, rng=Random(name), now=self.now).id
        for _ in range(skips):
            item = present(self.study.judgments.next_item(rater))
            self.study.judgments.skip(item.allocation, "", seconds=1.0, now=self.now)
        for _ in range(count):
            item = present(self.study.judgments.next_item(rater))
            tuned_left = item.left.startswith("tuned")
            tuned_better = int(item.messages[0].content[1:]) < TUNED_WINS
            choice = Choice.LEFT if tuned_left == tuned_better else Choice.RIGHT
            self.study.judgments.judge(item.allocation, Verdict(choice), now=self.now)

    def ask_program(self, numbers: Iterable[int] = range(PROMPTS)) -> None:
        self.study.imports.judgments(map(by_program, numbers), now=self.now)

    def told(self) -> tuple[PoweredRate, ...]:
        if self.study.settings.read().blinded:
            self.study.settings.unblind(reason="done", now=self.now)
        return powered_rates(self.study)


def by_program(number: int) -> JudgmentRecord:
    choice = "b" if number < TUNED_WINS else "a"
    return voted(f"p{number}", "judge", choice, rater_kind=RaterKind.AUTOMATIC)


@pytest.fixture
def judged(tmp_path: Path, now: datetime) -> Judged:
    study = StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(3), now=now)
    for name in ("base", "tuned"):
        study.systems.add(SystemSpec(name, SystemKind.IMPORTED))
    add_prompts(study, range(PROMPTS))
    return Judged(study, now)


def test_a_program_that_judges_as_people_do_makes_few_prompts_as_good_as_many(judged: Judged) -> None:
    judged.judge("Ada", 12)
    judged.ask_program()
    [one] = judged.told()
    assert (one.a, one.b, one.program, one.refused) == ("base", "tuned", "judge", None)
    assert (one.imported, one.skipped, one.people_only) == (0, 0, 0)
    found = present(one.estimate)
    assert (found.prompts, found.further) == (12, PROMPTS - 12)
    assert found.people == found.judge_same
    won = round(12 * found.people)
    same, further = [1.0] * won + [0.0] * (12 - won), [1.0] * (TUNED_WINS - won) + [0.0] * (won - 2)
    assert found == prediction_powered(same, same, further)
    assert found.effective_prompts is not None
    assert found.effective_prompts > 12
    assert found.narrower


def test_a_program_that_judges_against_people_is_not_used(
    judged: Judged, capsys: pytest.CaptureFixture[str]
) -> None:
    judged.judge("Ada", 12)
    against = ("a" if number < TUNED_WINS else "b" for number in range(PROMPTS))
    votes = (
        voted(f"p{number}", "judge", choice, rater_kind=RaterKind.AUTOMATIC)
        for number, choice in enumerate(against)
    )
    judged.study.imports.judgments(votes, now=judged.now)
    [one] = judged.told()
    assert one.estimate is not None
    assert (one.estimate.used, one.estimate.effective_prompts) == (0, 12)
    judged.study.close()
    assert run(["judges", "combine", str(judged.study.path)]) == 0
    assert "as with people alone: the program is not used" in capsys.readouterr().out


def test_systems_named_the_other_way_round_by_a_program_are_the_same_pair(judged: Judged) -> None:
    judged.judge("Ada", 12)
    turned = (
        voted(
            f"p{number}",
            "judge",
            "a" if number < TUNED_WINS else "b",
            a="tuned",
            b="base",
            rater_kind=RaterKind.AUTOMATIC,
        )
        for number in range(PROMPTS)
    )
    judged.study.imports.judgments(turned, now=judged.now)
    [one] = judged.told()
    assert (one.a, one.b) == ("base", "tuned")
    assert one.estimate is not None
    assert one.estimate.people == one.estimate.judge_same


def test_imported_pairs_that_name_the_later_system_first_are_turned(tmp_path: Path, now: datetime) -> None:
    votes = [
        *map(by_program, range(3)),
        voted("other", "judge", "b", a="tuned", b="base", rater_kind=RaterKind.AUTOMATIC),
        *(voted(f"p{n}", "Ada", "b") for n in range(2)),
    ]
    with voted_study(tmp_path / "v.ftstudy", votes, Random(1), now) as study:
        [one] = powered_rates(study)
    assert (one.a, one.b) == ("base", "tuned")
    assert one.estimate is not None
    assert one.estimate.judge_further == 0.5


def test_without_a_program_there_is_nothing(judged: Judged) -> None:
    judged.judge("Ada", 3)
    assert judged.told() == ()


def test_a_program_that_adds_no_prompt_is_refused(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    judged.judge("Ada", PROMPTS)
    judged.ask_program()
    assert [one.refused for one in judged.told()] == [NotPowered.NO_FURTHER_PROMPT]
    judged.study.close()
    printed = output_of(capsys, ["judges", "combine", str(judged.study.path)])
    assert printed.endswith(f"{REFUSALS[NotPowered.NO_FURTHER_PROMPT]}\n")
    assert HOLDS_ONLY not in printed


def test_a_pair_that_nobody_judged_is_refused(judged: Judged) -> None:
    """The import unblinds such a study."""
    judged.ask_program()
    assert [(one.refused, one.estimate) for one in judged.told()] == [(NotPowered.NO_SHARED_PROMPT, None)]


def test_prompts_that_were_sent_to_raters_are_refused(judged: Judged) -> None:
    judged.judge("Ada", 12)
    prompts = [prompt.id for prompt in judged.study.prompts.all()][:3]
    send_to_judging(judged.study, prompts, ["Ben"], rng=Random(1), now=judged.now)
    judged.ask_program()
    assert [one.refused for one in judged.told()] == [NotPowered.PROMPTS_CHOSEN]


def test_prompts_that_came_when_people_had_begun_are_refused(judged: Judged) -> None:
    judged.judge("Ada", 12)
    add_prompts(judged.study, range(PROMPTS, PROMPTS + 5))
    judged.ask_program(range(PROMPTS + 5))
    assert [one.refused for one in judged.told()] == [NotPowered.CAME_LATER]


def test_prompts_that_came_later_do_not_matter_where_the_program_did_not_judge_them(judged: Judged) -> None:
    judged.judge("Ada", 12)
    add_prompts(judged.study, range(PROMPTS, PROMPTS + 5))
    judged.ask_program()
    assert [one.refused for one in judged.told()] == [None]


def test_from_fifty_prompts_on_what_they_are_worth_is_told_without_a_doubt(
    judged: Judged, capsys: pytest.CaptureFixture[str]
) -> None:
    add_prompts(judged.study, range(PROMPTS, 60))
    judged.judge("Ada", 50)
    judged.ask_program(range(60))
    assert [one.refused for one in judged.told()] == [None]
    judged.study.close()
    printed = output_of(capsys, ["judges", "combine", str(judged.study.path)])
    assert "Equivalent number of people's prompts" in printed
    assert "more than people judged" in printed


@pytest.mark.parametrize("later", [False, True])
def test_raters_who_share_the_pairs_judge_a_part_by_chance_of_what_was_there(
    judged: Judged, later: bool
) -> None:
    judged.study.settings.set_rating(Scale(), RatingDesign(raters=2, each=1), now=judged.now)
    judged.judge("Ada", 12)
    if later:
        add_prompts(judged.study, range(PROMPTS, PROMPTS + 5))
        judged.judge("Ben", 3)
    judged.ask_program(range(PROMPTS + 5 * later))
    [one] = judged.told()
    assert one.refused == (NotPowered.CAME_LATER if later else None)


def test_pairs_that_are_shared_out_only_later_are_held_to_the_first_order(judged: Judged) -> None:
    """Ada had her order of all pairs there were; then came more, and the pairs were shared out."""
    judged.judge("Ada", 6)
    add_prompts(judged.study, range(PROMPTS, PROMPTS + 5))
    judged.study.settings.set_rating(Scale(), RatingDesign(raters=2, each=1), now=judged.now)
    judged.now += timedelta(hours=1)
    judged.judge("Ben", 6)
    judged.ask_program(range(PROMPTS + 5))
    assert [one.refused for one in judged.told()] == [NotPowered.CAME_LATER]


def test_as_many_prompts_as_people_judged_are_not_too_great(judged: Judged) -> None:
    judged.judge("Ada", 12)
    judged.ask_program()
    [one] = judged.told()
    assert one.estimate is not None
    alone = one.estimate.prompts * one.estimate.people_variance
    assert alone > 0
    notes = {
        exact: powered_figures(one, replace(one.estimate, variance=alone / exact)).figures[-1].note
        for exact in (11.6, 12.4, 13.0)
    }
    no_more = "as with people alone"
    assert notes == {11.6: no_more, 12.4: no_more, 13.0: "very large: based on few prompts"}


def test_skipped_prompts_are_told(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    judged.judge("Ada", 10, skips=2)
    judged.ask_program()
    [one] = judged.told()
    assert one.skipped == 2
    judged.study.close()
    printed = output_of(capsys, ["judges", "combine", str(judged.study.path), "--pair", "tuned", "base"])
    assert "tuned against base, with judge" in printed
    assert "10 prompts of people and 20 prompts more" in printed
    assert "very large: based on few prompts" in printed
    assert "2 prompts that the program judged were skipped by people" in printed


def test_what_is_told_of_imported_judgments(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows how they were chosen; with few prompts there is no interval; "ghost" shares none."""
    people = [voted(f"p{n}", "Ada", "b") for n in range(4)]
    ghost = voted("nobody's", "ghost", "b", rater_kind=RaterKind.AUTOMATIC)
    alone = [
        voted("only people's", "Ada", "a"),
        voted("nobody's", "ghost", "b", rater_kind=RaterKind.AUTOMATIC),
    ]
    votes = [*people, *alone, *map(by_program, range(8))]
    path = tmp_path / "v.ftstudy"
    voted_study(path, votes, Random(1), now).close()
    printed = output_of(capsys, ["judges", "combine", str(path), "--details"])
    assert "People's judgments of 4 prompts were imported." in printed
    assert "1 prompt that people judged and the program did not was left out." in printed
    assert "no interval of fewer than 10 prompts" in printed
    assert "all verdicts are alike" in printed
    assert REFUSALS[NotPowered.NO_SHARED_PROMPT] in printed
    assert run(["judges", "combine", str(path), "--json"]) == 0
    ghost, judge = json.loads(capsys.readouterr().out)["win_rates"]
    assert (ghost["program"], ghost["refused"], ghost["win_rate_b"]) == ("ghost", "no-shared-prompt", None)
    assert (judge["prompts"], judge["further_prompts"], judge["win_rate_b"], judge["low"]) == (4, 4, 1, None)
    assert (judge["imported"], judge["judged_by_people_only"]) == (4, 1)


def test_a_study_without_programs_says_how_to_bring_them_in(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "v.ftstudy"
    voted_study(path, [voted("p", "Ada", "b")], Random(1), now).close()
    assert output_of(capsys, ["judges", "combine", str(path)]).strip() == NOBODY


def test_only_pairs_that_are_named_are_told(tmp_path: Path, now: datetime) -> None:
    more: dict[str, Any] = {"a": "base", "b": "other"}
    votes = [*map(by_program, range(3)), voted("p0", "judge", "b", **more, rater_kind=RaterKind.AUTOMATIC)]
    with voted_study(tmp_path / "v.ftstudy", votes, Random(1), now) as study:
        assert [one.b for one in powered_rates(study)] == ["tuned", "other"]
        assert [one.b for one in powered_rates(study, [("other", "base")])] == ["other"]


def test_it_is_withheld_while_the_study_is_blinded(judged: Judged) -> None:
    judged.judge("Ada", 3)
    assert refusal_code(lambda: powered_rates(judged.study)) == "still-blinded"
