"""Before and after: differences over the same items, the answers that were lost, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.results.matrix.retention import KEPT_WHOLE, RUN, SOURCE
from ftcompare.app.results.matrix_json import matrix_json
from ftcompare.app.results.measure_runs import AskedChoice
from ftcompare.app.results.presentation.blocks import Block, Paragraph, Table, Tone, Unit
from ftcompare.app.results.presentation.matrix import cell_sentence, matrix_cell
from ftcompare.app.results.presentation.retention import (
    BEGIN,
    pair_retention_blocks,
    retention_blocks,
    retention_sections,
    total_blocks,
    without_template_marks,
)
from ftcompare.app.results.retention import (
    RetentionTotals,
    StudyRetention,
    reply_of,
    retention,
    retention_json,
    retention_told,
    right_of,
    totals_json,
)
from ftcompare.app.results.study_matrix import study_matrix
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.formats.json_document import json_text
from ftcompare.store.study.benchmark_results import BenchmarkItem
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.study_file import StudyFile

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
    **about: Any,
) -> None:
    """One system's results in one task."""
    number = study.scores.add_examination(BENCHMARKED, {"benchmark": {"task": task, **about}}, now=now)
    items = (
        BenchmarkItem(
            task,
            item,
            {metric: value},
            {"asked": f"Question {item}?", "target": "yes", "replied": [f"{value:g}"], "prompt": prompt},
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
    test = measure.mcnemar("base", "tuned")
    assert test is not None
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
    assert "No loss is told apart from chance; one of" in said
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
    (row,) = SOURCE.rows(study, ignore_progress)
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
    (row,) = SOURCE.rows(study, ignore_progress)
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


def test_the_last_results_count_and_systems_asked_otherwise_are_named(
    study: StudyFile, now: datetime
) -> None:
    keep(study, "base", "arc", right(*range(ITEMS)), now)
    keep(study, "base", "arc", right(0), now, prompt="other", imported="samples.jsonl")
    keep(study, "tuned", "arc", right(0, 1), now)
    keep(study, "tuned", "mmlu", right(0), now)
    found = retention(study)
    assert found.measures[0].mean("base") == 0.975
    assert (found.asked_otherwise, found.imported) == (("arc",), ("arc",))
    told = [one for one in retention_blocks(found) if isinstance(one, Paragraph)]
    assert [one.tone for one in told] == [Tone.NOTE, Tone.WARNING, Tone.NOTE]
    assert "come from logs" in told[-1].text
    blocks = texts(pair_retention_blocks(found, "base", "tuned"))
    assert blocks[-1].startswith("Tasks are looked at side by side")
    assert not [*pair_retention_blocks(found, "base", "other")]


def test_each_measure_is_a_row_of_the_matrix(study: StudyFile, now: datetime) -> None:
    assert not SOURCE.rows(study, ignore_progress)
    assert retention_sections(retention(study)) == ()
    for system in ("base", "tuned", "other"):
        keep(study, system, "arc", right(0, 1), now)
    (row,) = SOURCE.rows(study, ignore_progress)
    assert (row.key, row.name, row.unit) == ("retention.arc.acc", "arc: acc", Unit.SHARE)
    assert row.by_system["tuned"].count == ITEMS
    assert row.by_system["tuned"].low is not None
    assert set(row.differences) == {("base", "tuned"), ("base", "other")}
    assert SOURCE.details is not None
    sections = SOURCE.details(study, ignore_progress)
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
    assert texts(total_blocks(RetentionTotals(0, 0)))[1] == BEGIN
    keep(blinded, "base", "arc", right(0), now)
    keep(blinded, "tuned", "arc", right(0), now)
    found = retention_told(blinded)
    assert found == RetentionTotals(2 * ITEMS, 1)
    assert texts(total_blocks(found))[1] == "All systems together did 80 items of 1 task."
    assert totals_json(found) == {"blinded": True, "items": 80, "tasks": 1}
    with pytest.raises(UserError) as caught:
        retention(blinded)
    assert caught.value.code == "still-blinded"


def test_without_results_it_is_said_how_to_begin(study: StudyFile) -> None:
    assert retention_told(study) == StudyRetention()
    assert texts(retention_blocks(StudyRetention())) == [BEGIN]


def test_without_a_base_before_and_after_are_to_be_named(study: StudyFile, now: datetime) -> None:
    keep(study, "tuned", "arc", right(0), now)
    keep(study, "other", "arc", right(1), now)
    found = retention(study)
    assert found.pairs() == ()
    assert any("--pair BEFORE AFTER" in text for text in texts(retention_blocks(found)))
    assert set(SOURCE.rows(study, ignore_progress)[0].differences) == {("tuned", "other")}
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
    assert (left.count, left.text) == (3, f"3 systems to do a task. {KEPT_WHOLE}")
    (tmp_path / "items.jsonl").write_text("{}\n", "utf-8")
    task = tmp_path / "small.yaml"
    task.write_text("task: small\ndataset_path: json\ndataset_kwargs: {data_files: items.jsonl}\n", "utf-8")
    assert RUN.engine is not None
    chosen = [
        [option for option, _ in ask.options(study)] for ask in RUN.asks if isinstance(ask, AskedChoice)
    ]
    assert chosen == [["plain", "chat"]]
    run = RUN.engine(study, {"task": task, "asked": ("chat",)}, "fake")
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
