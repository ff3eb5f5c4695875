"""Pairs of systems asked for by name: their figures are those of a study that has no other pair.

What fine-tuning changed comes first in every output, once it may be told which systems are fine-tuned.

Whether a fine-tune beats its base with a long prompt: one sentence, the same in every output.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.report import ReportForm, write_report
from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.chosen_pairs import asked_pairs
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.pairs import pairs_of
from ftcompare.app.results.presentation.prompted_base import fallback_sentences
from ftcompare.app.results.prompted_base import prompted_pairs
from ftcompare.app.results.study_results import detailed_results, live_results, main_pair, results
from ftcompare.app.study.shown_names import base_names
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.recipe import Message
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    PromptSpec,
    RaterKind,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.stats import summary
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile
from tests.app.prompted_study import RECIPE, START, UNASKED, prompted_study
from tests.app.report.report_studies import Names, judged_study
from tests.app.voted_study import voted, voted_study
from tests.builders import built_once, drawn_rater, errors_of, output_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SYSTEMS = ("base", "early", "late", "large", "small")
ASKED = ("early", "small")
"""The pair that was judged least."""


def judged() -> list[JudgmentRecord]:
    rng = Random(7)
    pairs = [(a, b) for i, a in enumerate(SYSTEMS) for b in SYSTEMS[i + 1 :]]
    votes = [
        voted(f"p{n}", rater, rng.choice(("a", "b", "tie", "both_bad")), a=a, b=b, category=f"c{n % 2}")
        for a, b in pairs
        for n in range(4 if (a, b) == ASKED else 7)
        for rater in ("Ada", "Ben")
    ]
    automatic = voted("p1", "a model", "b", a="early", b="small", rater_kind=RaterKind.AUTOMATIC)
    return [*votes, automatic]


def of_the_pair(votes: list[JudgmentRecord]) -> list[JudgmentRecord]:
    return [vote for vote in votes if {vote.system_a, vote.system_b} == set(ASKED)]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten pairs, three with figures."""
    monkeypatch.setattr(summary, "MOST_IN_FULL", 3)
    path = tmp_path / "many.ftstudy"
    voted_study(path, judged(), Random(1), NOW).close()
    return path


@pytest.fixture
def only(tmp_path: Path) -> Path:
    path = tmp_path / "only.ftstudy"
    voted_study(path, of_the_pair(judged()), Random(1), NOW).close()
    return path


def test_a_pair_asked_for_has_the_figures_of_a_study_of_it_alone(many: Path, only: Path) -> None:
    with StudyFile.open(many, now=NOW) as study, StudyFile.open(only, now=NOW) as alone:
        by_judgments = results(study).summary
        asked = asked_pairs(study, [("small", "early")])
        found, expected = detailed_results(study, requested=asked), detailed_results(alone)
        assert not live_results(study, asked).comparisons
    of_people = [p for p in by_judgments.comparisons if p.rater_kind is RaterKind.HUMAN]
    assert ASKED not in [(pair.a, pair.b) for pair in of_people]
    assert len(of_people) == 3
    assert found.results.summary.comparisons == expected.results.summary.comparisons
    assert [pair.rater_kind for pair in found.results.summary.comparisons] == [*RaterKind]
    assert found.evidence == expected.evidence
    assert found.details == expected.details
    every = {*by_judgments.further, *found.results.summary.further}
    assert len(every) == 10  # nine of people beside the pair; the pair itself was counted before
    assert found.results.summary.ranking == by_judgments.ranking


def test_a_pair_that_is_counted_only_has_the_counts_of_its_figures(many: Path) -> None:
    with StudyFile.open(many, now=NOW) as study:
        found = results(study).summary
        for pair in found.further:
            (full,) = results(study, asked_pairs(study, [(pair.a, pair.b)])).summary.comparisons[:1]
            counts = (full.prompts, full.judgments, full.wins_a, full.wins_b, full.ties, full.both_bad)
            assert pair.counts == summary.Counts(*counts)
            assert pair.win_rate == pytest.approx(
                (full.wins_b + (full.ties + full.both_bad) / 2) / full.judgments
            )


def test_the_document_has_the_pairs_asked_for_and_counts_the_others(many: Path, only: Path) -> None:
    with StudyFile.open(many, now=NOW) as study, StudyFile.open(only, now=NOW) as alone:
        found: Any = results_json(study, asked_pairs(study, [ASKED, ("base", "late"), ASKED]))
        whole: Any = results_json(study)
        expected: Any = results_json(alone)
    kinds = [(pair["a"], pair["b"], pair["rater_kind"]) for pair in found["comparisons"]]
    assert kinds == [("base", "late", "human"), (*ASKED, "human"), (*ASKED, "automatic")]
    for pair in (*found["comparisons"], *expected["comparisons"]):
        pair.pop("pooled_rate")  # drawn towards the rates of the pairs that have figures
    assert found["comparisons"][1:] == expected["comparisons"]
    assert len(found["further_comparisons"]) == 8
    assert set(found) == set(whole)
    assert all(found[key] == whole[key] for key in ("study", "ranking", "agreement", "position"))


def test_criteria_are_told_of_the_pairs_that_have_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MOST_IN_FULL", 3)
    votes = [replace(vote, criteria=(("tone", "a"),)) for vote in judged()]
    with voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW) as study:
        found: Any = results_json(study)
        asked: Any = results_json(study, asked_pairs(study, [ASKED]))
    for told in (found, asked):
        pairs = {(pair["a"], pair["b"]) for pair in told["comparisons"]}
        assert {(of["a"], of["b"]) for of in told["criteria"]} == pairs


def test_a_report_of_pairs_asked_for_tells_them_in_full_and_that_there_are_others(many: Path) -> None:
    with StudyFile.open(many, now=NOW) as study:
        report = document(gather(study, now=NOW, requested=asked_pairs(study, [ASKED])))
        usual = document(gather(study, now=NOW))
    assert report.summary[-1] == ("9 further pairs are counted only: figures are shown for the 2 requested.")
    assert {"small", "early"} <= set(" ".join(report.summary).replace(":", "").split())
    keys = {section.key for section in report.sections}
    assert "pairs" not in keys
    assert "win-rate" in keys
    assert "pairs" in {section.key for section in usual.sections}


@pytest.mark.parametrize(
    ("named", "code", "words"),
    [
        (("early", "elsewhere"), "no-such-system", "There is no system 'elsewhere'."),
        (("early", "early"), "same-system", "twice"),
        (("late", "apart"), "pair-not-judged", "'late' and 'apart' were not judged against each other."),
    ],
)
def test_what_is_no_judged_pair_is_refused(
    tmp_path: Path, named: tuple[str, str], code: str, words: str
) -> None:
    votes = [*judged(), voted("p1", "Ada", "b", a="base", b="apart")]
    with voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW) as study:
        with pytest.raises(UserError) as refused:
            asked_pairs(study, [named])
        assert refused.value.code == code
        assert words in str(refused.value)
        assert asked_pairs(study, []) is None


def test_a_message_lists_few_of_many_names(tmp_path: Path) -> None:
    votes = [voted("p1", "Ada", "b", a="base", b=f"tuned {n:02}") for n in range(30)]
    study = voted_study(tmp_path / "s.ftstudy", votes, Random(1), NOW)
    with study, pytest.raises(UserError) as refused:
        asked_pairs(study, [("base", "x")])
    assert "tuned 18 and 11 more." in refused.value.how


def test_the_command_tells_the_pairs_asked_for(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = output_of(capsys, ["results", str(many), "--pair", *ASKED, "--details"])
    assert "9 further pairs are counted only: figures are shown for the 2 requested." in told
    assert told.count("Win rate of small for these raters alone") == 2
    assert "Wins of base" not in told
    assert run(["results", str(many), "--json", "--pair", *ASKED, "--pair", "late", "base"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {frozenset((p["a"], p["b"])) for p in found["comparisons"]} == {
        frozenset(ASKED),
        frozenset(("base", "late")),
    }
    page = many.with_suffix(".html")
    assert run(["results", str(many), "--html", str(page), "--pair", "base", "late"]) == 0
    assert "10 further pairs are counted only: figures are shown for the pair requested." in page.read_text(
        "utf-8"
    )
    capsys.readouterr()
    assert errors_of(capsys, ["results", str(many), "--pair", "base", "nobody"], 2).count("\n") == 1


def test_while_blinded_pairs_go_by_their_neutral_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = Names(systems=("base", "early", "late", "small", "large"), raters=("Ada", "Ben"))
    path = judged_study(tmp_path / "s.ftstudy", prompts=3, names=names, unblinded=False)
    refused = errors_of(capsys, ["results", str(path), "--pair", "base", "early"], 2)
    assert "no system 'base'" in refused
    assert "early" not in refused.replace("--pair", "")
    with StudyFile.open(path, now=NOW) as study:
        first, second, *_ = (system.neutral_name for system in study.systems.all())
    told = output_of(capsys, ["results", str(path), "--pair", first, second, "--details"])
    assert told.count("Most evidence at any time") == 1
    assert not {"base", "late", "small", "large"} & set(told.split())
    assert "rater: " not in told


MODEL = "/models/demo-base"
MANY = (
    SystemSpec("import", SystemKind.IMPORTED),
    SystemSpec("prompted", SystemKind.BASE, model=MODEL, recipe=RECIPE),
    SystemSpec("one", SystemKind.ADAPTER, model=MODEL, adapter="/models/one"),
    SystemSpec("two", SystemKind.ADAPTER, model=MODEL, adapter="/models/two"),
    SystemSpec("base", SystemKind.BASE, model=MODEL),
)


@built_once
def judged_by_one(path: Path) -> Path:
    """Every two of the systems were judged by one person, then unblinded."""
    with StudyFile.create(path, title="Hearts", scale=Scale(), rng=Random(4), now=START) as study:
        systems = [study.systems.add(spec) for spec in MANY]
        run_id = study.runs.start({}, now=START)
        for row in study.prompts.add([PromptSpec("p", (Message("user", "Why?"),))]):
            drafts = [ResponseDraft(s.id, f"{s.name} says", FinishReason.END, 9) for s in systems]
            study.responses.store(row.id, drafts, run=run_id)
        study.settings.set_rating(Scale(), RatingDesign(), now=START)
        rater = drawn_rater(study, "Ada", rng=Random(1), now=START).id
        while (item := study.judgments.next_item(rater)) is not None:
            study.judgments.judge(item.allocation, Verdict(Choice.TIE, seconds=5.0), now=START)
        study.settings.unblind("all is in", now=START)
    return path


def test_the_fine_tune_against_its_base_comes_first_then_against_the_prompted_base(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = prompted_study(tmp_path / "s.ftstudy")
    expected = [("base", "cardiology"), ("prompted", "cardiology"), ("base", "prompted")]
    with StudyFile.open(path, now=now) as study:
        summary = results(study).summary
        write_report(study, [(tmp_path / "r.html", ReportForm.HTML)], now=now)
    main = main_pair(summary)
    assert [(pair.a, pair.b) for pair in summary.comparisons] == expected
    assert main is summary.comparisons[0]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    first = page.index("cardiology over base")
    assert 0 < first < page.index("cardiology over prompted") < page.index("between prompted and base")
    written = json.loads(output_of(capsys, ["results", str(path), "--json"]))["comparisons"]
    assert [(pair["a"], pair["b"]) for pair in written] == expected


def test_fine_tunes_beside_each_other_and_imported_answers_come_after(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(judged_by_one(tmp_path / "s.ftstudy"), now=now) as study:
        found = [f"{pair.a} {pair.b}" for pair in results(study).summary.comparisons]
    assert found[:2] == ["one base", "two base"]
    assert found[2:4] == ["prompted one", "prompted two"]
    assert found[4:6] == ["import one", "import two"]
    assert set(found[6:]) == {"import prompted", "import base", "prompted base", "one two"}


def test_while_blinded_the_order_tells_nothing(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(prompted_study(tmp_path / "s.ftstudy", unblinded=False), now=now) as study:
        found = [(pair.a, pair.b) for pair in results(study).summary.comparisons]
    assert found == sorted(found)


TOKENS = (
    "cardiology reads 20.5 tokens of prompt an answer, prompted 310: 290 fewer, 290,000 on 1,000 answers."
)
WON = (
    "The fine-tuned cardiology beats prompted (the base with instructions) for other raters of this kind: "
    f"win rate 100%; {TOKENS}"
)


def sentences(path: Path, now: datetime) -> tuple[str, ...]:
    with StudyFile.open(path, now=now) as study:
        found = detailed_results(study)
        return fallback_sentences(pairs_of(found, base_names(study)).main)


def written(path: Path, now: datetime) -> Any:
    with StudyFile.open(path, now=now) as study:
        return json.loads(json.dumps(results_json(study)))


def test_a_fine_tune_that_wins_beats_the_prompted_base(tmp_path: Path, now: datetime) -> None:
    path = prompted_study(tmp_path / "s.ftstudy")
    assert sentences(path, now) == (WON,)
    found = written(path, now)["prompted_base"]
    assert [(one["fine_tune"], one["base"], one["beats"], one["scope"]) for one in found] == [
        ("cardiology", "prompted", True, "raters_like_these")
    ]
    assert found[0]["prompt_tokens"] == {
        "fine_tune": 20.5,
        "base": 310.5,
        "saved_per_1000_answers": 290_000,
        "measured": False,
    }
    assert found[0]["written_tokens"] == {
        "fine_tune": 9,
        "base": 9,
        "saved_per_1000_answers": 0,
        "measured": False,
    }
    assert found[0]["sentence"] == WON


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (24, "; it writes 24 tokens an answer, prompted 9: 15 more, 15,000 on 1,000 answers."),
        (4, "; it writes 4 tokens an answer, prompted 9: 5 fewer, 5,000 on 1,000 answers."),
    ],
)
def test_tokens_written_stand_beside_those_that_the_prompt_saves(
    written: int, told: str, tmp_path: Path, now: datetime
) -> None:
    tokens = {"base": 9, "prompted": 9, "cardiology": written}
    (said,) = sentences(prompted_study(tmp_path / "s.ftstudy", written=tokens), now)
    assert said == WON.removesuffix(".") + told
    path = prompted_study(tmp_path / "t.ftstudy", written=tokens, counted=False)
    uncounted = "; the number of prompt tokens that each reads was not counted"
    assert sentences(path, now)[0].endswith(uncounted + told.replace("; it", "; cardiology"))


def test_reasoning_counts_as_written(tmp_path: Path, now: datetime) -> None:
    path = prompted_study(tmp_path / "s.ftstudy", reasoning={"cardiology": 100})
    told = "; it writes 109 tokens an answer, prompted 9: 100 more, 100,000 on 1,000 answers."
    assert sentences(path, now)[0].endswith(told)


def test_systems_that_were_never_judged_against_each_other_are_said_to_be_so(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = prompted_study(tmp_path / "s.ftstudy", apart=True)
    (said,) = sentences(path, now)
    assert said == (
        "Whether cardiology beats prompted (the base with instructions) is not known, because they were "
        "never judged against each other; the number of prompt tokens that each reads was not counted."
    )
    assert output_of(capsys, ["results", str(path)]).splitlines()[0] == said
    assert "never judged" not in output_of(capsys, ["results", str(path), "--pair", "base", "prompted"])
    page = tmp_path / "report.html"
    with StudyFile.open(path, now=now) as study:
        write_report(study, [(page, ReportForm.HTML)], now=now)
    assert said in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("study", "told"),
    [
        (
            {"best": "prompted"},
            "The fine-tuned cardiology does not beat prompted (the base with instructions): other raters of "
            "this kind preferred prompted (win rate under 1%); ",
        ),
        (
            {"best": "prompted", "raters": 1},
            "The fine-tuned cardiology does not beat prompted (the base with instructions): Rater 0 "
            "preferred prompted (win rate 0%); ",
        ),
        (
            {"best": "cardiology", "raters": 2},
            "The fine-tuned cardiology beats prompted (the base with instructions) for these 2 raters: win "
            "rate 100%; ",
        ),
        (
            {"best": ""},
            "It is not settled whether cardiology beats prompted (the base with instructions): win rate "
            "50%, and a difference of this size could be chance; ",
        ),
        (
            {"prompts": 3},
            "It is not settled whether cardiology beats prompted (the base with instructions): win rate "
            "100%, and 3 prompts are too few to show a preference; ",
        ),
    ],
)
def test_what_cannot_be_claimed_is_not(
    study: dict[str, Any], told: str, tmp_path: Path, now: datetime
) -> None:
    (said,) = sentences(prompted_study(tmp_path / "s.ftstudy", **study), now)
    assert said.replace("under 1%", "0%").startswith(told.replace("under 1%", "0%"))


def test_without_stored_counts_tokens_are_as_measured_or_not_told(tmp_path: Path, now: datetime) -> None:
    path = prompted_study(tmp_path / "s.ftstudy", counted=False)
    assert sentences(path, now)[0].endswith("; the number of prompt tokens that each reads was not counted.")
    with StudyFile.open(path, now=now) as study:
        by_name = {system.name: str(system.id) for system in study.systems.all()}
        speeds: list[Json] = [
            {"system": by_name[name], "prompts": 2, "prompt_tokens": tokens}
            for name, tokens in (("base", None), ("prompted", 300), ("cardiology", 320))
        ]
        study.scores.add_examination(MEASURED, {"speeds": speeds}, now=now)
    told = "160 tokens of prompt an answer, prompted 150 (as measured): 10 more, 10,000 on 1,000"
    assert told in sentences(path, now)[0]


def test_without_a_prompted_base_nothing_is_said(tmp_path: Path, now: datetime) -> None:
    path = prompted_study(tmp_path / "s.ftstudy", recipe=UNASKED)
    assert sentences(path, now) == ()
    found = written(path, now)
    assert found["prompted_base"] == []
    assert [system["recipe"] for system in found["systems"]] == [None] * 3


def test_while_blinded_nothing_is_said(tmp_path: Path, now: datetime) -> None:
    path = prompted_study(tmp_path / "s.ftstudy", unblinded=False)
    assert sentences(path, now) == ()
    with StudyFile.open(path, now=now) as study:
        assert prompted_pairs(study) == ()
    found = written(path, now)
    assert (found["systems"], found["prompted_base"]) == ([], [])
    assert {"systems", "prompted_base"} <= set(found["held_back"])


def test_the_command_line_says_it_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = prompted_study(tmp_path / "s.ftstudy")
    assert output_of(capsys, ["results", str(path)]).splitlines()[0] == WON


def test_the_report_says_it_and_states_each_recipe_with_its_digest(tmp_path: Path, now: datetime) -> None:
    page = tmp_path / "report.html"
    with StudyFile.open(prompted_study(tmp_path / "s.ftstudy"), now=now) as study:
        write_report(study, [(page, ReportForm.HTML)], now=now)
    text = page.read_text(encoding="utf-8")
    assert WON in text
    assert "system prompt of 43 characters; 1 example" in text
    assert RECIPE.digest in text
    assert "You answer cardiologists in clinical terms." in text


def test_results_state_each_recipe_with_its_digest(tmp_path: Path, now: datetime) -> None:
    asked = {
        one["name"]: one["recipe"] for one in written(prompted_study(tmp_path / "s.ftstudy"), now)["systems"]
    }
    assert asked["prompted"]["digest"] == RECIPE.digest
    assert asked["prompted"]["examples"][0] == {"role": "user", "content": "What is a stent?"}
    assert asked["base"] is None


def test_a_data_card_states_the_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = prompted_study(tmp_path / "s.ftstudy")
    rows = tmp_path / "rows.jsonl"
    output_of(capsys, ["export", str(path), str(rows), "--format", "outputs"])
    (card,) = [file.read_text(encoding="utf-8") for file in tmp_path.glob("rows*") if file != rows]
    assert "demo-base; instructions: system prompt of 43 characters; 1 example" in card
    assert RECIPE.digest in card
