"""Rater quality, blindness, exclusions and results with and without, on a study with known answers.

Twelve prompts, three raters who each get 12 pairs, 3 hidden repeats, 3 controls and 3 gold items, and
are asked about 4 pairs at the end. What they do, and every figure that follows from it:

===================  =======================  ====================  =====================
what                 Ada                      Ben                   Cleo
===================  =======================  ====================  =====================
12 pairs             tuned is better          left is better        about equal
3 repeats            the same                 left again: not alike both bad: alike
3 controls           left is better           about equal           about equal
3 gold items         right                    1 right, 2 wrong      2 right, 1 tie
4 guesses            right, certain           unsure                1 right, 3 wrong: hunches
seconds              2                        4                     unknown
===================  =======================  ====================  =====================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import BY_EXCLUDED
from ftcompare.app.export.exporting import export, preview
from ftcompare.app.rate.rating_session import RatingPhase, RatingSession, study_session
from ftcompare.app.raters.membership import exclude_rater, include_rater
from ftcompare.app.raters.quality import blindness, controls, rater_quality, self_naming
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.rater_tables import noted_raters
from ftcompare.app.results.study_results import (
    VariantKind,
    detailed_results,
    live_results,
    plain_results,
    results,
)
from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Guess,
    GuessChoice,
    Message,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.formats import judgments, judgments_csv
from ftcompare.formats.export_format import AnyExportFormat
from ftcompare.formats.training import trainers
from ftcompare.stats.rater_quality import proportion
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS, prompt
from tests.builders import answer, present, refusal_code

DESIGN = RatingDesign(repeats=0.25, controls=0.25, gold=0.25, end_guesses=4)
GOLD = tuple(
    GoldItem((Message("user", f"Gold question {n}"),), f"Better {n}", f"Worse {n}") for n in range(3)
)
TELLING = "Atrial fibrillation. I was fine-tuned on such cases."


Act = Callable[[BlindItem], Choice]


def tuned(item: BlindItem) -> Choice:
    return Choice.LEFT if item.left.startswith("Atrial") else Choice.RIGHT


def always(choice: Choice) -> Act:
    return lambda _: choice


@dataclass(frozen=True)
class Habits:
    """What a rater presses. It depends on the texts, never on what the study knows."""

    pairs: Act
    repeats: Act
    control: Choice = Choice.TIE
    gold: tuple[str, ...] = ()
    guesses: tuple[tuple[str, int | None], ...] = ()
    seconds: float | None = 1.0


ADA = Habits(tuned, tuned, Choice.LEFT, ("right",) * 3, (("right", 3),) * 4, 2.0)
BEN = Habits(
    pairs=always(Choice.LEFT),
    repeats=always(Choice.LEFT),
    gold=("right", "wrong", "wrong"),
    guesses=(("unsure", None),) * 4,
    seconds=4.0,
)
CLEO = Habits(
    pairs=always(Choice.TIE),
    repeats=always(Choice.BOTH_BAD),
    gold=("right", "tie", "right"),
    guesses=(("wrong", 1), ("right", 1), ("wrong", 1), ("wrong", 1)),
    seconds=None,
)


class Person:
    """One rater at work."""

    def __init__(self, session: RatingSession, habits: Habits) -> None:
        self._session, self._habits = session, habits
        self._gold, self._guesses = iter(habits.gold), iter(habits.guesses)
        self._seen: set[frozenset[str]] = set()
        self.lefts_tuned = 0
        """Of the ordinary pairs, how many had the tuned answer on the left."""

    def work(self) -> None:
        while (view := self._session.view()).item is not None:
            if view.phase is RatingPhase.GUESS:
                self._session.guess(view.item.allocation, self._guess(view.item), seconds=1.0)
            else:
                verdict = Verdict(self._choice(view.item), seconds=self._habits.seconds)
                self._session.judge(view.item.allocation, verdict)

    def _choice(self, item: BlindItem) -> Choice:
        texts = frozenset((item.left, item.right))
        if len(texts) == 1:
            return self._habits.control
        if item.left.startswith(("Better", "Worse")):
            places = (Choice.LEFT, Choice.RIGHT)
            better, worse = places if item.left.startswith("Better") else places[::-1]
            return {"right": better, "wrong": worse, "tie": Choice.TIE}[next(self._gold)]
        if texts in self._seen:
            return self._habits.repeats(item)
        self._seen.add(texts)
        self.lefts_tuned += item.left.startswith("Atrial")
        return self._habits.pairs(item)

    def _guess(self, item: BlindItem) -> Guess:
        wanted, sure = next(self._guesses)
        places = (GuessChoice.LEFT, GuessChoice.RIGHT)
        right, wrong = places if tuned(item) is Choice.LEFT else places[::-1]
        return Guess({"right": right, "wrong": wrong, "unsure": GuessChoice.UNSURE}[wanted], sure)


def rate(study: StudyFile, name: str, habits: Habits, now: datetime, rng: Random) -> Person:
    """A rater does all that there is to do."""
    person = Person(study_session(study, name, clock=lambda: now, rng=rng), habits)
    person.work()
    return person


@pytest.fixture
def asked(empty_study: StudyFile, now: datetime) -> StudyFile:
    """Written pairs, of which one tuned answer gives its model away, and a design with every check."""
    base, adapted = empty_study.systems.all()
    run = empty_study.runs.start({"settings": {}}, now=now)
    for number, entry in enumerate(empty_study.prompts.all()):
        key = entry.spec.key
        clinical = TELLING if number == 3 else f"Atrial fibrillation. {key}"
        drafts = [
            ResponseDraft(base.id, f"An irregular heartbeat. {key}", FinishReason.END, 5),
            ResponseDraft(adapted.id, clinical, FinishReason.END, 4),
        ]
        empty_study.responses.store(entry.id, drafts, run=run)
    empty_study.gold.add(GOLD, now=now)
    empty_study.settings.set_rating(Scale(), DESIGN, now=now)
    return empty_study


@pytest.fixture
def people(asked: StudyFile, now: datetime, rng: Random) -> dict[str, Person]:
    table = {"Ada": ADA, "Ben": BEN, "Cleo": CLEO}
    return {name: rate(asked, name, habits, now, rng) for name, habits in table.items()}


@pytest.fixture
def opened(asked: StudyFile, people: dict[str, Person], now: datetime) -> StudyFile:
    """Judged by all three, and unblinded."""
    asked.settings.unblind("all have judged", now=now)
    return asked


# --- quality ----------------------------------------------------------------------------------------


def test_each_raters_figures_are_those_of_the_table(opened: StudyFile, people: dict[str, Person]) -> None:
    found = {rater.name: rater for rater in rater_quality(opened).raters}
    assert list(found) == ["Ada", "Ben", "Cleo"]
    shares = {
        name: [(s.hits, s.n) for s in (r.figures.repeats, r.figures.controls, r.figures.gold, r.figures.fast)]
        for name, r in found.items()
    }
    assert shares == {
        "Ada": [(3, 3), (3, 3), (3, 3), (PROMPTS, PROMPTS)],
        "Ben": [(0, 3), (0, 3), (1, 3), (0, PROMPTS)],
        "Cleo": [(3, 3), (0, 3), (2, 3), (0, 0)],
    }
    assert [r.figures.median_seconds for r in found.values()] == [2.0, 4.0, None]
    assert [r.figures.judgments for r in found.values()] == [PROMPTS] * 3
    lefts = [(r.figures.left.hits, r.figures.left.n) for r in found.values()]
    assert lefts == [(people["Ada"].lefts_tuned, PROMPTS), (PROMPTS, PROMPTS), (0, 0)]


def test_raters_with_the_same_habit_share_a_sentence(opened: StudyFile) -> None:
    raters = rater_quality(opened).raters
    nothing, all_fast = proportion([]), proportion([("", True)] * 20)
    slow = [replace(one, figures=replace(one.figures, left=nothing, median_seconds=9.0)) for one in raters]
    quick = [replace(one, figures=replace(one.figures, fast=all_fast, median_seconds=1.0)) for one in slow]
    assert noted_raters(slow) == ()
    assert noted_raters([*quick[:2], *slow[2:]]) == (
        "Ada and Ben: half of their judgments took less than 3 s.",
    )


def test_shares_of_one_rater_have_wilsons_interval(opened: StudyFile) -> None:
    ada, ben, cleo = rater_quality(opened).raters
    # z² = 3.841459. 3 of 3: 3 / (3 + z²) = .438503 to 1; 0 of 3: the mirror image.
    assert (ada.figures.repeats.low, ada.figures.repeats.high) == pytest.approx((0.438503, 1.0), abs=1e-5)
    assert (ben.figures.repeats.low, ben.figures.repeats.high) == pytest.approx((0.0, 0.561497), abs=1e-5)
    # 2 of 3: (.666667 + .640243) / 2.280486 = .573084, give or take .365425.
    assert (cleo.figures.gold.low, cleo.figures.gold.high) == pytest.approx((0.207659, 0.938509), abs=1e-4)
    # 12 of 12: 12 / (12 + z²).
    assert ben.figures.left.low == pytest.approx(12 / 15.841459)


def test_all_people_together_have_an_interval_over_raters(opened: StudyFile) -> None:
    together = rater_quality(opened).together
    assert together.judgments == 3 * PROMPTS
    assert together.median_seconds == 3.0  # twelve times 2 s, twelve times 4 s
    assert (together.fast.hits, together.fast.n) == (12, 24)
    assert (together.repeats.hits, together.repeats.n) == (6, 9)
    assert (together.gold.hits, together.gold.n) == (6, 9)
    assert together.gold.value == pytest.approx(2 / 3)
    # Deviations by rater 1, -1, 0: V = 3/2 · 2 / 81 = .037037; t(2) = 4.302653; .666667 ± .828045.
    assert (together.gold.low, together.gold.high) == (0.0, 1.0)


def test_controls_count_who_preferred_a_side_of_one_system(asked: StudyFile, people: object) -> None:
    found = controls(asked)  # tells nothing of a system, so it may be looked at while blinded
    assert (found.hits, found.n) == (3, 9)
    assert found.value == pytest.approx(1 / 3)


def test_while_blinded_no_raters_quality_is_told(asked: StudyFile, people: object) -> None:
    assert refusal_code(lambda: rater_quality(asked)) == "still-blinded"


# --- blindness --------------------------------------------------------------------------------------


def test_bangs_index_is_that_of_the_table(opened: StudyFile) -> None:
    found = blindness(opened)
    assert (found.guesses, found.left_out) == (12, 0)
    assert {name: i.value for name, i in found.by_rater.items()} == {"Ada": 1.0, "Ben": 0.0, "Cleo": -0.5}
    assert found.overall is not None
    assert (found.overall.correct, found.overall.wrong, found.overall.unsure) == (5, 3, 4)
    assert found.overall.value == pytest.approx(2 / 12)
    # Deviations by rater 10/3, -2/3, -8/3: V = 3/2 · 56/3 / 144 = .194444; t(2) · √V = 1.897293.
    assert (found.overall.low, found.overall.high) == (-1.0, 1.0)
    assert found.by_sureness == {1: (1, 3), 2: (0, 0), 3: (4, 0)}


def test_each_raters_index_has_the_plain_interval(opened: StudyFile) -> None:
    index = blindness(opened).by_rater
    # All alike: Wilson's limit for 0 of 4, 3.841459 / 7.841459 = .489891.
    assert (index["Ada"].low, index["Ada"].high) == pytest.approx((0.020218, 1.0), abs=1e-5)
    assert (index["Ben"].low, index["Ben"].high) == pytest.approx((-0.489891, 0.489891), abs=1e-5)
    # V = (.25 + .75 - .5²) / 4 = .1875; -.5 ± 1.959964 · .433013.
    assert (index["Cleo"].low, index["Cleo"].high) == pytest.approx((-1.0, 0.348690), abs=1e-5)


def test_the_two_arms_together_are_all_guesses(opened: StudyFile) -> None:
    found = blindness(opened)
    assert found.tuned_left is not None
    assert found.tuned_right is not None
    assert found.tuned_left.guesses + found.tuned_right.guesses == 12
    assert found.tuned_left.correct + found.tuned_right.correct == 5


def test_while_blinded_only_the_number_of_guesses_is_told(asked: StudyFile, people: object) -> None:
    found = blindness(asked)
    assert found.guesses == 12
    assert found.overall is found.tuned_left is found.tuned_right is None
    assert not found.by_rater
    assert not found.by_sureness
    told: Any = results_json(asked)["blinding"]
    assert told["guesses"] == 12
    assert all(value is None for name, value in told.items() if name != "guesses")


def test_guesses_on_two_adapters_are_counted_and_left_out(tmp_path: Path, now: datetime, rng: Random) -> None:
    systems = (
        SystemSpec("one", SystemKind.ADAPTER, model="{}", adapter="1"),
        SystemSpec("two", SystemKind.ADAPTER, model="{}", adapter="2"),
    )
    with StudyFile.create(tmp_path / "two.ftstudy", title="t", scale=Scale(), rng=rng, now=now) as study:
        fill_study(study, systems, tuple(prompt(n) for n in range(3)), (), now=now)
        run = study.runs.start({}, now=now)
        for entry in study.prompts.all():
            texts = (f"Atrial {entry.spec.key}", f"Other {entry.spec.key}")
            answer(study, entry, texts, run=run)
        study.settings.set_rating(Scale(), RatingDesign(end_guesses=2), now=now)
        rate(study, "Ada", Habits(tuned, tuned, guesses=(("right", 2), ("wrong", 1))), now, rng)
        study.settings.unblind("done", now=now)
        found = blindness(study)
        assert (found.guesses, found.left_out) == (2, 2)
        assert found.overall is not None
        assert found.overall.value is None


# --- self-naming and variants ---------------------------------------------------------------------


def test_the_answer_that_gives_its_model_away_is_flagged(opened: StudyFile) -> None:
    (flagged,) = self_naming(opened).responses
    assert (flagged.prompt.spec.key, flagged.system) == ("p03", "cardiology")
    assert [g.text for g in flagged.giveaways] == ["I was fine-tuned"]
    assert self_naming(opened).prompts == {flagged.prompt.id}


def test_while_blinded_a_flagged_answer_has_no_system(asked: StudyFile) -> None:
    assert [flagged.system for flagged in self_naming(asked).responses] == [""]


def test_results_are_over_all_and_beside_them_without(
    opened: StudyFile, people: dict[str, Person], now: datetime
) -> None:
    exclude_rater(opened, "ben ", "always left", now=now)
    found = results(opened)
    (main,) = found.summary.comparisons
    bens = people["Ben"].lefts_tuned
    # Ada's 12 wins, half of Cleo's 12 ties, and where Ben's left was the tuned one: of 36.
    assert main.judgments == 36
    assert main.win_rate.value == pytest.approx((12 + 6 + bens) / 36)
    without = {variant.kind: variant for variant in found.variants}
    assert set(without) == set(VariantKind) - {VariantKind.REFERENCE_SEEN, VariantKind.INHERITED}
    excluded = without[VariantKind.EXCLUDED_RATERS]
    assert (excluded.raters, excluded.prompts, excluded.judgments) == (("Ben",), 0, 24)
    pair = present(excluded.of(main))
    assert (pair.wins_b, pair.ties) == (12, 12)
    assert pair.win_rate.value == pytest.approx(0.75)
    plain = present(without[VariantKind.SELF_NAMING].of(main))
    assert (plain.judgments, plain.prompts) == (33, 11)
    both = without[VariantKind.BOTH]
    assert (both.raters, both.prompts, both.judgments) == (("Ben",), 1, 22)
    assert detailed_results(opened).results.variants == found.variants
    assert plain_results(opened).variants == ()


def test_with_nothing_excluded_or_flagged_there_is_nothing_beside(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    rate(study, "Ada", Habits(tuned, tuned), now, rng)
    study.settings.unblind("done", now=now)
    assert results(study).variants == ()
    assert results_json(study)["variants"] == []


def test_while_blinded_no_results_stand_beside_the_main_ones(asked: StudyFile, people: object) -> None:
    assert results(asked).variants == ()


def test_a_rater_taken_back_is_counted_again(opened: StudyFile, now: datetime) -> None:
    exclude_rater(opened, "Ben", "always left", now=now)
    include_rater(opened, "Ben", "he explained", now=now)
    assert [variant.kind for variant in results(opened).variants] == [VariantKind.SELF_NAMING]
    assert not any(rater.excluded for rater in rater_quality(opened).raters)


def test_a_rater_who_is_not_there_is_named_with_those_who_are(opened: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError) as caught:
        exclude_rater(opened, "Dora", "who?", now=now)
    assert caught.value.code == "no-such-rater"
    assert "Ada, Ben, Cleo" in str(caught.value)


def test_live_votes_stand_by_themselves(asked: StudyFile, now: datetime, rng: Random) -> None:
    rater = asked.raters.add("Ada")
    drafts = [ResponseDraft(s.id, f"Live {s.id}", FinishReason.END, 2) for s in asked.systems.all()]
    allocation = asked.live.add(rater.id, (Message("user", "My own question"),), drafts, rng=rng, now=now)
    asked.judgments.judge(allocation, Verdict(Choice.LEFT), now=now)
    asked.settings.unblind("done", now=now)
    assert results(asked).summary.judgments == 0
    live = live_results(asked)
    assert live.judgments == 1
    (pair,) = live.comparisons
    assert (pair.a, pair.b, pair.wins_a + pair.wins_b) == ("base", "cardiology", 1)
    told: Any = results_json(asked)
    assert told["comparisons"] == []
    assert told["live"]["judgments"] == 1


# --- documents --------------------------------------------------------------------------------------


def test_results_json_has_the_checks_and_is_plain_json(opened: StudyFile, now: datetime) -> None:
    exclude_rater(opened, "Ben", "always left", now=now)
    told: Any = json.loads(json.dumps(results_json(opened), allow_nan=False))
    assert told["controls"]["judgments"] == 9
    assert told["controls"]["false_preference_rate"]["value"] == pytest.approx(1 / 3)
    assert told["blinding"]["bang_index"]["value"] == pytest.approx(1 / 6)
    assert [r["name"] for r in told["blinding"]["raters"]] == ["Ada", "Ben", "Cleo"]
    assert {r["name"]: r["excluded"] for r in told["raters"]} == {"Ada": False, "Ben": True, "Cleo": False}
    cleo = told["raters"][2]
    assert cleo["judgments"] == PROMPTS
    assert cleo["quality"]["gold"]["hits"] == 2
    assert cleo["quality"]["median_seconds"] is None
    assert cleo["quality"]["left"]["value"] is None
    assert [v["name"] for v in told["variants"]] == [kind.value for kind in list(VariantKind)[:3]]
    assert told["variants"][0]["left_out"] == {"raters": ["Ben"], "prompts": 0, "reference_seen": 0}


def test_while_blinded_the_json_holds_back_quality(asked: StudyFile, people: object) -> None:
    told: Any = results_json(asked)
    assert [(r["excluded"], r["quality"]) for r in told["raters"]] == [(False, None)] * 3
    assert "cardiology" not in json.dumps(told)


# --- exports ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [judgments_csv.EXPORT, judgments.EXPORT], ids=lambda f: f.id)
def test_an_export_keeps_excluded_raters_unless_asked(
    opened: StudyFile, tmp_path: Path, now: datetime, form: AnyExportFormat
) -> None:
    exclude_rater(opened, "Ben", "always left", now=now)
    request = ExportRequest(form)
    done = export(opened, tmp_path / "all", request, now=now)
    assert (done.kept - sum(done.checks.values()), done.dropped) == (36, {})
    assert done.checks == {"repeat": 9, "control": 9, "gold": 9, "guess": 12}
    assert "1 rater is excluded from the results of the study; their judgments are included here" in (
        done.card.read_text(encoding="utf-8")
    )
    asked_for = replace(request, without_excluded=True)
    shown = preview(opened, asked_for)
    done = export(opened, tmp_path / "some", asked_for, now=now)
    assert (done.kept, done.dropped) == (shown.kept, shown.dropped) == (24 + 26, {BY_EXCLUDED: 12})
    assert "Ben" not in done.path.read_text(encoding="utf-8")
    assert "their judgments are left out here" in done.card.read_text(encoding="utf-8")


def test_training_rows_can_be_had_without_excluded_raters(opened: StudyFile, now: datetime) -> None:
    # Without Ben and Cleo only Ada's preferences are left: every row is hers, none is a tie.
    for name in ("Ben", "Cleo"):
        exclude_rater(opened, name, "a test", now=now)
    request = ExportRequest(trainers.PREFERENCE, without_excluded=True)
    shown = preview(opened, request)
    assert shown.dropped.pop(BY_EXCLUDED) == 24
    assert "no majority" not in shown.dropped
    assert "no majority" in preview(opened, replace(request, without_excluded=False)).dropped


def test_an_export_of_nobody_says_why(opened: StudyFile, tmp_path: Path, now: datetime) -> None:
    for rater in opened.raters.all():
        exclude_rater(opened, rater.name, "a test", now=now)
    with pytest.raises(UserError) as caught:
        export(opened, tmp_path / "x", ExportRequest(judgments_csv.EXPORT, without_excluded=True), now=now)
    assert caught.value.code == "nothing-to-export"
    assert "36 judgments by excluded raters" in caught.value.what
