"""A suite's file and the ledger of its runs: what is read, what is refused and where, what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.release.suite_carrying import prepare_suite
from ftcompare.app.release.suite_file import EXAMPLE, SUITE_SETTINGS, Suite, read_suite
from ftcompare.app.release.suite_results import outcome, read_earlier, suite_headline, suite_told
from ftcompare.app.release.suite_run import (
    STARTED,
    FinishedRun,
    SuiteRuns,
    candidate,
    changed_words,
    files_digest,
    keep_run,
    read_runs,
    require_agreed,
    run_folder,
    runs_of,
)
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from tests.builders import present, refusal_code, refuses, text_file

DEMO = demo_resources()
USUAL = f'base = "{(DEMO / "base").as_posix()}"\nprompts = "p.jsonl"\n'
PROMPTS = (
    '{"id": "a", "prompt": "What is a piano?", "checks": [{"contains": "keys"}], "task": "freeform"}\n'
    '{"id": "b", "prompt": "What is a volcano?"}\n'
)


def write(folder: Path, text: str, prompts: str = PROMPTS) -> Path:
    (folder / "p.jsonl").write_text(prompts, encoding="utf-8")
    return text_file(folder / "suite.toml", text)


def read(folder: Path, text: str = USUAL, prompts: str = PROMPTS) -> Suite:
    return read_suite(write(folder, text, prompts))


def test_the_demo_s_suite_can_be_run() -> None:
    found = read_suite(DEMO / "suite.toml")
    assert found.base == str((DEMO / "base").resolve())
    assert (len(found.specs), found.gate.tier_names) == (25, ("pilot", "production"))
    assert found.prompted_base.examples
    assert next(suite_told(found)).startswith("Clinical wording (demo): 25 prompts, 25 with checks; base ")


def test_every_setting_is_read(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("[tier.pilot]\nmin_prompts = 3\n", encoding="utf-8")
    (tmp_path / "r.toml").write_text('system_prompt = "Be brief."\n', encoding="utf-8")
    (tmp_path / "g.csv").write_text("concept,term,status\nheart,heart,preferred\n", encoding="utf-8")
    found = read(
        tmp_path,
        'title = "T"\nglossary = "g.csv"\nrecipe = "r.toml"\nprompted_base = "r.toml"\n'
        'quantisation = "4bit"\n'
        f'max_new_failures = false\nspeed_prompts = 4\ngate_file = "gate.toml"\ntier = "pilot"\n{USUAL}'
        '[generation]\ntemperature = 0.5\nstop = ["END"]\n[generation.task.freeform]\ntop_k = 5\n',
    )
    assert (found.title, found.quantisation, found.max_new_failures, found.speed_prompts) == (
        "T",
        "4bit",
        None,
        4,
    )
    assert (found.settings.temperature, found.settings.stop) == (0.5, ("END",))
    assert found.by_task == {"freeform": {"top_k": 5}}
    assert (found.recipe.system_prompt, found.tier, found.gate.tier_names) == (
        "Be brief.",
        "pilot",
        ("pilot",),
    )
    assert len(found.terms) == 1


def test_the_example_names_every_setting(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(EXAMPLE, encoding="utf-8")
    named = {line.lstrip("# ").partition(" =")[0] for line in EXAMPLE.splitlines() if " = " in line}
    assert set(SUITE_SETTINGS) - {"generation", "measure", "gate"} <= named | {"gate_file"}
    with pytest.raises(UserError, match="names the file"):
        read_suite(tmp_path / "suite.toml")
    (tmp_path / "prompts.jsonl").write_text(PROMPTS, encoding="utf-8")
    found = read_suite(tmp_path / "suite.toml")
    assert (found.gate.condition_count, found.settings.max_new_tokens) == (2, 256)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('prompts = "p.jsonl"\n', "suite.toml: base is missing"),
        ('base = "x/y"\n', "suite.toml: prompts is missing."),
        (
            USUAL.replace("p.jsonl", "q.jsonl"),
            "suite.toml: prompts names the file 'q.jsonl', which is not",
        ),
        (f'{USUAL}gate_file = "g.toml"\n', "suite.toml: gate_file names the file 'g.toml', which is not in"),
        (f"{USUAL}speed = 3\n", "'speed' is no setting."),
        (USUAL.replace("p.jsonl", "../p.jsonl"), "which is not in its folder"),
        (f'{USUAL}quantisation = "3bit"\n', "quantisation is '3bit'."),
        (f"{USUAL}speed_prompts = 5000\n", "speed_prompts must be a whole number from 0 to 1,000, not 5000."),
        (f"{USUAL}max_new_failures = -1\n", "max_new_failures must be a whole number"),
        (f"{USUAL}generation = 3\n", "generation must be a table, not 3."),
        (f"{USUAL}[generation]\nwarmth = 1\n", "suite.toml, generation: 'warmth' is no setting."),
        (
            f"{USUAL}[generation]\ntop_p = 2\n",
            "generation: top_p must be a number above 0 and up to 1",
        ),
        (
            f"{USUAL}[generation.task.freeform]\nseed = 1\n",
            "generation, task, freeform: 'seed' is no setting.",
        ),
        (
            f"{USUAL}[generation.task.freeform]\ntop_p = 2\n",
            "top_p must be a number above 0 and up to 1",
        ),
        (f"{USUAL}[generation.task.other]\ntop_p = 0.5\n", "No prompt has the task 'other'."),
        (f'{USUAL}gate_file = "g.toml"\n[gate]\nmin_prompts = 1\n', "There are both gate and gate_file."),
        (f'{USUAL}[gate]\nsystem = "x"\n', "The release check names system."),
        (f"{USUAL}[gate]\nmin_glory = 1\n", "suite.toml, gate: 'min_glory' is no setting."),
        (f'{USUAL}tier = "pilot"\n', "The release check has no tier 'pilot'."),
        (f'{USUAL}[[measure]]\nfile = "x.py"\n', "suite.toml, measure 1: 'file' is no setting."),
        (f'{USUAL}[[measure]]\nsource = "x.py"\n', "x.py: There is no such file."),
        (f'{USUAL}[[measure]]\nsource = "{__file__}"\n', "which is not in its folder"),
        (f'{USUAL}prompted_base = "r.toml"\n', "the instructions have neither a system prompt nor examples"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "r.toml").write_text('context = "{context} {question}"\n', encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read(tmp_path, text)
    assert told in str(refused.value)


def test_notes_say_what_a_suite_most_likely_lacks(tmp_path: Path) -> None:
    prompts = '{"prompt": "Why?"}\n{"prompt": "Who?", "check": [{"contains": "she"}]}\n'
    bare = read(tmp_path, f"{USUAL}[generation]\ntemperature = 1.0\n", prompts)
    told = " ".join(suite_told(bare))
    assert "Note: FTCompare does not use this column: 'check' (p.jsonl, line 2)." in told
    assert "No prompt has a check" in told
    assert "a prompt may fail by chance" in told
    assert "every run passes" in " ".join(suite_told(replace(bare, max_new_failures=None)))


def test_only_what_changes_answers_and_checks_keeps_runs_from_being_compared(tmp_path: Path) -> None:
    before = read(tmp_path).digests
    same = read(
        tmp_path, f'title = "Other"\n{USUAL}[generation]\nbatch_prompts = 4\n[gate]\nmin_prompts = 1\n'
    )
    assert changed_words(before, same.digests) == ""
    other = read(tmp_path, f"{USUAL}[generation]\nseed = 4\n", PROMPTS.replace("keys", "strings"))
    assert changed_words(before, other.digests) == "prompts and settings"


def test_a_base_elsewhere_is_used_once_it_was_agreed_to(tmp_path: Path) -> None:
    for base in ("http://example.org:8000/v1#m", "owner/model"):
        with refuses("suite-not-agreed"):
            require_agreed(read(tmp_path, f'base = "{base}"\nprompts = "p.jsonl"\n'))
    require_agreed(read(tmp_path))


# --- folders -----------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_is_found_again_and_a_changed_adapter_begins_another(
    tmp_path: Path, now: datetime
) -> None:
    suite = read(tmp_path)
    adapter = tmp_path / "step-1"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    new = candidate(str(adapter))
    first = run_folder(suite, new, None, now=now)
    assert (first.path.name, first.resumed) == ("0001-step-1", False)
    again = run_folder(suite, new, None, now=now)
    assert (again.path, again.resumed) == (first.path, True)
    first.result.write_text("{}", encoding="utf-8")
    assert run_folder(suite, new, None, now=now).path.name == "0002-step-1"
    (adapter / "adapter_config.json").write_text('{"r": 2}', encoding="utf-8")
    assert files_digest(adapter) != new.files
    changed = candidate(str(adapter))
    assert run_folder(suite, changed, None, now=now).path.name == "0003-step-1"
    with pytest.raises(UserError, match="step-1, whose files have changed since"):
        run_folder(suite, changed, first.path, now=now)
    later = read(tmp_path, f"{USUAL}[generation]\nseed = 4\n")
    with pytest.raises(UserError, match="the fixed test set as it was: settings changed since"):
        run_folder(later, new, first.path, now=now)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, now: datetime) -> None:
    suite, mine = read(tmp_path), tmp_path / "mine"
    mine.mkdir()
    (mine / STARTED).write_text('{"suite": 3}', encoding="utf-8")
    with refuses("folder-not-empty"):
        run_folder(suite, candidate("owner/adapter"), mine, now=now)


def test_a_run_s_study_is_unblinded_from_its_beginning_with_the_reason(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    suite = read(tmp_path)
    work = prepare_suite(suite, str(DEMO / "adapter"), name="new", rng=rng, now=now)
    with work.study as study:
        assert study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES)
        assert [system.name for system in study.systems.all()] == ["base", "new"]
        assert not list(study.responses.all())
    again = prepare_suite(suite, str(DEMO / "adapter"), name="new", rng=rng, now=now)
    again.study.close()
    assert (again.folder.path, again.folder.resumed) == (work.folder.path, True)
    with pytest.raises(UserError, match="A run already has a system called 'base'"):
        prepare_suite(suite, str(DEMO / "adapter"), name="base", rng=rng, now=now)


# --- the ledger --------------------------------------------------------------------------------------


def finished(
    folder: str, at: int, *, holds: bool = True, digests: dict[str, str] | None = None
) -> FinishedRun:
    return FinishedRun(folder, "S", "c", f"2026-11-{at:02d}", digests or {"prompts": "a"}, holds, "", 3, 4)


def test_the_last_run_is_the_newest_that_passed_of_those_alike(tmp_path: Path) -> None:
    other = {"prompts": "b"}
    for run in (finished("1", 1), finished("2", 2, holds=False), finished("3", 3, digests=other)):
        keep_run(tmp_path, run)
    runs = read_runs(tmp_path)
    assert [run.folder for run in runs.runs] == ["1", "2", "3"]
    last = present(runs.last({"prompts": "a"}))
    assert last.folder == "1"
    only_failed = present(runs.last({"prompts": "a"}, but="1"))
    assert only_failed.folder == "2"
    assert runs.last({"prompts": "c"}) is None
    newest = present(runs.newest(but="3"))
    assert newest.folder == "2"
    keep_run(tmp_path, finished("2", 2))
    assert [run.holds for run in read_runs(tmp_path).runs] == [True, True, True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "ledger"),
        ("[]", "It is not a list of runs of fixed test sets."),
        ('{"format": "ftcompare-suite-ledger", "version": 9}', "It was written by another version."),
        (
            '{"format": "ftcompare-suite-ledger", "version": 1, "runs": [{"folder": 3}]}',
            "It contains a run that cannot be read",
        ),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "suite-ledger.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refused:
        runs_of([tmp_path])
    assert refused.value.code == "suite-ledger"
    assert told in str(refused.value)


def test_a_ledger_leads_to_no_folder_elsewhere(tmp_path: Path) -> None:
    for folder in ("../elsewhere", "/etc", "a/b"):
        with pytest.raises(UserError, match="which is elsewhere"):
            SuiteRuns(tmp_path).place(finished(folder, 1))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"run": {}}', json.dumps({"run": {"folder": "1"}, "prompts": 3, "weights": {}})]
)
def test_what_is_no_result_is_not_compared_with(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="no finished run of a fixed test set"):
        read_earlier(tmp_path)
    (tmp_path / "result.json").write_text(text, encoding="utf-8")
    assert refusal_code(lambda: read_earlier(tmp_path)) == "suite-result"


@pytest.mark.parametrize(
    ("checked", "conditions", "holds", "words", "headline"),
    [
        (True, True, True, "all conditions hold", "c: all conditions hold."),
        (True, True, False, "not all conditions hold", "c: not all conditions hold."),
        (True, False, True, "no conditions were set", "c: no conditions were set."),
        (True, False, False, "not all conditions hold", "c: not all conditions hold."),
        (False, False, True, "nothing was checked", "c: nothing was checked."),
    ],
)
def test_a_run_without_conditions_and_checks_passes_nothing(
    checked: bool, conditions: bool, holds: bool, words: str, headline: str
) -> None:
    prompts = 3 if checked else 0
    run = FinishedRun("1", "S", "c", "2026-11-01", {}, holds, "", 0, prompts, None, None, checked, conditions)
    assert (outcome(run), suite_headline(run)) == (words, headline)
