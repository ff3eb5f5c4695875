"""Raters and exclusions on the command line."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import RatingPhase, study_session
from ftcompare.app.raters.quality import BlindnessReport
from ftcompare.app.setup.new_study import fill_study
from ftcompare.cli.main import run
from ftcompare.cli.raters import blinding_words
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Guess,
    GuessChoice,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

SYSTEMS = (
    SystemSpec("base", SystemKind.BASE, model="m"),
    SystemSpec("cardiology", SystemKind.ADAPTER, model="m", adapter="a"),
)
PROMPTS = tuple(PromptSpec(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(8))


@pytest.fixture
def study(tmp_path: Path, now: datetime, rng: Random) -> Path:
    """Eight pairs, with repeats, controls and guesses, judged by Ada (always left) and Ben (always even)."""
    path = tmp_path / "study.ftstudy"
    with StudyFile.create(path, title="t", scale=Scale(), rng=rng, now=now) as made:
        fill_study(made, SYSTEMS, PROMPTS, (), now=now)
        run_id = made.runs.start({}, now=now)
        for entry in made.prompts.all():
            answer(made, entry, (f"{s.name} {entry.spec.key}" for s in made.systems.all()), run=run_id)
        made.settings.set_rating(Scale(), RatingDesign(repeats=0.25, controls=0.25, end_guesses=2), now=now)
        for name, choice in (("Ada", Choice.LEFT), ("Ben", Choice.TIE)):
            rate(made, name, choice, now, rng)
    return path


def rate(made: StudyFile, name: str, choice: Choice, now: datetime, rng: Random) -> None:
    session = study_session(made, name, clock=lambda: now, rng=rng)
    while (view := session.view()).item is not None:
        if view.phase is RatingPhase.GUESS:
            tuned = GuessChoice.LEFT if view.item.left.startswith("card") else GuessChoice.RIGHT
            session.guess(view.item.allocation, Guess(tuned, 2), seconds=1.0)
        else:
            session.judge(view.item.allocation, Verdict(choice, seconds=2.0))


@pytest.fixture
def unblinded(study: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["unblind", str(study), "--reason", "all judged"]) == 0
    capsys.readouterr()
    return study


def test_training_rows_are_chosen_by_rater_and_length(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def export(*filters: str) -> str:
        rows = str(tmp_path / "rows.jsonl")
        assert run(["export", str(study), rows, "--format", "trl-preference", "--replace", *filters]) == 0
        return capsys.readouterr().out

    assert "Wrote 8 rows" in export("--rater", "ada")
    assert "judgments of 1 chosen rater alone" in (tmp_path / "rows.jsonl.card.md").read_text("utf-8")
    assert "8 about equal" in refused(study, tmp_path, capsys, "--rater", "Ben")
    assert "too long" in refused(study, tmp_path, capsys, "--rater", "Ada", "--max-characters", "2")
    assert "no rater called 'Nobody'" in refused(study, tmp_path, capsys, "--rater", "Nobody")


def refused(study: Path, folder: Path, capsys: pytest.CaptureFixture[str], *filters: str) -> str:
    """What is said where no row is left."""
    rows = str(folder / "none.jsonl")
    assert run(["export", str(study), rows, "--format", "trl-preference", *filters]) == 2
    return capsys.readouterr().err


def test_a_rater_is_added_before_they_begin(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["raters", str(study), "--add", "Cid", "--add", "Dee", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["raters"]
    assert [(one["name"], one["judged"]) for one in told][-2:] == [("Cid", 0), ("Dee", 0)]
    assert run(["raters", str(study), "--add", "Eve", "--add", "cid"]) == 2
    assert "“Cid” is a rater of this study already." in capsys.readouterr().err
    assert run(["raters", str(study)]) == 0
    assert "Eve" not in capsys.readouterr().out


def test_while_blinded_raters_shows_who_and_how_far_and_no_more(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["raters", str(study)]) == 0
    text = capsys.readouterr().out
    assert "Ada" in text
    assert "12 of 12 pairs, repeats and checks included; 0 skipped" in text
    assert "shown after unblinding" in text
    assert "Repeats" not in text
    assert run(["raters", str(study), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["raters"]
    assert [(r["name"], r["items"], r["judged"]) for r in listed] == [("Ada", 12, 12), ("Ben", 12, 12)]
    held_back = ("reason", "judgments", "quality", "bang_index")
    assert all(rater[name] is None for rater in listed for name in held_back)


def test_after_unblinding_raters_shows_how_well_they_judged(
    unblinded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["raters", str(unblinded)]) == 0
    ada, ben, blinding = capsys.readouterr().out.split("\n\n")
    assert line(ada, "Judged") == "12 of 12 pairs, repeats and checks included; 0 skipped"
    assert line(ada, "Of these that count") == "8 ordinary pairs"
    assert "0 of 2, 0% (95%: 0–66%)" in line(ada, "Repeats answered alike")
    assert line(ada, "Same answer twice: one preferred").startswith("2 of 2")
    assert line(ada, "Left chosen").startswith("8 of 8")
    assert line(ben, "Repeats answered alike").startswith("2 of 2")
    assert line(ben, "Same answer twice: one preferred").startswith("0 of 2")
    assert "Left chosen" not in ben
    assert "the fine-tuned side was told more often than by chance" in line(blinding, "Blinding, all raters")
    assert "Bang's index 1.00 (95%: 0.02 to 1.00, n = 4 guesses)" in blinding
    assert run(["raters", str(unblinded), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["raters"]
    assert (first["quality"]["repeats"]["value"], second["quality"]["repeats"]["value"]) == (0.0, 1.0)
    assert (first["excluded"], first["reason"], first["bang_index"]["value"]) == (False, None, 1.0)


def test_a_person_and_a_program_of_one_name_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, votes = str(tmp_path / "study.ftstudy"), tmp_path / "votes.jsonl"
    vote = {"prompt": "q", "system_a": "a", "system_b": "b", "response_a": "x", "response_b": "y"}
    kinds = ("human", "automatic")
    lines = [json.dumps({**vote, "rater": "Judge", "choice": "a", "rater_kind": kind}) for kind in kinds]
    votes.write_text("\n".join(lines))
    assert run(["import", study, str(votes), "--format", "judgments"]) == 0
    leave_out = ["exclude", study, "--rater", "judge", "--reason", "a test"]
    assert run(leave_out) == 2
    assert "human or automatic" in capsys.readouterr().err
    assert run([*leave_out, "--kind", "automatic"]) == 0
    capsys.readouterr()
    assert run(["results", study, "--json"]) == 0
    raters = json.loads(capsys.readouterr().out)["raters"]
    assert {r["kind"]: r["excluded"] for r in raters} == {"human": False, "automatic": True}


def test_a_name_cannot_command_the_terminal(
    study: Path, now: datetime, rng: Random, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[31mEve\x1b]0;mine\x07\u202egnp"
    with StudyFile.open(study, now=now) as made:
        rate(made, name, Choice.LEFT, now, rng)
        made.settings.set_title(name, now=now)
    assert run(["unblind", str(study), "--reason", "all judged"]) == 0
    assert run(["exclude", str(study), "--rater", name, "--reason", f"answered as {name}"]) == 0
    for command in ("raters", "results", "check", "info"):
        assert run([command, str(study)]) == 0
    told = capsys.readouterr()
    assert "\\x1b[31mEve" in told.out
    assert not {"\x1b", "\x07", "\u202e"} & {*told.out, *told.err}


def line(block: str, name: str) -> str:
    """What stands behind a name."""
    (found,) = [text for text in block.splitlines() if text.startswith(name)]
    return found.removeprefix(name).strip()


def test_excluding_a_rater_shows_the_results_with_and_without(
    unblinded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["exclude", str(unblinded), "--rater", "ada", "--reason", "always left"]) == 0
    assert "Ada is left out" in capsys.readouterr().out
    assert run(["results", str(unblinded), "--details"]) == 0
    text = capsys.readouterr().out
    assert "16 judgments on 8 prompts" in text
    assert "Left out on the Raters page: Ada. 8 judgments remain." in text
    twice = line(text, "Same answer twice: one preferred")
    assert twice == "50% (95%: 0–100%, Wilson, or t over raters, n = 4 controls)"
    assert "Bang's index" in text
    assert run(["raters", str(unblinded)]) == 0
    assert "always left" in capsys.readouterr().out
    assert run(["exclude", str(unblinded), "--rater", "Ada", "--reason", "she is right", "--undo"]) == 0
    assert "Ada is counted again" in capsys.readouterr().out
    assert run(["results", str(unblinded), "--details"]) == 0
    assert "With and without" not in capsys.readouterr().out


def test_a_blinded_studys_results_tell_the_number_of_guesses_only(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["results", str(study), "--details"]) == 0
    text = capsys.readouterr().out
    asked = line(text, "Guesses which was fine-tuned")
    assert asked == "4 (how well raters guessed is told after unblinding)"
    assert "Bang" not in text


def vote_live(study: Path, now: datetime, rng: Random) -> None:
    with StudyFile.open(study, now=now) as made:
        drafts = [ResponseDraft(s.id, f"{s.name}, live", FinishReason.END, 2) for s in made.systems.all()]
        rater = made.raters.all()[0].id
        asked = made.live.add(rater, (Message("user", "My own"),), drafts, rng=rng, now=now)
        made.judgments.judge(asked, Verdict(Choice.LEFT), now=now)


def test_live_votes_are_only_counted_until_unblinding(
    study: Path, now: datetime, rng: Random, capsys: pytest.CaptureFixture[str]
) -> None:
    vote_live(study, now, rng)
    assert run(["results", str(study), "--details"]) == 0
    text = capsys.readouterr().out
    assert text.endswith(
        "\n1 live vote: never mixed with these results. How the live votes went is told after unblinding.\n"
    )
    assert run(["results", str(study), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["live"] == {"judgments": 1, "comparisons": None}
    assert run(["unblind", str(study), "--reason", "all judged"]) == 0
    capsys.readouterr()
    assert run(["results", str(study), "--details"]) == 0
    text = capsys.readouterr().out
    assert "\n1 live vote, never mixed with these results: cardiology " in text
    assert re.search(r"\ncardiology against base +1 ", text)
    assert run(["results", str(study), "--json"]) == 0
    (pair,) = json.loads(capsys.readouterr().out)["live"]["comparisons"]
    assert pair["judgments"] == 1


def test_info_says_what_its_judgments_are(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(study)]) == 0
    assert line(capsys.readouterr().out, "Judgments") == "24, repeats and checks included"


def test_nobody_is_excluded_while_the_study_is_blinded(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["exclude", str(study), "--rater", "Ada", "--reason", "always left"]) == 2
    assert "still blinded" in capsys.readouterr().err


def test_a_rater_who_does_not_exist_is_a_users_error(
    unblinded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["exclude", str(unblinded), "--rater", "Cleo", "--reason", "x"]) == 2
    assert "There is no rater called 'Cleo'" in capsys.readouterr().err


def test_an_export_leaves_excluded_raters_out_when_asked(
    unblinded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["exclude", str(unblinded), "--rater", "Ada", "--reason", "always left"]) == 0
    capsys.readouterr()
    file = tmp_path / "votes.csv"
    assert run(["export", str(unblinded), str(file), "--format", "csv", "--without-excluded"]) == 0
    text = capsys.readouterr().out
    assert "Wrote 14 rows" in text
    assert "one for each judgment" in text
    assert "left out 8 judgments: by excluded raters" in text
    assert "Note" not in text


def test_an_export_with_excluded_raters_says_that_they_are_in_it(
    unblinded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ["export", str(unblinded), str(tmp_path / "rows"), "--replace", "--format"]
    for name, words in (("Ada", "Ada is excluded"), ("Ben", "Ada and Ben are excluded")):
        assert run(["exclude", str(unblinded), "--rater", name, "--reason", "a test"]) == 0
        capsys.readouterr()
        assert run([*export, "csv"]) == 0
        (note,) = capsys.readouterr().err.splitlines()
        assert note.startswith(f"Note: {words} from the results; ")
        assert "in this file; --without-excluded leaves them out." in note
    assert run([*export, "outputs"]) == 0
    assert capsys.readouterr().err == ""


def test_a_study_that_nobody_rated_has_no_raters(
    tmp_path: Path, now: datetime, rng: Random, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.ftstudy"
    StudyFile.create(path, title="t", scale=Scale(), rng=rng, now=now).close()
    assert run(["raters", str(path)]) == 0
    assert capsys.readouterr().out == "Nobody has rated yet.\n"


def test_guesses_of_which_none_counts_are_told_with_the_reason() -> None:
    told = blinding_words(BlindnessReport(guesses=6, left_out=6))
    assert told == "not defined: none of 6 guesses counts, since no pair has a base and a fine-tuned system"
    assert blinding_words(BlindnessReport(guesses=0)) == "not defined: no guess was given"


def test_guesses_that_cannot_count_are_told_when_the_rating_file_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rating.toml").write_text("guesses_at_end = 3\n")
    lines = [{"prompt": "Say it.", "system": name, "response": f"{name} it is"} for name in ("one", "two")]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    path = tmp_path / "s.ftstudy"
    given = ["--answers", str(tmp_path / "a.jsonl"), "--rating", str(tmp_path / "rating.toml")]
    assert run(["new", str(path), *given]) == 0
    why = "none counts, since no base and fine-tuned system are known"
    assert f"Guesses: {why}." in capsys.readouterr().err
    assert run(["info", str(path)]) == 0
    assert f"3 at the end; {why}" in " ".join(capsys.readouterr().out.split())
