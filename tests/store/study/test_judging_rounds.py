"""A further round of judging: who gets which pairs, what is noted, and what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.review.judging_round import preview_round, send_to_judging, sent_words
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptId,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.judging_rounds import SENT, SentPairs
from ftcompare.store.study.study_file import StudyFile

PROMPTS = 8


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    study = StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(3), now=now)
    systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("one", "two")]
    for number in range(PROMPTS):
        (prompt,) = study.prompts.add([PromptSpec(f"p{number}", (Message("user", f"{number}?"),))])
        if number < PROMPTS - 1:
            drafts = [ResponseDraft(s, f"{s} {number}", FinishReason.IMPORTED) for s in systems]
            study.responses.store(prompt.id, drafts, run=None)
    with study:
        yield study


def prompts(study: StudyFile, count: int) -> list[PromptId]:
    return [prompt.id for prompt in study.prompts.all()][:count]


def judge_all(study: StudyFile, name: str, now: datetime) -> int:
    rater = study.raters.add(name).id
    study.allocations.draw(rater, rng=Random(name), now=now)
    count = 0
    while (item := study.judgments.next_item(rater)) is not None:
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
        count += 1
    return count


def design(study: StudyFile, now: datetime, **fields: Any) -> None:
    study.settings.set_rating(Scale(), RatingDesign(**fields), now=now)


def sound(study: StudyFile) -> bool:
    return all(finding.ok for finding in study.check())


def test_a_named_rater_gets_the_chosen_pairs_first_and_the_rest_later(
    study: StudyFile, now: datetime
) -> None:
    judge_all(study, "Ada", now)
    sent = send_to_judging(study, prompts(study, 3), ["Cleo"], rng=Random(1), now=now)
    assert sent == SentPairs(pairs=3, judgments=3)
    cleo = study.raters.add("Cleo").id
    texts = []
    while (item := study.judgments.next_item(cleo)) is not None:
        texts.append(item.messages[0].content)
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    assert sorted(texts) == ["0?", "1?", "2?"]
    assert judge_all(study, "Cleo", now) == 4
    assert study.audit.entries()[-1].kind != SENT
    [entry] = [one for one in study.audit.entries() if one.kind == SENT]
    assert (entry.detail["pairs"], entry.detail["judgments"]) == (3, 3)
    assert sound(study)


def test_names_that_are_one_are_one_rater(study: StudyFile, now: datetime) -> None:
    sent = send_to_judging(study, prompts(study, 2), ["Cleo", "cleo ", "Dan"], rng=Random(1), now=now)
    assert sent.judgments == 4
    assert len(study.raters.all()) == 2


def test_checks_and_repeats_come_with_a_round_and_are_not_counted(study: StudyFile, now: datetime) -> None:
    design(study, now, repeats=0.5, controls=0.5)
    sent = send_to_judging(study, prompts(study, 6), ["Cleo"], rng=Random(1), now=now)
    assert sent.judgments == 6
    assert study.judgments.progress(study.raters.add("Cleo").id).total > 6
    assert sound(study)


def test_who_has_all_of_them_is_refused(study: StudyFile, now: datetime) -> None:
    judge_all(study, "Ada", now)
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 3), ["Ada"], rng=Random(1), now=now)
    assert refused.value.code == "nothing-to-send"
    assert not [one for one in study.audit.entries() if one.kind == SENT]


def test_where_each_rater_judges_all_somebody_is_to_be_named(study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 3), rng=Random(1), now=now)
    assert refused.value.code == "name-raters"
    preview = preview_round(study, prompts(study, 3))
    assert (preview.prompts, preview.pairs, preview.shared_out) == (3, 3, 0)
    assert "named here" in preview.told


def test_shared_pairs_go_to_raters_who_do_not_have_them(study: StudyFile, now: datetime) -> None:
    design(study, now, raters=3, each=1)
    first = {name: judge_all(study, name, now) for name in ("Ada", "Ben", "Cleo")}
    assert sum(first.values()) == 7
    sent = send_to_judging(study, prompts(study, 4), further=1, rng=Random(1), now=now)
    assert sent == SentPairs(pairs=4, judgments=4)
    again = {name: judge_all(study, name, now) for name in ("Ada", "Ben", "Cleo")}
    assert sum(again.values()) == 4
    judged = Counter((row.prompt.spec.key, row.rater.name) for row in study.judgments.standing())
    assert max(judged.values()) == 1
    per_prompt = Counter(key for key, _ in judged)
    assert [per_prompt[f"p{n}"] for n in range(7)] == [2, 2, 2, 2, 1, 1, 1]
    assert sound(study)


def test_further_judgments_go_as_far_as_there_are_raters(study: StudyFile, now: datetime) -> None:
    design(study, now, raters=3, each=1)
    sent = send_to_judging(study, prompts(study, 2), further=5, rng=Random(1), now=now)
    assert sent == SentPairs(pairs=2, judgments=4)
    both = send_to_judging(study, prompts(study, 3), rng=Random(1), now=now)
    assert both == SentPairs(pairs=3, judgments=1, complete=2)
    assert sent_words(both) == "1 further judgment of 3 pairs asked for. 2 pairs are with every rater."
    rest = send_to_judging(study, prompts(study, 3)[2:], rng=Random(1), now=now)
    assert sent_words(rest) == "1 further judgment of 1 pair asked for."
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 3), rng=Random(1), now=now)
    assert refused.value.code == "no-rater-left"
    preview = preview_round(study, prompts(study, 8))
    assert (preview.shared_out, preview.each, preview.pairs) == (3, 1, 7)
    assert "those with the fewest pairs first" in preview.told
    assert sound(study)


def test_of_shared_pairs_a_named_rater_gets_those_beyond_their_share(study: StudyFile, now: datetime) -> None:
    design(study, now, raters=2, each=1)
    had = judge_all(study, "Ada", now)
    sent = send_to_judging(study, prompts(study, 8), ["Ada"], rng=Random(1), now=now)
    assert sent == SentPairs(pairs=7, judgments=7 - had)
    assert judge_all(study, "Ada", now) == 7 - had
    assert judge_all(study, "Ben", now) == 7 - had
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 2), ["Cleo"], rng=Random(1), now=now)
    assert refused.value.code == "raters-complete"
    assert {rater.name for rater in study.raters.all()} == {"Ada", "Ben"}
    assert sound(study)


def test_prompts_without_a_pair_are_refused(study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 8)[7:], ["Ada"], rng=Random(1), now=now)
    assert refused.value.code == "no-pairs"


def test_after_unblinding_the_way_is_named(study: StudyFile, now: datetime) -> None:
    judge_all(study, "Ada", now)
    study.settings.unblind("done", now=now)
    assert preview_round(study, prompts(study, 1)).closed is not None
    with pytest.raises(UserError) as refused:
        send_to_judging(study, prompts(study, 1), ["Ben"], rng=Random(1), now=now)
    assert refused.value.code == "rating-closed"
    assert "Make a new study" in refused.value.how
    assert [rater.name for rater in study.raters.all()] == ["Ada"]
