"""The demo study judged by scripted raters: its prompts, answers from its facts, real rating sessions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.demo import demo_plan
from ftcompare.app.setup.new_study import create_study
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft
from ftcompare.formats.prompts import read_prompts
from ftcompare.store.study.study_file import StudyFile
from tests.app.rate.scripted_sessions import START, Clock, judge_all
from tests.app.scripted_raters import Panel, Population

NAMES = ("Ada", "Ben", "Cleo", "Dora", "Emil")
REPEATS, CONTROLS, END_GUESSES = 0.15, 0.05, 4
REGISTERS = {"cardiology": ("lay", "clinical"), "general": ("general", "formal")}


def scripted_study(folder: Path, *, prompts: int, raters: int, seed: int) -> Path:
    """The demo study, written, judged by scripted raters with repeats, controls and guesses, and unblinded.

    What is true of prompts and raters is `Population()`'s.

    Args:
        folder: gets the file.
        prompts: the first so many of the demo's, and of cases made of them where it has fewer.
        raters: 1 to the number of `NAMES`; each judges every pair.
        seed: of all that is drawn.

    Returns:
        The study's file.
    """
    path = folder / f"scripted-{prompts}-{raters}-{seed}.ftstudy"
    rng = Random(seed)
    design = RatingDesign(raters=raters, repeats=REPEATS, controls=CONTROLS, end_guesses=END_GUESSES)
    plan = replace(demo_plan(), prompts=None, design=design, title="Answers about the heart (scripted)")
    with create_study(path, plan, rng=rng, now=START) as study:
        specs = demo_prompts(prompts)
        texts = written(study, specs)
        lengths = [len(b) - len(a) for a, b in texts]
        splits = [spec.split for spec in specs]
        panel = Panel(Population(), splits, raters, np.random.default_rng(seed), lengths)
        judge_all(study, panel, rng, names=NAMES)
        study.settings.unblind("all judgments are in", now=Clock(START.replace(hour=18))())
    return path


def demo_prompts(number: int) -> list[PromptSpec]:
    """The demo's prompts; from its last on each again as another case."""
    specs = read_prompts(demo_resources() / "prompts.jsonl")
    return [_case(specs[n % len(specs)], n // len(specs)) for n in range(number)]


def _case(spec: PromptSpec, case: int) -> PromptSpec:
    turns = "several turns" if len(spec.messages) > 1 else "one turn"
    tags = turns, "short question" if len(spec.text) < 40 else "long question"
    if not case:
        return replace(spec, tags=tags)
    last = spec.messages[-1]
    again = Message(last.role, f"{last.content} (Case {case + 1}.)")
    return replace(spec, key=f"{spec.key}-{case + 1}", messages=(*spec.messages[:-1], again), tags=tags)


def written(study: StudyFile, specs: Sequence[PromptSpec]) -> list[tuple[str, str]]:
    """Add prompts and both answers to each; what was written."""
    texts = []
    with study.atomic():
        base, tuned = study.systems.all()
        run = study.runs.start(_record(), now=START)
        answers = _Answers()
        for prompt in study.prompts.add(specs):
            both = answers.of(prompt.spec)
            drafts = [
                ResponseDraft(system.id, text, FinishReason.END, len(text.split()))
                for system, text in zip((base, tuned), both, strict=True)
            ]
            study.responses.store(prompt.id, drafts, run=run)
            texts.append(both)
    return texts


class _Answers:
    """What the demo's corpus has for base and adapter to say to each of its prompts."""

    def __init__(self) -> None:
        self._corpus = _script("corpus")
        self._facts = _script("facts").load_facts()
        prompts = _script("study").study_prompts(self._facts, Random(1))
        self._covers: dict[str, tuple[str, str]] = {prompt.id: prompt.covers[-1] for prompt in prompts}
        questions = [
            *self._corpus.cardiology_questions(self._facts),
            *self._corpus.general_questions(self._facts),
        ]
        self._questions: dict[tuple[str, str], Any] = {
            ("+".join(question.keys), question.kind): question for question in questions
        }

    def of(self, spec: PromptSpec) -> tuple[str, str]:
        """The base's and the adapter's, never the same."""
        key, number = self._demo_key(spec.key)
        question = self._questions[self._covers[key]]
        plain, adapted = (
            self._corpus.answer(self._facts, question, register, Random(f"{key}/{number}"))
            for register in REGISTERS[question.domain]
        )
        return plain, adapted if adapted != plain else f"{adapted} That is all."

    def _demo_key(self, key: str) -> tuple[str, int]:
        name, _, number = key.rpartition("-")
        return (key, 1) if key in self._covers else (name, int(number))


def _script(name: str) -> ModuleType:
    """One of the demo's scripts: they import each other by plain name, as when they are run."""
    sys.path.insert(0, str(demo_resources()))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(demo_resources()))


def _record() -> dict[str, Json]:
    """What a run of the engine leaves, as far as a report shows it."""
    system: dict[str, Json] = {"architecture": "LlamaForCausalLM", "parameters": 1_000_000}
    return {
        "settings": {"max_new_tokens": 192, "temperature": 0.0, "seed": 7},
        "proof": [],
        "engine": {
            "device_name": "none: written by a script",
            "dtype": "float32",
            "systems": [{"key": key, "digest": f"scripted {key}", **system} for key in ("1", "2")],
            "versions": {},
        },
    }
