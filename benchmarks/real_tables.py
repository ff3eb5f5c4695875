"""Votes that others published, imported as tables: are the figures equal to those of their authors?

    python benchmarks/real_tables.py --folder FOLDER

FOLDER holds files of three public repositories, in any of its folders. Those that are not there are skipped:

- PandaLM (github.com/WeOpenML/PandaLM): ``testset-v1.json``, votes of three people on answers of five
  systems. Cohen's κ of each two annotators is in its README; wins are counted here, without FTCompare.
- LLMBar (github.com/princeton-nlp/LLMBar): folders ``evaluators/NAME/Vanilla``, in which ``result.json``
  has an evaluator's choices in both orders, and ``statistics.json`` its figures. Sets in which a question
  occurs twice are left out: FTCompare's agreement counts a prompt and two systems once.
- LLMFAO (github.com/dustalov/llmfao): ``crowd-comparisons.csv`` and ``leaderboard.ipynb``, whose first table
  has the Bradley-Terry scores of 59 systems.

Each file is imported as ``ftcompare import --format table`` does. A line is printed for each figure or, for
many figures, with the greatest difference. Exits with 1 if a difference is above the rounding of the source.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from machine import machine

from ftcompare.app.export.importing import ImportSource, create_from_files
from ftcompare.app.results.json_document import results_json
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.formats.vote_table import VoteColumns
from ftcompare.store.study.study_file import StudyFile

ANNOTATORS = ("annotator1", "annotator2", "annotator3")
KAPPAS = (0.85, 0.88, 0.86)  # README of PandaLM, "Test data"
PANDALM = VoteColumns(
    {"prompt": "instruction", "input": "input", "a": "response1", "b": "response2", "systems": "cmp_key"},
    ANNOTATORS,
    {"1": "a", "2": "b", "0": "tie"},
)
ORDERS = ("results.0.swap = False.winner", "results.0.swap = True.winner")
LLMFAO = VoteColumns(
    {"prompt": "prompt", "system_a": "left", "system_b": "right", "rater": "worker"}, ("winner",)
)
_ROW = re.compile(r"<th>([^<]+)</th>\s*<td>([\d.]+)</td>")


class Figure(NamedTuple):
    """A published figure, the one of FTCompare, and the difference that rounding explains."""

    file: str
    name: str
    published: float
    found: float
    rounding: float

    @property
    def equal(self) -> bool:
        return abs(self.published - self.found) <= self.rounding


def main() -> int:
    """Import, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    print(machine(), "", "| file | figure | published | FTCompare | |", "|---|---|--:|--:|---|", sep="\n")
    wrong = count = 0
    for figure in (*pandalm(folder), *llmbar(folder), *llmfao(folder)):
        count, wrong = count + 1, wrong + (not figure.equal)
        told = "equal" if figure.equal else "DIFFERENT"
        print(f"| {figure.file} | {figure.name} | {figure.published:.5g} | {figure.found:.5g} | {told} |")
    print(f"\n{count} figures, {wrong} different.")
    return 1 if wrong or not count else 0


def pandalm(folder: Path) -> Iterator[Figure]:
    for path in folder.rglob("testset-v1.json"):
        found, _ = imported(path, PANDALM)
        kappas = {tuple(one["raters"]): one["value"] for one in found["agreement"]["cohen_kappa"]}
        for raters, published in zip(combinations(ANNOTATORS, 2), KAPPAS, strict=True):
            yield Figure(path.name, f"κ of {' and '.join(raters)}", published, kappas[raters], 0.005)
        wins = Counter[tuple[str, str]]()
        for row in json.loads(path.read_text("utf-8")):
            names = row["cmp_key"].split("_")
            sides = {1: names[0], 2: names[1]}
            wins.update((sides.get(row[one], "tie"), row["cmp_key"]) for one in ANNOTATORS)
        keys = {key for _, key in wins}
        for pair in (*found["comparisons"], *found["further_comparisons"]):
            (key,) = keys & {f"{pair['a']}_{pair['b']}", f"{pair['b']}_{pair['a']}"}
            for name, field in ((pair["a"], "wins_a"), (pair["b"], "wins_b"), ("tie", "ties")):
                yield Figure(path.name, f"{key}: {name}", wins[name, key], pair[field], 0)


def llmbar(folder: Path) -> Iterator[Figure]:
    for path in sorted(folder.rglob("evaluators/*/Vanilla/result.json")):
        published = json.loads(path.with_name("statistics.json").read_text("utf-8"))
        fields = {"prompt": "input", "a": "output_1", "b": "output_2"}
        words = {"1": "a", "2": "b"}
        name = f"{path.parents[3].name}, {path.parents[1].name}"
        asked = [row["input"] for row in json.loads(path.read_text("utf-8"))]
        if len({*asked}) < len(asked):
            print(f"({name} is left out: a question occurs twice)", file=sys.stderr)
            continue
        for order, field in zip(ORDERS, ("correct_False", "correct_True"), strict=True):
            found, _ = imported(path, VoteColumns(fields, ("label", order), words))
            share = float(published[field].split("= ")[1].rstrip("%")) / 100
            yield Figure(name, field, share, found["agreement"]["percent"], 1e-9)
        found, _ = imported(path, VoteColumns(fields, ORDERS, words))
        (kappa,) = found["agreement"]["cohen_kappa"]
        yield Figure(name, "kappa_agreement", published["kappa_agreement"], kappa["value"], 1e-9)


def llmfao(folder: Path) -> Iterator[Figure]:
    for path in folder.rglob("crowd-comparisons.csv"):
        found, seconds = imported(path, LLMFAO)
        scores = found["ranking"]["bradley_terry"]
        tables = list(notebook_tables(path.with_name("leaderboard.ipynb")))
        published = {name: float(score) for name, score in _ROW.findall(tables[0])} if tables else {}
        for name in sorted(published, key=lambda one: -abs(published[one] - scores[one]))[:1]:
            told = f"Bradley-Terry scores of {len(scores)} systems; greatest difference: {name}"
            yield Figure(path.name, told, published[name], scores[name], 5e-6)
        order = sum(
            a != b for a, b in zip(published, sorted(scores, key=lambda one: -scores[one]), strict=True)
        )
        yield Figure(path.name, "systems with another rank", 0, order, 0)
        print(f"(import and results of {path.name}: {seconds:.0f} s)", file=sys.stderr)


def notebook_tables(path: Path) -> Iterator[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"] if path.exists() else []
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    return ("".join(html) for output in outputs if (html := output.get("data", {}).get("text/html")))


def imported(path: Path, columns: VoteColumns) -> tuple[dict[str, Any], float]:
    """Return the results of a new study of a table of votes, and the seconds that both took."""
    now, begun = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "votes.ftstudy"
        plan = StudyPlan(title="Votes")
        create_from_files(place, [ImportSource(path, "table", columns)], plan=plan, rng=Random(1), now=now)
        with StudyFile.open(place, now=now) as study:
            return results_json(study), time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
