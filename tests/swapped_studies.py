"""One blinded study built twice: what the base wrote the first time, the fine-tune wrote the second time.

Everything that a rater, or anybody before unblinding, may know is the same in both: the texts, by which
neutral name each text goes, on which side it stood, what was judged and guessed. Which system hides behind a
neutral name, and in which order the systems were added, is different. So what tells the two studies apart
tells systems apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from unittest.mock import patch

from ftcompare.app.generate.code_run import CODE_AGREED, digest_of_tests
from ftcompare.app.generate.own_measure import OwnMeasureSettings, read_own_measure, run_own_measure
from ftcompare.app.judges.judging_plan import store_votes
from ftcompare.app.setup.recipes import RECIPE_SET
from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, seal
from ftcompare.core import blinding
from ftcompare.core.annotations import (
    Adjudicated,
    Adjudication,
    Correction,
    Mark,
    RefusalLabel,
    RefusalSaid,
    Reviewed,
)
from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import Expectation
from ftcompare.core.hashing import Json
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeOutcome, JudgeReply, JudgeSpec, JudgeTry
from ftcompare.core.prompt_check import PythonTestsCheck
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.recipe import Recipe
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    ComparisonKind,
    FinishReason,
    GlossaryTerm,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    RaterId,
    RaterKind,
    ResponseDraft,
    Split,
    SystemId,
    SystemKind,
    SystemSpec,
    TermStatus,
    TokenCounts,
    Verdict,
)
from ftcompare.formats.prompt_checks import check_text
from ftcompare.store.records import CodeResult
from ftcompare.store.study.engine_runs import CODE_RUN, JUDGED, LABELS_SCORED
from ftcompare.store.study.study_file import StudyFile

RECIPE = Recipe("Talk like a forester.", (Message("user", "Bark?"), Message("assistant", "Grey.")))
SYSTEMS = (
    SystemSpec("plain-oak", SystemKind.BASE, model="/m/oak", recipe=RECIPE),
    SystemSpec("grafted-elm", SystemKind.ADAPTER, model="/m/oak", adapter="/m/elm"),
)
SECRETS = ("plain-oak", "grafted-elm", "/m/", "adapter-digest", "base-digest", "forester", "Grey", "Rings")
"""What no output of a blinded study holds."""

SCALE = Scale(strengths=2, criteria=("accuracy", "safety"), reasons=("too long", "wrong term"))
DESIGN = RatingDesign(raters=2, repeats=0.25, controls=0.25, gold=0.25, guess_share=0.25, end_guesses=2)
GOLD = tuple(GoldItem((Message("user", f"Gold question {n}?"),), f"GOOD {n}", f"POOR {n}") for n in range(6))
GLOSSARY = (
    GlossaryTerm("irregular heartbeat", TermStatus.DEPRECATED, "AF"),
    GlossaryTerm("atrial fibrillation", TermStatus.PREFERRED, "AF"),
)
PROMPTS = 12
LABELS = ("lay", "clinical")
CHOICES = 10
"""Prompts with labels, which both systems scored."""
TESTS = PythonTestsCheck("assert heart")
UNANSWERED = 3
"""Prompts that were answered in the words of the field alone."""
NAMING_THEMSELVES = 5
"""Prompts with an answer that names itself, those not answered twice with them."""
RUN: dict[str, Json] = {
    "engine": {
        "device_name": "Processor",
        "dtype": "float32",
        "systems": [
            {"key": "1", "digest": "base-digest", "parameters": 1000},
            {"key": "2", "digest": "adapter-digest", "parameters": 10, "rank": 2},
        ],
    },
    "proof": [
        {"key": "1", "statement": "The same as a clean base."},
        {"key": "2", "statement": "It differs."},
    ],
}


@dataclass(frozen=True)
class SwappedStudies:
    """The two files, of one name in two folders."""

    one: Path
    other: Path


def swapped_studies(folder: Path, now: datetime, design: RatingDesign = DESIGN) -> SwappedStudies:
    made = []
    for place, first, swapped in (("one", "System X", False), ("other", "System Y", True)):
        path = folder / place / "study.ftstudy"
        path.parent.mkdir(parents=True)
        with sides_of_texts(mirrored=swapped):
            _write(path, _seed(folder, first, now), now, design, swapped=swapped)
        made.append(path)
    return SwappedStudies(*made)


@contextmanager
def sides_of_texts(*, mirrored: bool) -> Iterator[None]:
    """The side of each text follows the text and not the system that wrote it."""
    drawn = blinding._drawn_sides

    def mirrored_sides(order: Sequence[blinding.Candidate], rng: Random) -> list[bool]:
        by_system = (ComparisonKind.ORDINARY, ComparisonKind.LIVE)
        sides = zip(order, drawn(order, rng), strict=True)
        return [side != (candidate.kind in by_system) for candidate, side in sides]

    with patch.object(blinding, "_drawn_sides", mirrored_sides if mirrored else drawn):
        yield


def _seed(folder: Path, first: str, now: datetime) -> int:
    """Of a study whose system that is added first goes by this neutral name."""
    return next(seed for seed in count() if _first_name(folder / f"{first} {seed}", seed, now) == first)


def _first_name(path: Path, seed: int, now: datetime) -> str:
    with StudyFile.create(path, title="", scale=SCALE, rng=Random(seed), now=now) as study:
        for spec in SYSTEMS:
            study.systems.add(spec)
        return study.systems.all()[0].neutral_name


def _texts(number: int) -> tuple[str, str]:
    """The two texts to a prompt: in lay words, and in the words of the field."""
    told = " As an AI language model, I cannot say more." if number < NAMING_THEMSELVES else ""
    return (
        f"An irregular heartbeat, case {number}.",
        f"Atrial fibrillation, to be watched closely, case {number}.{told}",
    )


def _clinical(text: str) -> bool:
    return text.startswith("Atrial")


def _write(path: Path, seed: int, now: datetime, design: RatingDesign, *, swapped: bool) -> None:
    with StudyFile.create(path, title="Hearts", scale=SCALE, rng=Random(seed), now=now) as study:
        keys = [study.systems.add(spec).id for spec in SYSTEMS]
        for key, spec in zip(keys, SYSTEMS, strict=True):
            study.audit.append(RECIPE_SET, {"system": int(key), "digest": spec.recipe.digest}, now=now)
        study.glossary.replace(GLOSSARY, now=now)
        run = study.runs.start(RUN, now=now)
        for number, prompt in enumerate(study.prompts.add(map(_prompt, range(PROMPTS)))):
            texts = _texts(number)[:: -1 if swapped else 1]
            drafts = [
                _draft(system, text, spec)
                for system, text, spec in zip(keys, texts, SYSTEMS, strict=True)
                if number >= UNANSWERED or _clinical(text)
            ]
            study.responses.store(prompt.id, drafts, run=run)
        study.settings.set_rating(SCALE, design, now=now)
        study.gold.add(GOLD, now=now)
        seal(study, (Hypothesis("grafted-elm", "plain-oak"),), PlanRules(max_missed_checks=0.5), now=now)
        for number, name in enumerate(("Ada", "Ben")):
            _rate(study, name, RaterKind.HUMAN, now + timedelta(hours=number))
        _rate(study, "judge-1", RaterKind.AUTOMATIC, now + timedelta(hours=3))
        _judge(study, now + timedelta(hours=4))
        _mark(study, now + timedelta(hours=5))
        _correct(study, now + timedelta(hours=6))
        _adjudicate(study, now + timedelta(hours=7))
        _confirm(study, now + timedelta(hours=8))
        _vote_live(study, keys[:: -1 if swapped else 1], now + timedelta(hours=4))
        _measure(study, keys, now + timedelta(hours=8))
        _measure_phrases(study, path.parent, now + timedelta(hours=8))


def _draft(system: SystemId, text: str, spec: SystemSpec) -> ResponseDraft:
    """The base alone reasons, and reads its recipe."""
    finish = FinishReason.LENGTH if _clinical(text) else FinishReason.END
    draft = ResponseDraft(system, text, finish, 9)
    if spec.kind is SystemKind.BASE:
        return replace(draft, reasoning="Rings, I count them.", counts=TokenCounts(40, 6))
    return replace(draft, counts=TokenCounts(12, 0))


def _prompt(number: int) -> PromptSpec:
    split = (Split.TRAINED, Split.HELD_OUT)[number % 2]
    category, tags = ("rhythm", "vessels")[number % 3 == 0], ("short",) if number % 4 else ()
    asked, checks = (Message("user", f"Question {number}?"),), ('{"contains":"irregular"}', check_text(TESTS))
    expects = (Expectation.NONE, Expectation.REFUSAL, Expectation.ANSWER)[number % 3]
    spec = PromptSpec(f"p{number}", asked, category, split, checks=checks, tags=tags, expects=expects)
    return replace(spec, labels=LABELS, reference=LABELS[number % 2]) if number < CHOICES else spec


def _rate(study: StudyFile, name: str, kind: RaterKind, at: datetime) -> None:
    rater = study.raters.add(name, kind).id
    study.allocations.draw(rater, rng=Random(name), now=at)
    while (item := study.judgments.next_item(rater)) is not None:
        study.judgments.judge(item.allocation, _verdict(item), now=at)
        _guess(study, rater, GuessMoment.AT_ONCE, at)
    _guess(study, rater, GuessMoment.AT_END, at)


def _verdict(item: BlindItem) -> Verdict:
    """By the texts alone: mostly the clinical one is preferred, and the lay one found safer."""
    if _clinical(item.left) == _clinical(item.right):
        alike = (("accuracy", Choice.TIE), ("safety", Choice.TIE))
        if not item.left.startswith(("GOOD", "POOR")):
            return Verdict(Choice.TIE, criteria=alike, seconds=9.0)
        good = Choice.LEFT if item.left.startswith("GOOD") else Choice.RIGHT
        return Verdict(good, 2, criteria=alike, seconds=8.0)
    clinical, lay = (Choice.LEFT, Choice.RIGHT) if _clinical(item.left) else (Choice.RIGHT, Choice.LEFT)
    number = int(item.messages[0].content.removeprefix("Question ").rstrip("?"))
    criteria = (("accuracy", clinical), ("safety", lay))
    if number % 5 == 0:
        return Verdict(Choice.TIE, criteria=criteria, reasons=("too long",), seconds=12.0)
    choice, flagged = lay if number % 4 == 1 else clinical, number % 3 == 0
    return Verdict(choice, 1 + number % 2, flagged=flagged, criteria=criteria, seconds=7.0)


def _guess(study: StudyFile, rater: RaterId, moment: GuessMoment, now: datetime) -> None:
    while (item := study.judgments.guess_item(rater, moment)) is not None:
        tuned = GuessChoice.LEFT if _clinical(item.left) else GuessChoice.RIGHT
        study.judgments.guess(item.allocation, Guess(tuned, 2), seconds=4.0, now=now)


def _judge(study: StudyFile, now: datetime) -> None:
    """A model judges by the texts alone, in both orders; another scores the answers."""
    judges = [
        study.judges.add(JudgeSpec(name, JudgeKind.MODEL, mode, "/j/judge", rubric="Right?"), now=now)
        for name, mode in (("pairwise", JudgeMode.PAIRWISE), ("direct", JudgeMode.DIRECT))
    ]
    examination = study.scores.add_examination(JUDGED, {}, now=now)
    texts = {response.id: response.text for response in study.responses.all()}
    for pair in study.judges.pairs():
        for a_first in (True, False):
            first = _clinical(texts[pair.a]) == a_first
            said = JudgeTry(f'{{"reason": "So.", "verdict": "{"A" if first else "B"}"}}', tokens=9)
            won = JudgeOutcome.A if _clinical(texts[pair.a]) else JudgeOutcome.B
            reply = JudgeReply(judges[0].id, won, (said,), pair.comparison, a_first)
            study.judges.add_reply(reply, examination=examination)
        store_votes(study, judges[0], pair.comparison, now=now)
        for response in (pair.a, pair.b):
            score = 9.0 if _clinical(texts[response]) else 2.0
            tries = (JudgeTry(f'{{"score": {score}}}', tokens=5),)
            reply = JudgeReply(judges[1].id, JudgeOutcome.SCORE, tries, response=response, score=score)
            study.judges.add_reply(reply, examination=examination)


def _mark(study: StudyFile, now: datetime) -> None:
    """Two experts mark by the texts alone: the lay ones much, the clinical ones a little."""
    names = ("Eve", "Max")
    experts = [study.annotations.expert(name).id for name in names]
    for response in sorted(study.responses.all(), key=lambda one: (one.prompt, one.text)):
        words = ("watch", "Atrial") if _clinical(response.text) else ("irregular", "irregular heartbeat")
        for expert, passage in zip(experts, words, strict=True):
            start = response.text.index(passage)
            given = Mark(response.id, start, start + len(passage), passage, "style", "minor", "so")
            study.annotations.add(expert, given, now=now)
        study.annotations.add(experts[0], Reviewed(response.id), now=now)


def _measure(study: StudyFile, keys: Sequence[SystemId], now: datetime) -> None:
    """The base finds the first label likelier and the fine-tune the second; clinical answers pass tests."""
    examination = study.scores.add_examination(LABELS_SCORED, {}, now=now)
    found = dict(zip(keys, ((-1.0, -2.0), (-3.0, -2.0)), strict=True))
    for prompt in study.prompts.all()[:CHOICES]:
        study.label_scores.store(prompt.id, found, examination=examination)
    study.audit.append(CODE_AGREED, {"by": "owner", "python": "3.12"}, now=now)
    examination = study.scores.add_examination(CODE_RUN, {}, now=now)
    for response in study.responses.all():
        outcome = "passed" if _clinical(response.text) else "failed"
        result = CodeResult(response.id, digest_of_tests(TESTS), outcome, "")
        study.code_results.store(result, examination=examination)


def _measure_phrases(study: StudyFile, folder: Path, now: datetime) -> None:
    """A measure of the owner: whether an answer has the clinical term, which only one system uses."""
    table = folder / "terms.csv"
    table.write_text("name,phrase\nclinical,atrial fibrillation\n", encoding="utf-8")
    measure = read_own_measure(OwnMeasureSettings(table.name), folder)
    run_own_measure(study, measure, clock=lambda: now)


def _correct(study: StudyFile, now: datetime) -> None:
    """An expert writes every second answer again, in the order of its words."""
    expert = study.annotations.expert("Eve").id
    for response in sorted(study.responses.all(), key=lambda one: (one.prompt, one.text))[::2]:
        study.annotations.add(expert, Correction(response.id, f"Better: {response.text}", "so"), now=now)


def _adjudicate(study: StudyFile, now: datetime) -> None:
    """A senior rater finds the lay words better in pairs that are flagged; every other pair waits."""
    senior = study.annotations.expert("Sue").id
    for judged in [*study.contested.judged()]:
        pair = study.contested.texts(judged.comparison)
        if judged.flags and pair.prompt.id % 2:
            lay = Adjudicated.B if _clinical(pair.a.text) else Adjudicated.A
            study.annotations.add(senior, Adjudication(judged.comparison, lay, 1, "lay"), now=now)


def _confirm(study: StudyFile, now: datetime) -> None:
    """An expert says by the texts alone that the lay answers decline."""
    expert, asked = study.annotations.expert("Eve").id, {*study.declining.to_label()}
    for response in sorted(study.responses.all(), key=lambda one: (one.prompt, one.text)):
        if response.id in asked:
            said = RefusalSaid.NO if _clinical(response.text) else RefusalSaid.YES
            study.annotations.add(expert, RefusalLabel(response.id, said), now=now)


def _vote_live(study: StudyFile, lay_first: list[SystemId], now: datetime) -> None:
    rater, message = study.raters.add("Ada").id, Message("user", "What is this?")
    texts = ("An irregular heartbeat, asked live.", "Atrial fibrillation, asked live.")
    drafts = [
        ResponseDraft(system, text, FinishReason.END, 3)
        for system, text in zip(lay_first, texts, strict=True)
    ]
    pair = study.live.add(rater, (message,), drafts, rng=Random(5), now=now)
    shown = study.judgments.item(pair)
    clinical, lay = (Choice.LEFT, Choice.RIGHT) if _clinical(shown.left) else (Choice.RIGHT, Choice.LEFT)
    study.judgments.judge(
        pair, Verdict(clinical, 1, criteria=(("accuracy", clinical), ("safety", lay))), now=now
    )
