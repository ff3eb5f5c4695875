"""Before and after: differences over the same items, the answers that were lost, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.retention import BenchmarkAnswer, RetentionSettings, read_tasks
from ftcompare.app.measures.matrix import study_matrix
from ftcompare.app.measures.matrix_blocks import cell_sentence, matrix_cell, matrix_json
from ftcompare.app.measures.registry import RUNS
from ftcompare.app.measures.retention.kind import (
    BEGIN,
    CHOICE,
    GROUP,
    KEPT_WHOLE,
    KIND,
    RUN,
    pair_retention_blocks,
    retention_blocks,
    retention_sections,
    total_blocks,
    without_template_marks,
)
from ftcompare.app.measures.retention.task_results import (
    RetentionTotals,
    StudyRetention,
    choose_run,
    reply_of,
    retention,
    retention_json,
    retention_told,
    right_of,
    totals_json,
)
from ftcompare.app.measures.runs import available_runs
from ftcompare.app.results.presentation.blocks import Block, Paragraph, Table, Unit
from ftcompare.app.results.presentation.number_format import visible
from ftcompare.app.study.audit_log import audit_view
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.formats.json_files import json_text
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.measured_results import BenchmarkItem
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present, refuses

ITEMS = 40


def keep(
    study: StudyFile,
    system: str,
    task: str,
    values: Mapping[str, float],
    now: datetime,
    *,
    metric: str = "acc",
    prompt: str = "p",
    record: Mapping[str, Any] | None = None,
    **about: Any,
) -> None:
    """One system's results in one task."""
    number = study.scores.add_examination(BENCHMARKED, {"benchmark": {"task": task, **about}}, now=now)
    items = (
        BenchmarkItem(
            task,
            item,
            {metric: value},
            {"asked": f"Question {item}?", "target": "yes", "replied": [f"{value:g}"], "prompt": prompt}
            | dict(record or {}),
        )
        for item, value in values.items()
    )
    own = next(one.id for one in study.systems.all() if one.name == system)
    study.benchmarks.store(items, system=own, examination=number)


@pytest.fixture
def blinded(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """A base and two fine-tunes."""
    path = tmp_path / "study.ftstudy"
    with StudyFile.create(path, title="Tasks", scale=Scale(), rng=Random(1), now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model="m"))
        for name in ("tuned", "other"):
            study.systems.add(SystemSpec(name, SystemKind.ADAPTER, model="m", adapter=name))
        yield study


@pytest.fixture
def study(blinded: StudyFile, now: datetime) -> StudyFile:
    blinded.settings.unblind(reason="done", now=now)
    return blinded


def right(*items: int, of: int = ITEMS) -> dict[str, float]:
    """Those items are wrong, the others right."""
    return {f"{number}-x": float(number not in items) for number in range(of)}


def texts(blocks: Iterator[Block]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Paragraph)]


def tables(blocks: Iterator[Block]) -> list[Table]:
    return [block for block in blocks if isinstance(block, Table)]


def test_a_loss_beyond_chance_is_told_with_its_answers(study: StudyFile, now: datetime) -> None:
    keep(study, "base", "arc", right(0, 1), now)
    keep(study, "tuned", "arc", right(*range(1, 16)), now)
    found = retention(study)
    (measure,) = found.measures
    assert found.pairs() == (("base", "tuned"),)
    assert (measure.mean("base"), measure.mean("tuned"), measure.mean("nobody")) == (0.95, 0.625, None)
    assert measure.lost("base", "tuned") == tuple(f"{n}-x" for n in range(2, 16))
    assert measure.gained("base", "tuned") == ("0-x",)
    test = present(measure.mcnemar("base", "tuned"))
    assert (test.only_a, test.only_b) == (14, 1)
    said = texts(pair_retention_blocks(found, "base", "tuned"))[0]
    assert said.startswith(
        "arc, acc: tuned 62%, base 95% on 40 items (−32.5 points). 14 answers lost, 1 gained."
    )
    assert "a loss beyond chance" in said
    differences, lost, gained = tables(pair_retention_blocks(found, "base", "tuned"))
    assert lost.caption == "Answers lost: right before, wrong after (14); 2 more are not listed here"
    assert lost.plain_rows[0] == ("arc", "Question 2-x?", "yes", "1", "0")
    assert len(gained.rows) == 1
    assert differences.plain_rows[0][2:5] == ("40", "95%", "62%")


def test_nothing_lost_is_not_told_as_nothing_to_lose(study: StudyFile, now: datetime) -> None:
    keep(study, "base", "arc", right(1), now)
    keep(study, "tuned", "arc", right(1), now)
    (said, *_) = texts(pair_retention_blocks(retention(study), "base", "tuned"))
    assert "No clear loss, but one of" in said
    assert "cannot be ruled out" in said


def test_few_items_have_no_interval(study: StudyFile, now: datetime) -> None:
    keep(study, "base", "arc", right(of=4), now)
    keep(study, "tuned", "arc", right(0, of=4), now)
    assert "at least 10 items" in texts(pair_retention_blocks(retention(study), "base", "tuned"))[0]


def test_of_a_measure_of_any_size_less_may_be_better(study: StudyFile, now: datetime) -> None:
    falling = {"text": ["bits_per_byte"]}
    base = {f"{n}-x": 2.0 + n / 10 for n in range(12)}
    keep(study, "base", "text", base, now, metric="bits_per_byte", falling=falling)
    worse = {item: value + 1 + int(item[0]) / 50 for item, value in base.items()}
    keep(study, "tuned", "text", worse, now, metric="bits_per_byte", falling=falling)
    keep(study, "other", "text", {i: v - 1 - int(i[0]) / 50 for i, v in base.items()}, now,
         metric="bits_per_byte", falling=falling)  # fmt: skip
    found = retention(study)
    said = [texts(pair_retention_blocks(found, *pair))[0] for pair in found.pairs()]
    assert "bits_per_byte (less is better)" in said[0]
    assert "a loss beyond chance" in said[0]
    assert "a gain beyond chance" in said[1]
    assert tables(pair_retention_blocks(found, "base", "tuned"))[0].plain_rows[0][-1] == "–"
    (row,) = KIND.rows(study, ignore_progress)
    assert (row.key, row.unit, row.higher_is_better) == ("retention.text.bits_per_byte", Unit.SCORE, False)
    assert row.by_system["base"].low is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [217, 308])
def test_values_too_large_to_be_squared_or_added_are_not_compared(
    study: StudyFile, now: datetime, power: int
) -> None:
    base = {f"{n}-x": -(10.0**power) for n in range(12)}
    keep(study, "base", "text", base, now, metric="perplexity\x1b")
    tuned = {item: -value / (1 + int(item[:-2])) for item, value in base.items()} | {"0-x": 10.0**power}
    keep(study, "tuned", "text", tuned, now, metric="perplexity\x1b")
    found = retention(study)
    blocks = tuple(pair_retention_blocks(found, "base", "tuned"))
    assert texts(iter(blocks))[0].endswith("That is too large to compare.")
    assert "too large to compare" in str(tables(iter(blocks))[0].rows[0])
    assert "× 10" in str(tuple(retention_blocks(found)))
    assert '"low":null,"high":null' in json_text(retention_json(found)).replace(" ", "").replace("\n", "")
    (row,) = KIND.rows(study, ignore_progress)
    cell = matrix_cell(row, "tuned", "base")
    assert (cell.verdict, cell.told_apart, cell.difference_interval) == ("too large to compare", False, "")
    assert "⟨U+001B⟩" in cell_sentence(row, "tuned", "base")
    json_text(matrix_json(study_matrix(study)))


def test_an_equal_measure_of_any_size_is_not_told_apart(study: StudyFile, now: datetime) -> None:
    base = {f"{n}-x": 2.0 + n / 10 for n in range(12)}
    for system, other in (("base", 0.0), ("tuned", 0.3)):
        values = {item: value + other * (-1) ** int(item[0]) for item, value in base.items()}
        keep(study, system, "text", values, now, metric="loglikelihood")
    assert "one of 0." in texts(pair_retention_blocks(retention(study), "base", "tuned"))[0]


LOG = {"imported": "samples.jsonl"}
UNKNOWN = "filter and generation"
NO_RECORD = f"limit, examples, chat template, {UNKNOWN}"
PLAIN = {"limit": 0, "fewshot": None, "seed": 0, "chat": False}


def test_a_log_does_not_replace_a_verified_run_until_the_owner_chooses_it(
    study: StudyFile, now: datetime
) -> None:
    keep(study, "base", "arc", right(*range(5)), now, digest="a", settings=PLAIN, harness="0.4.13")
    keep(study, "tuned", "arc", right(*range(5)), now, digest="a", settings=PLAIN)
    keep(study, "base", "arc", right(*range(18)), now, imported="samples_arc.jsonl")
    keep(study, "tuned", "mmlu", right(0), now)
    found = retention(study)
    assert (found.measures[0].mean("base"), found.imported, found.asked_otherwise) == (0.875, (), ())
    assert "No clear loss" in texts(pair_retention_blocks(found, "base", "tuned"))[0]
    (runs,) = [one for one in tables(retention_blocks(found)) if one.caption == "Runs"]
    date = now.date().isoformat()
    verified = ("arc", "base", "verified here", date, "default", "none", "none", "0.4.13", "40")
    log = ("arc", "base", "log (samples_arc)", date, *["unknown"] * 4, "40")
    assert (runs.plain_rows[0], runs.plain_rows[2]) == (("1", "yes", *verified), ("3", "no", *log))

    (chosen,) = choose_run(study, 3, "run elsewhere", now=now)
    assert (chosen.log, chosen.reason) == ("samples_arc.jsonl", "run elsewhere")
    found = retention(study)
    assert (found.measures[0].mean("base"), found.imported) == (0.55, ("arc",))
    document: Any = retention_json(found)
    assert [(run["kind"], run["counts"], run["chosen"]) for run in document["runs"][:3]] == [
        ("proven", False, False),
        ("proven", True, False),
        ("log", True, True),
    ]
    assert document["runs"][2]["reason"] == "run elsewhere"
    (runs,) = [one for one in tables(retention_blocks(found)) if one.caption == "Runs"]
    assert runs.plain_rows[2][1] == "chosen (run elsewhere)"
    assert any("cannot verify that a log" in text for text in texts(retention_blocks(found)))
    (line,) = [one for one in audit_view(study).lines if one.what == "Run of a task chosen"]
    assert line.detail == "run 3; arc; base; reason: run elsewhere"
    for number, code in ((3, "run-counts"), (9, "no-such-run")):
        with refuses(code):
            choose_run(study, number, "", now=now)
    choose_run(study, 1, "", now=now)
    assert retention(study).measures[0].mean("base") == 0.875
    keep(study, "base", "arc", right(0, 1), now, digest="a", settings=PLAIN)
    assert retention(study).measures[0].mean("base") == 0.875
    assert [run.number for run in choose_run(study, None, "newer weights", now=now)] == [5]
    assert retention(study).measures[0].mean("base") == 0.95
    details = [one.detail for one in audit_view(study).lines if one.what == "Run of a task chosen"]
    assert "default; arc; base; reason: newer weights" in details
    with pytest.raises(UserError, match=r"No run is chosen\."):
        choose_run(study, None, "", now=now)
    assert [finding for finding in study.check() if not finding.ok] == []


def test_of_verified_runs_the_newest_counts_and_so_of_logs(study: StudyFile, now: datetime) -> None:
    for wrong in (4, 2):
        keep(study, "base", "arc", right(*range(wrong)), now)
        keep(study, "tuned", "arc", right(*range(wrong)), now, imported=f"{wrong}.jsonl")
    (measure,) = retention(study).measures
    assert (measure.mean("base"), measure.mean("tuned")) == (0.95, 0.95)


@pytest.mark.parametrize(
    ("base", "tuned", "why"),
    [
        (
            {"prompt": "a"},
            {"prompt": "b"},
            f"different prompts for 40 of 40 items; unknown: choices, {NO_RECORD}",
        ),
        (
            {"record": {"target": "no", "choices": "a"}},
            {"record": {"choices": "b"}},
            "different right answers for 40 of 40 items; different choices for 40 of 40 items; unknown: "
            f"{NO_RECORD}",
        ),
        (
            {"record": {"choices": "a", "settings": ["filter none", "max_gen_toks 10", "temperature 0"]}},
            {**LOG, "record": {"choices": "a", "settings": ["filter none", "temperature 1"]}},
            f"{UNKNOWN}: max_gen_toks 10, temperature 0 and temperature 1; "
            "unknown: limit, examples, chat template",
        ),
        (
            {**LOG, "record": {"choices": "a", "settings": ["filter strict"]}},
            {**LOG, "record": {"choices": "a", "settings": ["filter \x1bloose"]}},
            f"{UNKNOWN}: filter strict and filter \x1bloose; unknown: limit, examples, chat template",
        ),
        ({"record": {"choices": "a", "settings": ["filter none"]}}, {**LOG}, ""),
        (
            {"digest": "a", "settings": {**PLAIN, "limit": 40}},
            {"digest": "b", "settings": PLAIN},
            f"limit: 40 and none; unknown: choices, {UNKNOWN}",
        ),
        (
            {"digest": "a", "settings": {**PLAIN, "fewshot": 0}},
            {"digest": "b", "settings": PLAIN},
            f"examples: 0 and default; unknown: choices, {UNKNOWN}",
        ),
        (
            {"prompt": "a", "settings": {**PLAIN, "fewshot": 5}},
            {"prompt": "b", "settings": PLAIN},
            f"different prompts for 40 of 40 items; examples: 5 and default; unknown: choices, {UNKNOWN}",
        ),
        (
            {"of": 20, "digest": "b", "settings": {**PLAIN, "limit": 20}},
            {"digest": "a", "settings": PLAIN},
            f"20 items in common of 20 and 40; limit: 20 and none; unknown: choices, {UNKNOWN}",
        ),
        (
            {"of": 20},
            {**LOG},
            f"20 items in common of 20 and 40; unknown: choices, {NO_RECORD}",
        ),
        (
            {"digest": "a", "settings": PLAIN},
            {"digest": "b", "settings": PLAIN},
            "another version of the task",
        ),
        ({}, {"imported": "samples.jsonl"}, ""),
        ({}, {"of": 38, "imported": "samples.jsonl", "left_out": 2}, ""),
        ({"of": 38, "digest": "a", "settings": PLAIN}, {"digest": "a", "settings": PLAIN}, ""),
    ],
)
def test_systems_that_were_asked_differently_are_not_compared(
    study: StudyFile, now: datetime, base: dict[str, Any], tuned: dict[str, Any], why: str
) -> None:
    keep(study, "base", "arc", right(0, of=base.pop("of", ITEMS)), now, **base)
    keep(study, "tuned", "arc", right(*range(16), of=tuned.pop("of", ITEMS)), now, **tuned)
    found = retention(study)
    (measure,) = found.measures
    said = texts(pair_retention_blocks(found, "base", "tuned"))[0]
    (row,) = KIND.rows(study, ignore_progress)
    document: Any = retention_json(found)
    (pair,) = document["measures"][0]["differences"]
    assert (measure.why_not_compared("base", "tuned"), pair["asked_differently"]) == (why, why)
    assert (found.asked_otherwise, "beyond chance" in said) == (("arc",) if why else (), not why)
    if why:
        assert f"no verdict, because base and tuned were asked differently ({visible(why)})" in said
        assert not tables(pair_retention_blocks(found, "base", "tuned"))
        assert (row.difference("base", "tuned"), row.name) == (None, "arc: acc (asked differently)")
        assert (pair["difference"], pair["mcnemar_p"], pair["lost"]) == (None, None, [])


def test_another_run_can_be_chosen_in_the_window(study: StudyFile, now: datetime) -> None:
    keep(study, "base", "arc", right(0), now)
    assert not [offer for offer in available_runs(study, RUNS) if offer.run is CHOICE]
    keep(study, "base", "arc", right(0, 1), now, imported="samples_arc.jsonl")
    (offer,) = available_runs(study, (CHOICE,))
    date = now.date().isoformat()
    assert offer.options == {"run": (("2", f"Run 2: arc, base, log samples_arc.jsonl, {date}"),)}
    assert CHOICE.work is not None
    said = CHOICE.work(study, {"run": ("2",)}, ignore_progress)
    assert said == "Run 2 counts for arc and base. The audit log records the choice."
    assert retention(study).measures[0].mean("base") == 0.95
    (offer,) = available_runs(study, (CHOICE,))
    assert offer.options["run"][1:] == (("default", "Default: undo all choices"),)
    said = CHOICE.work(study, {"run": ("default",)}, ignore_progress)
    assert said == "Run 1 counts for arc and base. The audit log records the choice."


def test_each_measure_is_a_row_of_the_matrix(study: StudyFile, now: datetime) -> None:
    assert not KIND.rows(study, ignore_progress)
    assert retention_sections(retention(study)) == ()
    for system in ("base", "tuned", "other"):
        keep(study, system, "arc", right(0, 1), now)
    (row,) = KIND.rows(study, ignore_progress)
    assert (row.key, row.name, row.unit) == ("retention.arc.acc", "arc: acc", Unit.SHARE)
    assert row.by_system["tuned"].prompts == ITEMS
    assert row.by_system["tuned"].low is not None
    assert set(row.differences) == {("base", "tuned"), ("base", "other")}
    assert KIND.details is not None
    sections = KIND.details(study, ignore_progress)
    assert [one.title for one in sections] == [
        "What fine-tuning cost",
        "What fine-tuning cost: tuned beside base",
        "What fine-tuning cost: other beside base",
    ]


def test_the_document_has_every_difference(study: StudyFile, now: datetime) -> None:
    keep(study, "base", "arc", right(0), now)
    keep(study, "tuned", "arc", right(1), now)
    document: Any = retention_json(retention(study))
    (measure,) = document["measures"]
    (pair,) = measure["differences"]
    assert (pair["items"], pair["difference"]) == (40, 0.0)
    assert pair["lost"] == [
        {"item": "1-x", "asked": "Question 1-x?", "right": "yes", "before": "1", "after": "0"}
    ]


def test_while_blinded_only_how_much_was_done_is_told(blinded: StudyFile, now: datetime) -> None:
    assert retention_told(blinded) == RetentionTotals(0, 0)
    assert texts(total_blocks(RetentionTotals(0, 0)))[1] == GROUP.with_command(BEGIN)
    keep(blinded, "base", "arc", right(0), now)
    keep(blinded, "tuned", "arc", right(0), now)
    found = retention_told(blinded)
    assert found == RetentionTotals(2 * ITEMS, 1)
    assert texts(total_blocks(found))[1] == "All systems together completed 80 items of 1 task."
    assert totals_json(found) == {"blinded": True, "items": 80, "tasks": 1}
    for withheld in (retention, lambda study: choose_run(study, 1, "", now=now)):
        with refuses("still-blinded"):
            withheld(blinded)
    assert not available_runs(blinded, (CHOICE,))


def test_without_results_it_is_said_how_to_begin(study: StudyFile) -> None:
    assert retention_told(study) == StudyRetention()
    assert texts(retention_blocks(StudyRetention())) == [GROUP.with_command(BEGIN)]


def test_without_a_base_before_and_after_are_to_be_named(study: StudyFile, now: datetime) -> None:
    keep(study, "tuned", "arc", right(0), now)
    keep(study, "other", "arc", right(1), now)
    found = retention(study)
    assert found.pairs() == ()
    assert any("--pair BEFORE AFTER" in text for text in texts(retention_blocks(found)))
    assert set(KIND.rows(study, ignore_progress)[0].differences) == {("tuned", "other")}
    assert texts(pair_retention_blocks(found, "tuned", "other"))


def test_a_reply_is_what_was_written_or_found_likeliest() -> None:
    choices: dict[str, Any] = {
        "target": "1",
        "replied": [{"text": " a", "found": -1.0}, {"text": " b", "found": -2.0}],
    }
    assert (reply_of(choices), right_of(choices)) == ("a", "b")
    assert (reply_of({"replied": ["x"], "target": "12"}), right_of({"target": "12"})) == ("x", "12")
    assert (reply_of({}), reply_of({"replied": []}), right_of({})) == ("", "[]", "")
    assert reply_of({"replied": [{"text": "a", "found": "?"}]}) == "a"


def test_the_button_says_what_there_is_to_do(study: StudyFile, tmp_path: Path) -> None:
    left = RUN.left(study)
    assert (left.count, left.text) == (3, f"Runs the task on 3 systems. {KEPT_WHOLE}")
    (tmp_path / "items.jsonl").write_text("{}\n", "utf-8")
    task = tmp_path / "small.yaml"
    task.write_text("task: small\ndataset_path: json\ndataset_kwargs: {data_files: items.jsonl}\n", "utf-8")
    assert RUN.engine is not None
    answer = BenchmarkAnswer(read_tasks([str(task)]), RetentionSettings(chat=True))
    run = RUN.engine(study, {"benchmark": answer}, FAKE)
    assert run.progress.parts == 1
    for system in study.systems.all():
        study.systems.remove(system.id)
    assert RUN.left(study).count == 0


@pytest.mark.parametrize(
    "asked",
    [
        "<|begin|><|user|>What is wool good for?<|end|>",
        "<|im_start|>user\nWhat is wool good for?<|im_end|>\n<|im_start|>assistant\n",
        "<|start_header_id|>user<|end_header_id|>\n\nWhat is wool good for?<|eot_id|>",
        "<bos><start_of_turn>user\nWhat is wool good for?<end_of_turn>\n<start_of_turn>model\n",
        "<s>[INST] What is wool good for? [/INST]",
        "What is wool good for?",
    ],
)
def test_what_was_asked_is_told_without_the_marks_of_chat_templates(asked: str) -> None:
    assert without_template_marks(asked) == "What is wool good for?"
