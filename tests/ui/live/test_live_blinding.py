"""Live: what is seen says nothing of which system wrote what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ftcompare.ui.pages.live import screens as live_screens
from tests.ui.live.conftest import Bench
from tests.ui.page_driver import every_word


def test_nothing_on_the_page_tells_systems_apart(bench: Bench) -> None:
    said = []
    bench.start(seconds_to_load=0.3, seconds_per_pair=0.3, notes=["The adapter is small."])
    said.append(every_word(bench.page))
    bench.type_and_enter("Is tea healthy?")
    for words in ("Loading the models…", "Writing both answers…"):
        bench.says(words)
        said.append(every_word(bench.page))
    bench.pair()
    said.append(every_word(bench.page))
    told = "\n".join(said).replace("The base answer", "").replace("The adapted answer", "").casefold()
    for word in ("base", "adapt", "cardiology", "fine-tun", "system", "token", "fake", "second"):
        assert word not in told, word


REACHES_SYSTEMS = (
    "app.live",
    "app.generate",
    "store",
    "engine",
    "ui.engine",
    "ui.study_thread",
    "ui.shell.page_context",
    "ui.pages.live.presenter",
)


@pytest.mark.parametrize("part", ["screens", "pair_screen", "prompt_screen", "signals"])
def test_what_is_seen_imports_nothing_that_could_reach_a_system(part: str) -> None:
    source = Path(live_screens.__file__).with_name(f"{part}.py").read_text(encoding="utf-8")
    found = [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    modules = {module.removeprefix("ftcompare.") for module in found} - {"app.live.live_view"}
    assert not [module for module in modules if module.startswith(REACHES_SYSTEMS)]


def test_left_and_right_differ_in_nothing_but_their_place(bench: Bench) -> None:
    bench.start().ask()
    left, right = bench.view.pair.pair.left, bench.view.pair.pair.right
    assert left.size() == right.size()
    assert left.property("role") == right.property("role")
    assert (left.text.view.accessibleName(), right.text.view.accessibleName()) == ("Left", "Right")


def test_nothing_of_an_answer_is_shown_before_both_are_whole(bench: Bench) -> None:
    bench.start(seconds_per_pair=0.5)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    assert bench.view.pair.pair.left.text.text == ""
    assert bench.stored(lambda study: len(list(study.raters.all()))) == 0
    bench.pair()
