"""Live: a typed prompt becomes one blind pair of the live kind, by the real worker; else it says why not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any, get_args, get_type_hints

import pytest
from fake_backend import FAKE

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import exported_objects
from ftcompare.app.live.live_session import LiveSession, LiveStep
from ftcompare.app.live.live_view import LiveStage, LiveView
from ftcompare.app.results.study_results import live_results, results
from ftcompare.app.review.terminology import live_pairs
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import LiveHistory, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import ComparisonKind, System, SystemId, SystemKind, SystemSpec, Verdict
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.formats.judgments import EXPORT as JUDGMENTS
from ftcompare.formats.training.selection import PairFilters
from ftcompare.formats.training.trainers import PREFERENCE
from ftcompare.store.study.study_file import StudyFile
from tests.app.fake_systems import script
from tests.builders import drawn_rater, present, refusal_code

VOTE = Verdict(Choice.LEFT, seconds=3.0)
Make = Callable[..., LiveSession]


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess() as made:
        yield made


@pytest.fixture
def make(now: datetime) -> Make:
    def made(study: StudyFile, rater: str = "Ada", seed: int = 5) -> LiveSession:
        return LiveSession(study, rater, clock=lambda: now, rng=Random(seed), backend=FAKE)

    return made


def ask(
    session: LiveSession,
    engine: EngineProcess,
    text: str = "Is tea healthy?",
    *,
    kept: bool = False,
    watch: Callable[[LiveStep], None] = lambda _: None,
) -> LiveView:
    step = session.ask(text, kept=kept)
    watch(step)
    commands = list(step.commands)
    while commands:
        for event in engine.events(commands.pop(0)):
            step = session.handle(event)
            watch(step)
            commands += step.commands
    return step.view


def live_choices(study: StudyFile) -> list[str]:
    return [row.choice for row in study.judgments.standing(ComparisonKind.LIVE)]


def test_a_typed_prompt_becomes_a_blind_pair_with_both_answers(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    view = ask(make(empty_study), engine)
    assert view.stage is LiveStage.VOTE
    assert view.item is not None
    assert [m.content for m in view.item.messages] == ["Is tea healthy?"]
    texts = {f"The {voice} answer to: Is tea healthy?" for voice in ("base", "adapted")}
    assert {view.item.left, view.item.right} == texts


def test_nothing_is_shown_before_both_answers_are_whole(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    views: list[LiveView] = []
    ask(make(empty_study), engine, watch=lambda step: views.append(step.view))
    stages = list(dict.fromkeys(view.stage for view in views))
    assert stages == [LiveStage.LOADING, LiveStage.CHECKING, LiveStage.WRITING, LiveStage.VOTE]
    assert all(view.item is None for view in views[:-1])
    assert len({view for view in views if view.stage is LiveStage.WRITING}) == 1, (
        "what comes from the engine on the way changes nothing that is seen"
    )


def test_a_view_can_hold_no_system_no_time_and_no_count_of_tokens() -> None:
    held = _held(LiveView)
    assert not held & {System, SystemId, SystemSpec, protocol.Written, protocol.Pair, protocol.Progress}
    assert not any("token" in f.name or "seconds" in f.name for f in fields(LiveView))


def _held(kind: object) -> set[object]:
    """A type and all that its fields can hold."""
    found: set[object] = {kind}
    parts = set(get_args(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        parts |= set(get_type_hints(kind).values())
    for part in parts:
        found |= _held(part)
    return found


def test_votes_are_of_the_live_kind_and_change_no_result(
    study: StudyFile, engine: EngineProcess, make: Make, now: datetime
) -> None:
    rater = drawn_rater(study, "Ada", rng=Random(1), now=now)
    for choice in (Choice.LEFT, Choice.RIGHT, Choice.TIE):
        planned = present(study.judgments.next_item(rater.id))
        study.judgments.judge(planned.allocation, Verdict(choice, seconds=5.0), now=now)

    def state() -> tuple[object, ...]:
        own = [p.spec.key for p in study.prompts.all()]
        return (
            results(study),
            study.counts(),
            own,
            list(study.judgments.standing()),
            study.judgments.progress(rater.id),
        )

    before = state()
    session = make(study)
    item = present(ask(session, engine).item)
    view = session.vote(item.allocation, VOTE)
    assert (view.stage, view.votes, view.undo) == (LiveStage.ASK, 1, "Left is better")
    assert len(live_choices(study)) == 1
    assert state() == before


def test_live_pairs_are_not_handed_out_for_rating(
    study: StudyFile, engine: EngineProcess, make: Make, now: datetime
) -> None:
    session = make(study)
    ask(session, engine)
    rater = study.raters.add("Ada")
    planned = study.allocations.draw(rater.id, rng=Random(1), now=now)
    assert planned == len(study.prompts.all())
    assert study.judgments.progress(rater.id).total == planned


def test_the_check_of_the_study_still_holds(study: StudyFile, engine: EngineProcess, make: Make) -> None:
    session = make(study)
    for number in range(3):
        item = present(ask(session, engine, f"Prompt {number}", kept=number > 0).item)
        session.vote(item.allocation, VOTE)
    session.undo()
    assert [finding for finding in study.check() if not finding.ok] == []


def test_the_models_are_loaded_and_proved_once(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    stages: list[LiveStage] = []
    item = present(ask(session, engine).item)
    session.vote(item.allocation, VOTE)
    ask(session, engine, "And coffee?", kept=True, watch=lambda step: stages.append(step.view.stage))
    assert set(stages) == {LiveStage.WRITING, LiveStage.VOTE}
    assert len(empty_study.runs.all()) == 1


def test_a_system_added_meanwhile_has_everything_loaded_anew(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    item = present(ask(session, engine).item)
    session.vote(item.allocation, VOTE)
    empty_study.systems.add(SystemSpec("second", SystemKind.ADAPTER, model="{}", adapter="other"))
    (load,) = session.ask("And coffee?", kept=True).commands
    assert isinstance(load, protocol.Load)
    assert len(load.systems) == 3


def test_who_wrote_and_with_what_proof_is_on_record(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    ask(make(empty_study), engine)
    (record,) = empty_study.runs.all()
    assert {"settings", "proof", "engine"} <= record.keys()


def test_the_settings_are_those_of_the_studys_own_pairs(
    study: StudyFile, engine: EngineProcess, make: Make, now: datetime
) -> None:
    study.runs.start({"settings": {"max_new_tokens": 3}}, now=now)
    item = present(ask(make(study), engine).item)
    assert {item.left, item.right} == {"The base answer", "The adapted answer"}


def test_each_system_stands_left_about_as_often(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    left: Counter[bool] = Counter()
    for number in range(60):
        item = present(ask(session, engine, f"Prompt {number}", kept=number > 0).item)
        left["adapted" in item.left] += 1
        session.vote(item.allocation, VOTE)
    assert 18 <= left[True] <= 42, "binomial(60, .5), 99.8%"


def test_of_three_systems_each_two_come_up(empty_study: StudyFile, engine: EngineProcess, make: Make) -> None:
    empty_study.systems.add(SystemSpec("second", SystemKind.ADAPTER, model="{}", adapter="other"))
    session = make(empty_study)
    for number in range(30):
        item = present(ask(session, engine, f"Prompt {number}", kept=number > 0).item)
        session.vote(item.allocation, VOTE)
    rows = list(empty_study.judgments.standing(ComparisonKind.LIVE))
    assert len({(row.comparison.a.system, row.comparison.b.system) for row in rows}) == 3


def test_undo_brings_the_pair_back_and_the_next_vote_counts(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    item = present(ask(session, engine).item)
    session.vote(item.allocation, VOTE)
    view = session.undo()
    assert (view.votes, view.undo, view.stage) == (0, "", LiveStage.VOTE)
    assert view.item is not None
    assert (view.item.left, view.item.right) == (item.left, item.right)
    session.vote(item.allocation, Verdict(Choice.TIE))
    assert live_choices(empty_study) == ["tie"]


def test_undo_while_a_pair_waits_shows_that_pair_again_afterwards(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    first = present(ask(session, engine, "First").item)
    session.vote(first.allocation, VOTE)
    second = ask(session, engine, "Second", kept=True).item
    assert session.undo().item == first
    assert session.vote(first.allocation, Verdict(Choice.TIE)).item == second


def test_votes_are_counted_and_undone_for_one_person(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    item = present(ask(session, engine).item)
    session.vote(item.allocation, Verdict(Choice.RIGHT))
    assert make(empty_study, " ada ").view().undo == "Right is better"
    other = make(empty_study, "Bo")
    assert (other.view().votes, other.view().undo) == (0, "")
    other.undo()
    assert len(live_choices(empty_study)) == 1


def test_a_pair_can_be_left_without_a_vote(empty_study: StudyFile, engine: EngineProcess, make: Make) -> None:
    session = make(empty_study)
    ask(session, engine)
    assert session.pass_by().stage is LiveStage.ASK
    assert live_choices(empty_study) == []


def test_a_failed_proof_shows_no_answer_and_names_no_system(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    script(empty_study, verification_holds=False)
    view = ask(make(empty_study), engine)
    assert (view.stage, view.item, view.more) == (LiveStage.ASK, None, True)
    assert view.problem == "The models could not be verified, so they were not asked."
    assert not empty_study.runs.all()


@pytest.mark.parametrize(
    ("conduct", "words"),
    [
        ({"load_fault": "model-broken"}, "The models could not be loaded."),
        ({"pair_faults": {"live-1": "disk-lost"}}, "The answers could not be written."),
        ({"exit_at": "live-1"}, "The engine stopped unexpectedly. Try again: the engine restarts."),
        ({"failures": {"live-1": "It is too long."}}, "This prompt could not be answered. It is too long."),
    ],
)
def test_what_went_wrong_is_said_without_a_system(
    empty_study: StudyFile, engine: EngineProcess, make: Make, conduct: dict[str, object], words: str
) -> None:
    script(empty_study, **conduct)
    view = ask(make(empty_study), engine)
    assert (view.stage, view.problem) == (LiveStage.ASK, words)
    assert empty_study.counts().pairs_written == 0


def test_after_a_failure_the_next_prompt_is_answered(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    script(empty_study, failures={"live-1": "It is too long."})
    session = make(empty_study)
    ask(session, engine)
    view = ask(session, engine, "Shorter", kept=True)
    assert (view.stage, view.problem) == (LiveStage.VOTE, "")


def test_a_cancelled_prompt_leaves_nothing_behind(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    script(empty_study, seconds_per_pair=30)
    session = make(empty_study)
    step = session.ask("Is tea healthy?", kept=False)
    commands = list(step.commands)
    while commands:
        command = commands.pop(0)
        if isinstance(command, protocol.Generate):
            Timer(0.3, engine.cancel).start()
        for event in engine.events(command):
            step = session.handle(event)
            commands += step.commands
    assert (step.view.stage, step.view.problem) == (LiveStage.ASK, "")
    assert list(empty_study.raters.all()) == []


def test_a_cancel_that_comes_after_the_answers_takes_no_pair_away(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    view = ask(session, engine)
    assert session.handle(protocol.Finished(cancelled=True)).view == view


def test_without_own_prompts_the_proof_reads_the_typed_one(
    tmp_path: Path, rng: Random, now: datetime, engine: EngineProcess, make: Make
) -> None:
    path = tmp_path / "bare.ftstudy"
    with StudyFile.create(path, title="Bare", scale=Scale(), notice="", rng=rng, now=now) as study:
        script(study)
        proofs: list[protocol.Verify] = []

        def watch(step: LiveStep) -> None:
            proofs.extend(c for c in step.commands if isinstance(c, protocol.Verify))

        assert ask(make(study), engine, watch=watch).stage is LiveStage.VOTE
        assert [item.messages[0].content for item in proofs[0].items] == ["Is tea healthy?"]
        assert unblind(study, "live answers alone", now=now).unblinded_at


def test_an_unblinded_study_is_closed(study: StudyFile, make: Make, now: datetime) -> None:
    session = make(study)
    unblind(study, "done", now=now)
    with pytest.raises(UserError, match="would not be blind"):
        session.ask("Is tea healthy?", kept=False)
    with pytest.raises(UserError, match="would not be blind"):
        make(study)


@pytest.mark.parametrize(("keep", "code"), [(0, "no-model"), (1, "one-model")])
def test_a_study_without_two_models_says_so(empty_study: StudyFile, make: Make, keep: int, code: str) -> None:
    for system in empty_study.systems.all()[keep:]:
        empty_study.systems.remove(system.id)
    assert refusal_code(lambda: make(empty_study)) == code


def test_of_identical_answers_no_criteria_are_asked_and_each_counts_as_equal(
    empty_study: StudyFile, engine: EngineProcess, make: Make, now: datetime
) -> None:
    empty_study.settings.set_rating(Scale(criteria=("Tone",)), empty_study.settings.design(), now=now)
    keys = [str(number) for number in range(20)]
    script(empty_study, answers={key: {f"live-{n}": "Rest." for n in range(3)} for key in keys})
    live = make(empty_study)
    item = present(ask(live, engine).item)
    assert item.identical
    live.vote(item.allocation, Verdict(Choice.TIE))
    (row,) = empty_study.judgments.standing(ComparisonKind.LIVE)
    assert row.criteria == (("Tone", "tie"),)


def turn(session: LiveSession, engine: EngineProcess, text: str, choice: Choice) -> LiveView:
    """Vote on the pair that is shown and go on with it."""
    item = present(session.view().item)
    session.vote(item.allocation, Verdict(choice))
    step = session.ask(text, kept=True, go_on=True)
    commands = list(step.commands)
    while commands:
        for event in engine.events(commands.pop(0)):
            step = session.handle(event)
            commands += step.commands
    return step.view


def test_a_conversation_goes_on_with_each_sides_own_answers(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    first = present(ask(session, engine).item)
    assert session.view().next_turn == 0
    for number, text in enumerate(("And coffee?", "And water?"), start=2):
        item = present(turn(session, engine, text, Choice.RIGHT).item)
        assert (item.left_earlier[0], item.right_earlier[0]) == (first.left, first.right), "sides stay"
        assert len(item.left_earlier) == len(item.later_turns) == number - 1
        assert item.messages == first.messages
    stored = [
        c for row in empty_study._db.rows("SELECT text, earlier FROM responses") for c in [row["earlier"]]
    ]
    assert sorted(len(json.loads(earlier)) for earlier in stored) == [0, 0, 1, 1, 2, 2]
    assert live_choices(empty_study) == ["a", "a"] or live_choices(empty_study) == ["b", "b"]
    assert [finding for finding in empty_study.check() if not finding.ok] == []
    session.pass_by()
    assert session.view().next_turn == 4
    past = session.view().past[-1]
    assert past.later_turns == ("And coffee?", "And water?")
    session.add_to_study(past.allocation)
    assert empty_study.prompts.all()[-1].spec.later_turns == past.later_turns
    with pytest.raises(UserError, match="already in the study"):
        session.add_to_study(past.allocation)
    item = present(ask(session, engine, "Something else?", kept=True).item)
    assert item.later_turns == ()


def test_a_conversation_may_go_on_with_the_better_answer_for_both(
    empty_study: StudyFile, engine: EngineProcess, make: Make, now: datetime
) -> None:
    design = RatingDesign(live_history=LiveHistory.BETTER)
    empty_study.settings.set_rating(Scale(), design, now=now)
    session = make(empty_study)
    first = present(ask(session, engine).item)
    item = present(turn(session, engine, "And coffee?", Choice.RIGHT).item)
    assert [message.content for message in item.messages] == ["Is tea healthy?", first.right, "And coffee?"]
    assert (item.later_turns, item.left_earlier) == ((), ())


@pytest.mark.parametrize("history", LiveHistory)
def test_the_turns_of_a_conversation_are_one_prompt_of_the_results(
    empty_study: StudyFile, engine: EngineProcess, make: Make, now: datetime, history: LiveHistory
) -> None:
    """Each turn's judgment is a vote, is listed and exported with the conversation so far; one cluster."""
    empty_study.settings.set_rating(Scale(), RatingDesign(live_history=history), now=now)
    session = make(empty_study)
    for number in range(4):  # conversations
        ask(session, engine, f"Is tea {number} healthy?", kept=number > 0)
        for text, choice in (("And coffee?", Choice.LEFT), ("And water?", Choice.TIE)):
            turn(session, engine, text, choice)
        session.vote(present(session.view().item).allocation, Verdict(Choice.RIGHT))
    rows = list(empty_study.judgments.standing(ComparisonKind.LIVE))
    assert len(rows) == 12
    assert live_pairs(empty_study) == ()
    unblind(empty_study, "done", now=now)
    (pair,) = live_results(empty_study).comparisons
    assert (pair.judgments, pair.prompts) == (12, 4)
    assert [one.allocation for one in live_pairs(empty_study)] == [row.allocation for row in rows]
    exported: list[Any] = [
        one for one in exported_objects(empty_study, ExportRequest(JUDGMENTS)) if one["kind"] == "live"
    ]
    assert [one["choice"] for one in exported] == [row.choice for row in rows]
    last = exported[2]
    asked, later = last["prompt"], last.get("later_turns", [])
    own = history is LiveHistory.OWN
    assert (len(asked) if isinstance(asked, list) else 1, len(later)) == ((1, 2) if own else (5, 0))
    filters = PairFilters(include_live=True, include_flagged=True)
    learned: list[Any] = [*exported_objects(empty_study, ExportRequest(PREFERENCE, filters))]
    prompts = [row["prompt"] for row in learned]
    answers = [row["chosen"] for row in learned]
    assert len(learned) == 8, "ties are left out"
    assert [len(one) for one in prompts[:2]] == ([1, 1] if own else [1, 5])
    assert [len(one) for one in answers[:2]] == ([1, 5] if own else [1, 1])


def test_a_vote_that_was_taken_back_leaves_nothing_to_go_on_with(
    empty_study: StudyFile, engine: EngineProcess, make: Make
) -> None:
    session = make(empty_study)
    ask(session, engine)
    item = present(session.view().item)
    assert session.vote(item.allocation, VOTE).next_turn == 2
    assert session.undo().next_turn == 0
