"""A rater with a pack: the same work as in the study, on a machine that has nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import PACK_SUFFIX
from ftcompare.app.rate.rating_session import RatingPhase, RatingSession, pack_session, study_session
from ftcompare.app.raters.browser_packs import make_packs, merge_each
from ftcompare.app.raters.packs import (
    describe_pack,
    is_pack,
    make_pack,
    open_pack,
    outside_copy,
    pack_file_name,
    pack_info_json,
)
from ftcompare.app.study.description import packs_out
from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft, Guess, GuessChoice, Message, SystemKind, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS

DESIGN = RatingDesign(
    guess_share=0.25,
    end_guesses=2,
    instructions="Read both.",
    practice=(PracticeItem((Message("user", "Try"),), "one", "two", Choice.LEFT),),
)


@pytest.fixture
def pack(study: StudyFile, now: datetime, rng: Random) -> Path:
    study.settings.set_rating(Scale(), DESIGN, now=now)
    path = study.path.with_name("Ada.ftpack")
    make_pack(study, path, "Ada", rng=rng, now=now)
    return path


def test_of_several_packs_those_made_before_a_refusal_stay_and_are_named(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    folder = study.path.parent
    (folder / "mary.ftpack").mkdir()
    wanted = [(name, folder / f"{name}.ftpack") for name in ("grace", "mary", "ida")]
    with pytest.raises(UserError) as caught:
        make_packs(study, wanted, rng=rng, now=now)
    assert "Made before: grace.ftpack." in caught.value.how
    assert [rater.name for rater in study.raters.all()] == ["grace"]
    made = make_packs(
        study, [(name, folder / f"{name}2.ftpack") for name in ("mary", "ida")], rng=rng, now=now
    )
    assert [one.made.rater_name for one in made] == ["mary", "ida"]


def work(session: RatingSession, pairs: int = PROMPTS) -> int:
    """Answers whatever is asked until so many pairs are judged; returns how many guesses were asked for."""
    view, guesses = session.view(), 0
    while (item := view.item) and (view.judged < pairs or view.phase is RatingPhase.GUESS):
        if view.phase is RatingPhase.GUESS:
            view = session.guess(item.allocation, Guess(GuessChoice.RIGHT, 1), seconds=1.0)
            guesses += 1
        else:
            view = session.judge(item.allocation, Verdict(Choice.LEFT, seconds=9.0))
    return guesses


def test_a_rater_works_through_a_pack_and_the_study_has_it(
    study: StudyFile, pack: Path, now: datetime
) -> None:
    later = now + timedelta(days=1)
    with open_pack(pack) as opened:
        session = pack_session(opened, clock=lambda: later)
        first = session.view()
        assert (first.title, first.notice, first.rater, first.pack) == ("Review", "Not advice", "Ada", pack)
        assert (first.total, first.instructions, len(first.practice)) == (PROMPTS, "Read both.", 1)
        assert (first.practised, session.practised().practised) == (False, True)
        assert work(session) == 3 + 2
        assert session.view().phase is RatingPhase.DONE
    merged = study.packs.merge(pack, now=later)
    assert (merged.judged, merged.items, merged.guesses) == (PROMPTS, PROMPTS, 5)
    assert study.counts().judgments == PROMPTS
    assert packs_out(study) == ()


def test_a_pack_goes_on_where_its_rater_left_it(pack: Path, now: datetime) -> None:
    with open_pack(pack) as opened:
        session = pack_session(opened, clock=lambda: now)
        work(session, 4)
        item = session.view().item
        assert item
        session.save_draft(item.allocation, Draft(comment="half a thou"))
    with open_pack(pack) as opened:
        session = pack_session(opened, clock=lambda: now)
        view = session.view()
        assert (view.judged, view.position) == (4, 5)
        assert view.item
        assert view.item.draft.comment == "half a thou"
        while session.view().judged == 4:
            session.undo()
        assert session.view().judged == 3


def test_whose_pairs_are_in_a_pack_cannot_rate_them_in_the_study(
    study: StudyFile, pack: Path, now: datetime, rng: Random
) -> None:
    assert is_pack(pack)
    with pytest.raises(UserError) as caught:
        study_session(study, "ada", clock=lambda: now, rng=rng)
    assert caught.value.code == "in-pack"
    study_session(study, "Grace", clock=lambda: now, rng=rng)


def test_one_bad_pack_keeps_no_good_one_out(
    study: StudyFile, pack: Path, tmp_path: Path, now: datetime, rng: Random
) -> None:
    second = make_pack(study, tmp_path / "Grace.ftpack", "Grace", rng=rng, now=now).made.path
    for path in (pack, second):
        with open_pack(path) as opened:
            work(pack_session(opened, clock=lambda: now), 2)
    bad = tmp_path / "bad.ftpack"
    bad.write_text("nothing of the kind")
    outcomes = merge_each(study, [pack, bad, second], now=now)
    assert study.counts().judgments == 4
    assert [(o.path, o.merged is None) for o in outcomes] == [(pack, False), (bad, True), (second, False)]
    error = outcomes[1].error
    assert error
    assert (error.code, error.where) == ("pack-none", str(bad))


def test_words_that_name_a_system_are_warned_of_and_not_refused(
    study: StudyFile, tmp_path: Path, now: datetime, rng: Random
) -> None:
    neutral = study.systems.all()[0].neutral_name
    design = RatingDesign(
        instructions=f"Mark what {neutral.lower()} does. Databases are fine.",
        practice=(PracticeItem((Message("user", "Say CARDIOLOGY."),), "l", "r"),),
    )
    study.settings.set_title("Cardiology, reviewed", now=now)
    study.settings.set_rating(Scale("Which is better based?", criteria=("Base",)), design, now=now)
    types = (ErrorType("base", "Base", "What a base says."),)
    study.error_schemes.set(ErrorScheme("Ours", types, (Severity("bad", "Bad", 1.0),)), now=now)
    done = make_pack(study, tmp_path / "Ada.ftpack", "Ada", rng=rng, now=now)
    assert done.warnings == (
        "The title names “cardiology”: raters read this.",
        f"Instructions name “{neutral}”: raters read this.",
        "Criteria name “base”: raters read this.",
        "Practice pairs name “cardiology”: raters read this.",
        "The error scheme names “base”: raters read this.",
    )
    plain = make_pack(study, tmp_path / "Bo.ftpack", "Bo", rng=rng, now=now, marks=False)
    assert plain.warnings == done.warnings[:-1]
    assert done.made.path.exists()


def test_names_are_found_in_any_script_and_case(study: StudyFile, now: datetime, rng: Random) -> None:
    study.systems.add(SystemSpec("Straße+", SystemKind.IMPORTED))
    study.settings.set_title("Wie gut ist STRASSE+?", now=now)
    done = make_pack(study, study.path.with_name("x.ftpack"), "Ada", rng=rng, now=now)
    assert done.warnings == ("The title names “Straße+”: raters read this.",)


def test_a_rater_who_is_refused_leaves_no_name_behind(
    study: StudyFile, tmp_path: Path, now: datetime, rng: Random
) -> None:
    (tmp_path / "taken.ftpack").write_text("x")
    with pytest.raises(UserError) as caught:
        make_pack(study, tmp_path / "taken.ftpack", "Ada", rng=rng, now=now)
    assert caught.value.code == "pack-exists"
    with pytest.raises(UserError):
        make_pack(study, tmp_path / "new.ftpack", "  ", rng=rng, now=now)
    assert study.raters.all() == ()


def test_what_is_in_a_pack_is_told_without_touching_it(pack: Path, now: datetime) -> None:
    with open_pack(pack) as opened:
        work(pack_session(opened, clock=lambda: now), 3)
        name = opened.name
    before = pack.read_bytes(), pack.stat().st_mtime_ns
    with outside_copy(pack) as copy:
        info = pack_info_json(describe_pack(copy))
    assert (pack.read_bytes(), pack.stat().st_mtime_ns) == before
    assert info == {
        "pack": name,
        "title": "Review",
        "rater": "Ada",
        "question": Scale().question,
        "items": PROMPTS,
        "judged": 3,
        "skipped": 0,
        "guesses": {"asked": 2, "answered": 0},
        "marks": 0,
        "damage": "",
    }


@pytest.mark.parametrize(
    ("title", "rater", "name"),
    [
        ("Hearts", "Ada", "Hearts - Ada.ftpack"),
        ("a/b: c?", "<Ada>\n", "a b c - Ada.ftpack"),
        ("", "..", "pack.ftpack"),
        ("", "NUL", "_NUL.ftpack"),
        ("é" * 200, "Ada", "é" * 80 + ".ftpack"),
    ],
)
def test_a_file_name_is_one_that_every_system_takes(title: str, rater: str, name: str) -> None:
    assert pack_file_name(title, rater) == name
    assert name.endswith(PACK_SUFFIX)
