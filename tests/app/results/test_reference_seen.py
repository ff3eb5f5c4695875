"""Results with and without the judgments whose rater saw the reference answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.rate.rating_session import RatingSession, study_session
from ftcompare.app.raters.packs import name_warning, name_warnings
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.presentation.pairs import pairs_of
from ftcompare.app.results.presentation.win_rate import left_out, variant_title, variants
from ftcompare.app.results.study_results import VariantKind, detailed_results, results
from ftcompare.app.review.result_slice import belongs
from ftcompare.app.review.terminology import judged_pairs
from ftcompare.app.setup.rating_summary import rating_lines
from ftcompare.cli.results import results_
from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptSpec, Verdict
from ftcompare.formats import judgments
from ftcompare.formats.judgments import read_judgments
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study
from tests.builders import present
from tests.store.pack.pack_studies import NOW, new_study

SEEN = [voted(f"P{n}", "Ann", "b", reference_seen=True) for n in range(4)]
PLAIN = [voted(f"P{n}", "Ben", "a" if n else "b") for n in range(4)]


@pytest.fixture
def study(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """Four prompts: Ann, who saw the reference answers, prefers the tuned; Ben mostly the base."""
    with voted_study(tmp_path / "v.ftstudy", [*SEEN, *PLAIN], rng, now) as made:
        yield made


def session(study: StudyFile) -> RatingSession:
    return study_session(study, "Ann", clock=lambda: NOW, rng=Random(2))


def test_the_figures_come_once_more_without_them(study: StudyFile) -> None:
    found = results(study)
    (pair,) = found.summary.comparisons
    (without,) = found.variants
    assert (without.kind, without.reference_seen, without.judgments) == (VariantKind.REFERENCE_SEEN, 4, 4)
    kept = present(without.of(pair))
    assert (pair.win_rate.value, kept.win_rate.value) == (0.625, 0.25)
    assert variant_title(without) == "Without 4 judgments made after seeing the reference"
    assert left_out(without).endswith("before answering. 4 judgments remain.")


def test_the_figure_leads_to_the_judgments_it_is_of(study: StudyFile) -> None:
    (told,) = pairs_of(detailed_results(study), None).full
    everything, without = variants(told)
    assert without.judged is not None
    listed = [pair for pair in judged_pairs(study) if belongs(pair, told.pair, without.judged)]
    assert [pair.rater.name for pair in listed] == ["Ben"] * 4
    assert everything.judged is not None


def test_json_and_words_tell_what_is_left_out(study: StudyFile) -> None:
    (variant,) = json.loads(json.dumps(results_json(study)))["variants"]
    assert variant["left_out"] == {"raters": [], "prompts": 0, "reference_seen": 4}
    study.close()
    said = CliRunner().invoke(results_, [str(study.path), "--details"]).output
    assert (
        "Without judgments whose rater saw the reference answer before answering. 4 judgments remain." in said
    )


@pytest.mark.parametrize("votes", [SEEN, PLAIN])
def test_where_all_or_none_saw_it_there_is_nothing_beside(
    tmp_path: Path, rng: Random, now: datetime, votes: list[JudgmentRecord]
) -> None:
    with voted_study(tmp_path / "one.ftstudy", votes, rng, now) as study:
        assert results(study).variants == ()


def test_nothing_is_told_of_it_while_blinded(tmp_path: Path) -> None:
    with new_study(tmp_path / "s.ftstudy", RatingDesign(reference=ReferenceShown.ON_KEY), Scale()) as study:
        at = session(study)
        for seen in (True, False):
            item = present(at.view().item)
            at.judge(item.allocation, Verdict(Choice.LEFT, reference_seen=seen))
        assert results(study).variants == ()
        study.settings.unblind("done", now=NOW)
        assert [variant.reference_seen for variant in results(study).variants] == [1]


def test_judgments_are_exported_and_read_back_with_it(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = export(study, tmp_path / "j.jsonl", ExportRequest(judgments.EXPORT), now=now).path
    assert [(vote.rater, vote.reference_seen) for vote in read_judgments(path)] == [
        *[("Ann", True)] * 4,
        *[("Ben", False)] * 4,
    ]
    assert path.read_text("utf-8").count('"reference_seen": true') == 4


def test_one_that_always_stands_there_counts_as_seen(tmp_path: Path) -> None:
    design = RatingDesign(reference=ReferenceShown.ALWAYS)
    with new_study(tmp_path / "s.ftstudy", design, Scale(criteria=("tone",))) as study:
        at = session(study)
        view = at.view()
        assert view.item is not None
        assert view.reference is ReferenceShown.ALWAYS
        at.judge(view.item.allocation, Verdict(Choice.LEFT, criteria=(("tone", Choice.TIE),)))
        assert [row.reference_seen for row in study.judgments.standing()] == [True]


def test_a_reference_answer_that_names_a_system_is_told_before_packs_are_made(tmp_path: Path) -> None:
    with new_study(tmp_path / "s.ftstudy", RatingDesign(), Scale()) as study:
        asked = (Message("user", "What is a stent?"),)
        study.prompts.add([PromptSpec("stent", asked, reference="As Plainsong says: a tube.")])
        assert name_warnings(study) == ()
        study.settings.set_rating(Scale(), RatingDesign(reference=ReferenceShown.ALWAYS), now=NOW)
        assert name_warnings(study) == (name_warning("The reference answer of prompt 13", "Plainsong"),)


@pytest.mark.parametrize(
    ("setting", "words"), [("never", None), ("on_key", "on a key"), ("always", "always shown")]
)
def test_the_setting_is_told_in_words(setting: str, words: str | None) -> None:
    told = dict(rating_lines(Scale(), RatingDesign(reference=ReferenceShown(setting))))
    assert told.get("Reference answer") == words
