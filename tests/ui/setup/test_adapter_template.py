"""That a system is asked with its own chat template is told beside the results, once it may be named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.report.content import document
from ftcompare.app.report.report_data import gather
from ftcompare.app.results.presentation.blocks import Facts
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import pair_results
from ftcompare.app.results.study_results import detailed_results
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    OWN_TEMPLATE,
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.builders import answer
from tests.ui.conftest import START
from tests.ui.page_driver import enter, every_word
from tests.ui.results.results_driver import asks_of, explained, overview_of

TITLE = "Chat templates"
SPECS = (
    SystemSpec("acme-plain", SystemKind.BASE, model="m"),
    SystemSpec("acme-own", SystemKind.ADAPTER, model="m", adapter="a", template=OWN_TEMPLATE),
    SystemSpec("acme-too", SystemKind.ADAPTER, model="m", adapter="b", template=OWN_TEMPLATE),
)


def judged(path: Path, specs: tuple[SystemSpec, ...], *, unblinded: bool = True) -> Path:
    with StudyFile.create(path, title="Small", scale=Scale(), rng=Random(3), now=START) as study:
        systems = [study.systems.add(spec) for spec in specs]
        for prompt in study.prompts.add([PromptSpec("p", (Message("user", "What is AF?"),))]):
            answer(study, prompt, (f"Answer {s.id}" for s in systems))
        rater = study.raters.add("Ada")
        study.allocations.draw(rater.id, rng=Random(1), now=START)
        while item := study.judgments.next_item(rater.id):
            study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=START)
        if unblinded:
            study.settings.unblind("done", now=START)
    return path


def report_facts(path: Path) -> dict[str, str]:
    with StudyFile.open(path, now=START) as study:
        sections = document(gather(study, now=START)).sections
    return {k: v for s in sections for block in s.blocks if isinstance(block, Facts) for k, v in block.rows}


def test_page_and_report_say_which_system_it_is(tmp_path: Path, context: PageContext, qtbot: QtBot) -> None:
    path = judged(tmp_path / "s.ftstudy", SPECS[:2])
    assert report_facts(path)[TITLE].startswith("acme-own is asked with the adapter's own")
    page = enter(ResultsPage(context), context, qtbot, path)
    assert f"{TITLE}: own of one acme-own" in every_word(overview_of(page).trust)
    told = explained(page, asks_of(overview_of(page).trust)["Can they be trusted?"])
    assert "asks acme-own with the chat template of the adapter's own folder" in told


def test_while_blinded_it_is_said_nowhere(tmp_path: Path, context: PageContext, qtbot: QtBot) -> None:
    path = judged(tmp_path / "s.ftstudy", SPECS[:2], unblinded=False)
    assert TITLE not in report_facts(path)
    page = enter(ResultsPage(context), context, qtbot, path)
    assert TITLE not in every_word(page)


@pytest.mark.parametrize(
    ("pair", "shown", "who"),
    [
        ({"acme-own", "acme-plain"}, "own of one", "acme-own"),
        ({"acme-own", "acme-too"}, "own of both", "acme-own, acme-too"),
    ],
)
def test_it_is_told_of_the_pair_in_front(tmp_path: Path, pair: set[str], shown: str, who: str) -> None:
    path = judged(tmp_path / "s.ftstudy", SPECS)
    with StudyFile.open(path, now=START) as study:
        found = detailed_results(study)
    (front,) = [one for one in found.results.summary.comparisons if {one.a, one.b} == pair]
    (figure,) = figures(pair_results(found, front), Group.TEMPLATES).figures
    assert (figure.told, set(figure.note.split(", "))) == (shown, set(who.split(", ")))
    untold = replace(found, own_templates=())
    assert figures(pair_results(untold, front), Group.TEMPLATES).figures == ()
    assert report_facts(path)[TITLE].startswith("acme-own, acme-too are asked with the adapter's own")
