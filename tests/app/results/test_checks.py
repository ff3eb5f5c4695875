"""Which answers pass the checks of their prompts: figures, groups, labels, command, JSON, while blinded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from ftcompare.app.measures.checks import (
    BEGIN,
    CHECK_MEASURES,
    GROUP,
    NO_TOTALS,
    OVERLAP_MEASURES,
    PASSED,
    CheckTotals,
    StudyChecks,
    check_blocks,
    check_totals,
    checks_json,
    context_table,
    overlap_table,
    pair_check_blocks,
    study_checks,
    systems_table,
    total_blocks,
)
from ftcompare.app.results.presentation.blocks import Figures, Paragraph, Table, Unit
from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import CheckKind, TermCheck
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    Message,
    PromptSpec,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    TermStatus,
)
from ftcompare.formats.prompt_checks import check_text
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.builders import output_of, present

_, EXACT, HELD, F1, LABEL, ROUGE_1, ROUGE_L, CHRF, BLEU = CHECK_MEASURES


class Pair(NamedTuple):
    """A pair of systems of what was found."""

    found: StudyChecks
    a: str
    b: str


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(checked_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


def test_shares_differences_and_mcnemar_by_hand(study: StudyFile) -> None:
    found = study_checks(study)
    assert found.systems == ("base", "tuned")
    assert (found.mean(PASSED, "base"), found.mean(PASSED, "tuned")) == (8 / 20, 18 / 20)
    assert found.mean(EXACT, "base") == 0
    assert (found.mean(HELD, "base"), found.mean(HELD, "tuned")) == (4 / 10, 1)
    assert found.mean(F1, "tuned") == pytest.approx(2 / 3)  # “yes rhythm” against “yes”
    assert found.mean(LABEL, "base") == 4 / 10
    assert found.mean(PASSED, "nobody") is None
    difference = present(found.difference(PASSED, "base", "tuned"))
    assert difference.difference == pytest.approx(0.5)
    assert difference.told_apart
    test = present(found.mcnemar(PASSED, "base", "tuned"))
    assert (test.only_a, test.only_b) == (2, 12)
    assert test.p == pytest.approx(2 * (1 + 14 + 91) / 2**14)
    assert found.mcnemar(F1, "base", "tuned") is None
    assert found.by_kind("base") == {CheckKind.CONTAINS: (8, 20), CheckKind.LENGTH: (20, 20)}


def test_the_wording_shared_with_references(study: StudyFile) -> None:
    """“Yes, a rhythm.” against “yes”: one word of three and of one."""
    found = study_checks(study)
    assert found.mean(ROUGE_1, "tuned") == found.mean(ROUGE_L, "tuned") == pytest.approx(1 / 2)
    assert found.mean(ROUGE_1, "base") == pytest.approx(4 / 10 / 2)
    for measure in (CHRF, BLEU):
        difference = present(found.difference(measure, "base", "tuned"))
        assert (difference.difference > 0) is (measure is CHRF)  # “Yes” is another word than “yes” in BLEU
        assert difference.method.endswith("by 1 and by -1")
        assert found.mcnemar(measure, "base", "tuned") is None
    table = overlap_table(found)
    assert [column.title for column in table.columns] == ["System", "ROUGE-1", "ROUGE-L", "chrF", "BLEU"]
    assert "sacrebleu" in str(table.explanation)
    assert len(found.defined(OVERLAP_MEASURES)) == 4


def test_each_share_names_its_prompts_and_chrf_and_bleu_go_to_100(study: StudyFile) -> None:
    found = study_checks(study)
    pair = Pair(found, "base", "tuned")
    right = systems_table(found).plain_rows
    assert right[0][:5] == ("base", "20", "20", "40% (n = 20)", "0% (n = 10)")
    chrf = present(found.difference(CHRF, "base", "tuned"))
    _, tuned = overlap_table(found).plain_rows
    assert tuned[3] == f"{100 * chrf.mean_b:.2f} (n = 10)"
    (figures,) = (block for block in pair_check_blocks(*pair) if isinstance(block, Figures))
    shown = next(one for one in figures.figures if one.id == "checks:chrf")
    assert shown.unit is Unit.SCORE_DIFFERENCE
    assert shown.value == pytest.approx(100 * chrf.difference)
    assert f"tuned {100 * chrf.mean_b:.2f} − base {100 * chrf.mean_a:.2f}" in str(shown.explanation)
    told = json.loads(json.dumps(checks_json(found)))
    assert told["systems"][0]["n"]["exact_match"] == 10


def test_groups_are_named_in_words(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(tmp_path / "g.ftstudy", title="G", scale=Scale(), rng=Random(1), now=now) as study:
        systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("a", "b")]
        specs = [
            PromptSpec(f"p{n}", (Message("user", str(n)),), split=split, reference="yes")
            for n, split in enumerate((Split.HELD_OUT, Split.NONE) * 6)
        ]
        for prompt in study.prompts.add(specs):
            drafts = [ResponseDraft(system, "Yes", FinishReason.END, 1) for system in systems]
            study.responses.store(prompt.id, drafts, run=None)
        study.settings.unblind(reason="done", now=now)
        blocks = [*pair_check_blocks(*Pair(study_checks(study), "a", "b"))]
    table = next(b for b in blocks if isinstance(b, Table) and b.caption.endswith("by split"))
    assert [row[0] for row in table.plain_rows] == ["Unseen", "No split"]


def test_labels_and_groups(study: StudyFile) -> None:
    found = study_checks(study)
    labels = present(found.labels("base"))
    assert labels.counts == {("yes", "yes"): 4, ("yes", "no"): 6}
    groups = {(field, word): own for field, word, own in found.groups()}
    assert [*groups] == [
        ("category", "yes-no"),
        ("category", "open"),
        ("context_kind", "known"),
        ("context_kind", "unknown"),
    ]
    assert groups["category", "open"].mean(PASSED, "base") == 6 / 10
    assert groups["category", "open"].labels("base") is None


def test_each_figure_leads_to_the_prompts_that_one_passes(study: StudyFile) -> None:
    found = study_checks(study)
    assert [prompt.key for prompt in found.one_passes("base", "tuned")] == [f"p{n}" for n in range(14)]
    blocks = [*pair_check_blocks(*Pair(found, "base", "tuned"))]
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert "On 12 prompts tuned passes and base fails; on 2 it is the other way round." in said
    listed = next(b for b in blocks if isinstance(b, Table) and b.caption.startswith("One passes"))
    assert listed.caption == "One passes, the other fails; 2 more are not listed here"
    first, *_, last = listed.plain_rows
    assert first == ("p0", "Is finding 0 one of rhythm?", "base", "it does not contain “rhythm”")
    assert last[2] == "tuned"
    (figures,) = (block for block in blocks if isinstance(block, Figures))
    assert [figure.id for figure in figures.figures][:3] == [
        "checks:passed",
        "checks:passed:mcnemar",
        "checks:exact_match",
    ]
    assert "tuned 90% − base 40% = +50.0 points on 20 prompts" in str(figures.figures[0].explanation)
    short = pair_check_blocks(*Pair(found, "base", "tuned"))
    *_, ids = (block for block in short if isinstance(block, Table))
    assert [column.title for column in ids.without_texts.columns] == ["Id", "Passed by"]
    assert not [*pair_check_blocks(*Pair(found, "base", "nobody"))]


def test_what_cannot_be_told_is_named_and_counts_nowhere(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(tmp_path / "t.ftstudy", title="T", scale=Scale(), rng=Random(1), now=now) as study:
        system = study.systems.add(SystemSpec("one", SystemKind.IMPORTED)).id
        study.glossary.replace([GlossaryTerm("stent", TermStatus.PREFERRED, "stent")], now=now)
        texts = [check_text(TermCheck(concept)) for concept in ("stent", "valve")]
        specs = [
            PromptSpec(f"p{n}", (Message("user", str(n)),), checks=(one,)) for n, one in enumerate(texts)
        ]
        for prompt in study.prompts.add(specs):
            draft = ResponseDraft(system, "A stent.", FinishReason.END, 3)
            study.responses.store(prompt.id, [draft], run=None)
        study.settings.unblind(reason="done", now=now)
        found = study_checks(study)
        assert found.not_told == {"the glossary has no concept “valve”": 1}
        assert found.values(PASSED, "one") == {found.prompts[0].id: 1.0}
        said = [block.text for block in check_blocks(found) if isinstance(block, Paragraph)]
        assert "Not checked in 1 answer: the glossary has no concept “valve”." in said


def test_each_kind_of_context_has_its_own_measure(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.ftstudy"
    opened, other = Passage("a", "The ward opened in 1988."), Passage("b", "The ward opened in 1993.")
    kinds = (
        (ContextKind.KNOWN, Expectation.ANSWER, (opened,), "1988", "In 1988."),
        (ContextKind.UNKNOWN, Expectation.ABSTAIN, (Passage("c", "Beds: 30."),), "", "I don't know."),
        (ContextKind.CONFLICTING, Expectation.NAME_CONFLICT, (opened, other), "", "1988 or 1993."),
        (ContextKind.NONE, Expectation.ANSWER, (), "", "Anything."),
    )
    with StudyFile.create(path, title="T", scale=Scale(), rng=Random(1), now=now) as study:
        systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("base", "tuned")]
        for kind, expects, context, reference, right in kinds:
            spec = PromptSpec(
                kind.value or "none",
                (Message("user", "When did it open?"),),
                reference=reference,
                context=context,
                context_kind=kind,
                expects=expects,
            )
            (prompt,) = study.prompts.add([spec])
            texts = zip(systems, ("Beds heart the of.", right), strict=True)
            drafts = [ResponseDraft(system, text, FinishReason.IMPORTED) for system, text in texts]
            study.responses.store(prompt.id, drafts, run=None)
        study.settings.unblind(reason="done", now=now)
        found = study_checks(study)
    rows = [[str(cell) for cell in row] for row in context_table(found).rows]
    assert rows == [
        [kind, f"Passed: {words}", "0% (n = 1)", "100% (n = 1)"]
        for kind, words in (
            ("known", "agrees with the reference"),
            ("unknown", "says that information is missing"),
            ("conflicting", "names the conflict"),
        )
    ], "what only does not decline neither passes nor fails"
    assert "By kind of context" in output_of(capsys, ["measures", "checks", str(path)])
    printed = output_of(capsys, ["measures", "show", str(path), "--json"])
    assert all(f'"checks.kind.{kind}"' in printed for kind in ("reference", "abstain", "name_conflict"))


def test_without_checks_it_says_how_to_begin(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(tmp_path / "t.ftstudy", title="T", scale=Scale(), rng=Random(1), now=now) as study:
        assert [*total_blocks(check_totals(study))][1:] == [Paragraph(NO_TOTALS)]
        study.settings.unblind(reason="done", now=now)
        assert [*check_blocks(study_checks(study))] == [Paragraph(GROUP.with_command(BEGIN))]


def test_the_command_and_its_document(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checked_study(tmp_path / "s.ftstudy", now)
    printed = output_of(capsys, ["measures", "checks", str(path), "--details"])
    for words in (
        "All checks passed",
        "12 against 2",
        "One passes, the other fails",
        "All labels (macro)",
        "accuracy 40% of 10 answers",
        "ROUGE-L",
        "none, several",
    ):
        assert words in printed
    told = json.loads(output_of(capsys, ["measures", "checks", str(path), "--json"]))
    assert told["differences"][0]["mcnemar"]["only_b"] == 12
    assert told["one_passes"] == [{"a": "base", "b": "tuned", "prompts": [f"p{n}" for n in range(14)]}]
    assert told["prompts"][0]["systems"][1]["failed"] == ["it does not contain “rhythm”"]
    base, tuned = told["systems"]
    assert base["by_check"]["contains"] == {"passed": 8, "of": 20}
    assert tuned["labels"]["accuracy"] == 1
    assert [group["group"] for group in told["groups"]] == ["yes-no", "open", "known", "unknown"]
    with StudyFile.open(path, now=now) as study:
        assert json.loads(json.dumps(checks_json(study_checks(study)))) == told


def test_while_blinded_only_totals_are_told(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(path, now=now) as study:
        totals = check_totals(study)
        by_kind = {CheckKind.CONTAINS: (26, 40), CheckKind.LENGTH: (40, 40)}
        assert isinstance(totals, CheckTotals)
        assert (totals.prompts, totals.answers, totals.passed, totals.by_kind) == (20, 40, 26, by_kind)
        with pytest.raises(UserError, match="after unblinding"):
            study_checks(study)
    printed = output_of(capsys, ["measures", "checks", str(path)])
    assert "26 of 40 answers to 20 prompts with checks pass all of them (65%)." in printed
    assert "base" not in printed
    told = json.loads(output_of(capsys, ["measures", "checks", str(path), "--json"]))
    assert told["by_check"]["contains"] == {"passed": 26, "of": 40}
    assert told["measures"]["contains_reference"] == {"mean": pytest.approx(0.7), "n": 10}


def test_while_blinded_answers_with_references_alone_have_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, path = tmp_path / "a.jsonl", tmp_path / "s.ftstudy"
    line = {"prompt": "When?", "answers": {"base": "1988", "tuned": "In 1989."}, "reference": "1989"}
    answers.write_text(json.dumps(line), "utf-8")
    output_of(capsys, ["new", str(path), "--answers", str(answers)])
    printed = output_of(capsys, ["measures", "checks", str(path)])
    assert re.search(r"Contains the reference +50% +1\n", printed)
    told = output_of(capsys, ["measures", "show", str(path), "--json"])
    assert told.index("contains_reference") < told.index("token_f1") < told.index("exact_match")
    assert "ROUGE-L" in printed
    assert "tuned" not in printed
