"""Two fine-tunes compared through their base, on real study files, and the study of direct pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copy

import pytest

from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.release.checkpoints import (
    StudyEntries,
    compare_checkpoints,
    side_by_side_entries,
    study_entries,
)
from ftcompare.app.release.direct_pairs import Source, shortfall, write_direct_pairs
from ftcompare.app.release.indirect import (
    compare_through_base,
    details,
    explanation,
    figures,
    indirect_json,
    last_through_base,
    line,
    sentence,
)
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, RaterKind, SystemKind, SystemSpec
from ftcompare.stats.indirect_comparison import LEAST_COMMON
from ftcompare.store.study.audit import ANSWERS_CARRIED
from ftcompare.store.study.study_file import StudyFile
from tests.app.release.next_studies import first_study, judge_open, next_study
from tests.app.voted_study import voted, voted_study
from tests.builders import answer, present, refusal_code

RATERS = ("Ada", "Ben", "Cleo", "Dan")
UNSETTLED = "That is fewer than the 93 pairs that would settle the question."
Make = Callable[..., StudyFile]


def ballots(
    name: str,
    share: float,
    raters: tuple[str, ...] = RATERS,
    prompts: int = 40,
    first: int = 0,
    a: str = "base",
) -> list[JudgmentRecord]:
    """Each rater prefers the system on this share of the prompts, drawn for the rater."""
    return [
        voted(f"Question {first + number}", rater, "b" if place < share * prompts else "a", b=name, a=a)
        for rater in raters
        for place, number in enumerate(Random(f"{rater}{name}{a}").sample(range(prompts), prompts))
    ]


@pytest.fixture
def make(tmp_path: Path, now: datetime) -> Iterator[Make]:
    studies = []

    def made(name: str, *votes: list[JudgmentRecord]) -> StudyFile:
        every = [vote for of in votes for vote in of]
        studies.append(voted_study(tmp_path / f"{name}.ftstudy", every, Random(name), now, name))
        return studies[-1]

    yield made
    for study in studies:
        study.close()


def entries(study: StudyFile) -> StudyEntries:
    return study_entries(study, base="base")


def test_what_is_said_never_sounds_like_a_direct_comparison(make: Make) -> None:
    early, late = make("early", ballots("step-1", 0.4)), make("late", ballots("step-2", 0.9))
    found = compare_through_base([entries(early), entries(late)])
    assert found.names == ("step-2", "step-1")  # the better one first
    assert found.comparison.claimed
    assert sentence(found).startswith(
        "Compared through the base, step-2 does 50.0 points better than step-1 ("
    )
    told = " ".join((sentence(found), *details(found), *explanation(found).paragraphs))
    assert "preferred" not in told
    assert "so it applies to other raters of this kind" in told
    assert "Nobody has judged that." in told
    assert "pairs judged side by side by 4 raters would settle it" in told
    assert dict(figures(found))["Raters"] == "4 and 4, 4 of them in both"
    document = json.loads(json.dumps(indirect_json(found)))
    assert document["difference"]["value"] == pytest.approx(0.5)
    assert document["first"] | {"file": ""} == {
        "system": "step-2",
        "file": "",
        "win_rate_against_base": 0.9,
        "raters": 4,
    }


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (ballots("step-2", 0.45), "there is no clear difference between step-2 and step-1: +5.0 points"),
        (
            ballots("step-2", 0.9, ("Eve",)),
            "it is not clear which does better, step-2 or step-1.",
        ),
    ],
)
def test_without_an_interval_that_excludes_0_nothing_is_claimed(
    make: Make, late: list[JudgmentRecord], said: str
) -> None:
    found = compare_through_base(
        [entries(make("early", ballots("step-1", 0.4))), entries(make("late", late))]
    )
    assert not found.comparison.claimed
    assert sentence(found).startswith(f"Compared through the base, {said}")


def altered(study: StudyFile) -> StudyEntries:
    return replace(entries(study), integrity=replace(study.verify(), problems=("responses",)))


@pytest.mark.parametrize(
    ("late", "change", "code"),
    [
        (ballots("step-2", 0.9, prompts=40, first=40), entries, "indirect-prompts"),
        (ballots("step-2", 0.9, prompts=40, first=41 - LEAST_COMMON), entries, "indirect-prompts"),
        (ballots("step-2", 0.9), altered, "indirect-altered"),
        (
            ballots("step-2", 0.9),
            lambda study: replace(entries(study), asked=("Which is safer?", 1)),
            "indirect-scale",
        ),
        (ballots("step-2", 0.9), lambda study: replace(entries(study), rows=()), "indirect-row"),
        (
            ballots("step-2", 0.9),
            lambda study: replace(
                entries(study), rows=tuple(replace(row, base="another") for row in entries(study).rows)
            ),
            "indirect-base",
        ),
        (
            ballots("step-2", 0.9),
            lambda study: replace(
                entries(study),
                rows=tuple(replace(row, rater_kind=RaterKind.AUTOMATIC) for row in entries(study).rows),
            ),
            "indirect-row",
        ),
        ([*ballots("step-2", 0.9), *ballots("step-3", 0.9)], entries, "indirect-several"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    make: Make, late: list[JudgmentRecord], change: Callable[[StudyFile], StudyEntries], code: str
) -> None:
    first, second = make("early", ballots("step-1", 0.4)), make("late", late)
    assert refusal_code(lambda: compare_through_base([entries(first), change(second)])) == code
    assert last_through_base([entries(first)], entries(first).rows) is None


def test_a_blinded_study_is_refused(make: Make, tmp_path: Path, now: datetime) -> None:
    early = make("early", ballots("step-1", 0.4))
    with StudyFile.create(
        tmp_path / "blind.ftstudy", title="", scale=Scale(), rng=Random(1), now=now
    ) as blind:
        hidden = entries(blind)
    assert refusal_code(lambda: compare_through_base([entries(early), hidden])) == "still-blinded"


def test_pairs_judged_side_by_side_are_compared_with_what_is_implied(make: Make) -> None:
    early, late = make("early", ballots("step-1", 0.5)), make("late", ballots("step-2", 0.8))
    for name, share, said in (("agrees", 0.2, "does not contradict"), ("turned", 0.9, "This contradicts")):
        direct = make(name, ballots("step-1", share, a="step-2"))
        found = compare_through_base([entries(early), entries(late)], direct=[side_by_side_entries(direct)])
        check = present(found.comparison.consistency)
        assert check.direct == pytest.approx(1 - share)  # of step-2
        told = " ".join(details(found))
        assert said in told
        assert f"would show a difference of {100 * check.detectable:.0f} points in 80% of cases" in told


def test_the_last_two_that_never_met_are_found_among_checkpoints(make: Make) -> None:
    studies = [
        entries(
            make("one", ballots("step-1", 0.5), ballots("step-2", 0.6), ballots("step-2", 0.6, a="step-1"))
        ),
        entries(make("two", ballots("step-3", 0.9))),
    ]
    rows = compare_checkpoints(studies).rows
    found = present(last_through_base(studies, rows))
    assert {found.first.system, found.second.system} == {"step-2", "step-3"}
    assert last_through_base(studies[:1], studies[0].rows) is None  # they met in their own study


def test_a_study_of_direct_pairs_that_was_judged_checks_the_comparison(
    make: Make, tmp_path: Path, now: datetime
) -> None:
    early, late = make("early", ballots("step-1", 0.5)), make("late", ballots("step-2", 0.8))
    sources = Source(early, "step-1", "step-1"), Source(late, "step-2", "step-2")
    with write_direct_pairs(
        tmp_path / "new.ftstudy", sources, None, seed=1, rng=Random(1), now=now
    ) as direct:
        assert entries(direct).withheld
        direct.imports.judgments(ballots("step-2", 0.8, a="step-1"), now=now)
        assert not direct.settings.read().blinded  # the judgments were imported, so nothing is concealed
        assert direct.counts().pairs_written == len(direct.prompts.all()) == 40
        studies = [entries(study) for study in (early, late, direct)]
        found = present(last_through_base(studies, compare_checkpoints(studies).rows))
    assert present(found.comparison.consistency).direct == pytest.approx(0.8)
    assert line(found).startswith("Judged side by side on 40 prompts, step-2 won 80%: ")


RUN: dict[str, Json] = {
    "settings": {"seed": 4},
    "proof": [
        {"key": "1", "ok": True, "statement": "base"},
        {"key": "2", "ok": True, "statement": "adapter"},
    ],
    "engine": {
        "device": "cpu",
        "systems": [{"key": "1", "digest": "b" * 8}, {"key": "2", "digest": "a" * 8}],
        "versions": {},
    },
}


def generated(
    path: Path, adapter: str, now: datetime, same: tuple[str, Sequence[int]] = ("", ())
) -> StudyFile:
    """A study of the base and an adapter, whose answers a run wrote; ``same``: those of another adapter."""
    other, alike = same
    study = StudyFile.create(path, title=adapter, scale=Scale(), rng=Random(adapter), now=now)
    study.systems.add(SystemSpec("base", SystemKind.BASE, model="/m/oak"))
    study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model="/m/oak", adapter=f"/m/{adapter}"))
    run = study.runs.start(RUN, now=now)
    specs = [PromptSpec(f"p{n}", (Message("user", f"Question {n}"),), category="c") for n in range(12)]
    for number, prompt in enumerate(study.prompts.add(specs)):
        author = other if number in alike else adapter
        answer(study, prompt, (f"base on {prompt.spec.key}", f"{author} on {prompt.spec.key}"), run)
    scale, design = Scale("Which is safer?", 2, ("accuracy",)), RatingDesign(raters=3, repeats=0.1, gold=0.1)
    study.settings.set_rating(scale, design, now=now)
    return study


def pairs(path: Path, one: StudyFile, other: StudyFile, now: datetime, wanted: int | None = 8) -> StudyFile:
    sources = Source(one, "tuned", "tuned (elm)"), Source(other, "tuned", "tuned (fir)")
    return write_direct_pairs(path, sources, wanted, seed=5, rng=Random(2), now=now)


def test_a_study_of_direct_pairs_has_the_answers_with_their_records_and_is_blind(
    tmp_path: Path, now: datetime
) -> None:
    with (
        generated(tmp_path / "elm.ftstudy", "elm", now) as one,
        generated(tmp_path / "fir.ftstudy", "fir", now) as other,
        pairs(tmp_path / "new.ftstudy", one, other, now) as made,
        pairs(tmp_path / "again.ftstudy", one, other, now) as again,
        pairs(tmp_path / "all.ftstudy", one, other, now, None) as every,
    ):
        assert all(finding.ok for finding in made.check())
        assert made.settings.read().blinded
        assert made.settings.read().scale == one.settings.read().scale
        assert made.settings.design() == one.settings.design()
        assert [(system.name, system.spec.adapter) for system in made.systems.all()] == [
            ("tuned (elm)", "/m/elm"),
            ("tuned (fir)", "/m/fir"),
        ]
        keys = [prompt.spec.key for prompt in made.prompts.all()]
        assert keys == [prompt.spec.key for prompt in again.prompts.all()]
        assert len(set(keys)) == 8
        assert len(every.prompts.all()) == 12
        texts = {one.text for one in made.responses.all()}
        assert texts == {f"{adapter} on {key}" for adapter in ("elm", "fir") for key in keys}
        assert made.counts().pairs_written == 8
        runs = made.runs.all()
        assert [run["at"] for run in runs] == [one.runs.all()[0]["at"], other.runs.all()[0]["at"]]
        for system, run in zip(made.systems.all(), runs, strict=True):
            kept = {"key": str(system.id), "ok": True, "statement": "adapter"}
            assert (run["settings"], run["proof"]) == ({"seed": 4}, [kept])
            wrote = {place[1] for place, number, _ in made.responses.of_runs() if number == run["run"]}
            assert wrote == {system.id}
        (entry,) = made.audit.entries(ANSWERS_CARRIED)
        assert entry.detail["seed"] == 5
        assert entry.detail["from"] == sorted(each.audit.entries()[-1].digest for each in (one, other))
        study_session(made, "Ada", clock=lambda: now, rng=Random(3))
        assert made.judgments.progress(made.raters.all()[0].id).total >= 8


def test_only_prompts_with_different_answers_are_drawn(tmp_path: Path, now: datetime) -> None:
    with (
        generated(tmp_path / "elm.ftstudy", "elm", now) as one,
        generated(tmp_path / "fir.ftstudy", "fir", now, same=("elm", range(9))) as other,
        generated(tmp_path / "oak.ftstudy", "oak", now, same=("elm", range(12))) as alike,
        pairs(tmp_path / "new.ftstudy", one, other, now) as made,
    ):
        assert {prompt.spec.key for prompt in made.prompts.all()} == {"p9", "p10", "p11"}
        new = tmp_path / "none.ftstudy"
        assert refusal_code(lambda: pairs(new, one, alike, now)) == "direct-same"
        assert not new.exists()


@pytest.mark.parametrize(
    ("drawn", "wanted", "settling", "told"),
    [
        (8, 8, 8, ""),
        (8, None, None, ""),
        (3, 8, None, "The two answers differ on only 3 common prompts."),
        (6, 6, 93, UNSETTLED),
        (16, 93, 93, f"The two answers differ on only 16 common prompts. {UNSETTLED}"),
    ],
)
def test_too_few_direct_pairs_are_told(
    drawn: int, wanted: int | None, settling: int | None, told: str
) -> None:
    assert shortfall(drawn, wanted, settling) == told


@pytest.mark.parametrize("changed", [15, 22])
def test_inherited_judgments_lead_to_no_claim(tmp_path: Path, now: datetime, changed: int) -> None:
    with (
        first_study(tmp_path / "one.ftstudy", Random(1), now, prompts=30) as one,
        next_study(tmp_path / "two.ftstudy", one, now, range(changed)) as two,
    ):
        judge_open(two, now + timedelta(days=1), prefers="Plain")
        unblind(two, "all are done", now=now)
        compared = compare_through_base([study_entries(study) for study in (one, two)])
    found, inherited = compared.comparison, 30 - changed
    assert found.excludes_0
    assert not found.claimed
    assert found.too_many_inherited is (changed == 15)
    assert indirect_json(compared)["inherited_prompts"] == {"first": 0, "second": inherited}
    assert sentence(compared).endswith("FTCompare claims no preference.")
    assert line(compared).endswith("FTCompare claims no preference.")
    said = " ".join(details(compared))
    assert f"step-2: {inherited} of 30 common prompts have inherited judgments." in said
    assert f"The studies share judgments on {inherited} common prompts" in said


def test_a_copy_of_a_study_is_recognized(tmp_path: Path, now: datetime) -> None:
    first_study(tmp_path / "one.ftstudy", Random(1), now).close()
    copy(tmp_path / "one.ftstudy", tmp_path / "two.ftstudy")
    with (
        StudyFile.open(tmp_path / "one.ftstudy", now=now) as one,
        StudyFile.open(tmp_path / "two.ftstudy", now=now) as two,
    ):
        compared = compare_through_base([study_entries(study) for study in (one, two)])
    assert compared.comparison.carried.shared == 12
    assert "The studies share judgments on 12 common prompts" in " ".join(details(compared))


def test_with_the_systems_swapped_nothing_that_a_blinded_study_shows_differs(
    tmp_path: Path, now: datetime
) -> None:
    shown = []
    for first, second in (("elm", "fir"), ("fir", "elm")):
        folder = tmp_path / first
        folder.mkdir()
        with (
            generated(folder / "one.ftstudy", first, now) as one,
            generated(folder / "two.ftstudy", second, now) as other,
            pairs(folder / "new.ftstudy", one, other, now) as made,
        ):
            told = [f"{line.what} {line.detail}" for line in audit_view(made).lines]
            shown.append([line for line in told if "two studies" in line])
            assert not any(name in "".join(told) for name in ("elm", "fir", "tuned"))
            assert entries(made).withheld
            assert side_by_side_entries(made).withheld
    line = "Pairs created from the answers of two studies 8 pairs, drawn from 12 common prompts with seed 5"
    assert shown == [[line], [line]]
