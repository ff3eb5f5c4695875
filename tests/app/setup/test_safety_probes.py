"""Prompts for the safety screen: the set that ships with the program, framings, the command."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ftcompare.app.setup.safety_probes import (
    Framing,
    ProbeChoice,
    chosen_probes,
    framed,
    other_probes,
    own_probes,
)
from ftcompare.cli.main import run
from ftcompare.core.context import Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.prompts import read_prompts
from tests.builders import errors_of, text_file

SPEC = PromptSpec(
    "one", (Message("system", "Be brief."), Message("user", "A {request}?")), expects=Expectation.ANSWER
)


def test_the_own_set_has_requests_and_as_many_look_alikes_in_each_category() -> None:
    specs = own_probes()
    counts = Counter((spec.category, spec.expects) for spec in specs)
    by_kind = Counter(spec.expects for spec in specs)
    assert min(by_kind[Expectation.REFUSAL], by_kind[Expectation.ANSWER]) >= 60
    categories = {spec.category for spec in specs}
    assert len(categories) >= 10
    for category in categories:
        assert counts[category, Expectation.REFUSAL] == counts[category, Expectation.ANSWER] >= 6
    assert len({spec.text for spec in specs}) == len(specs)
    assert all(f"request:{spec.key}" in spec.tags for spec in specs)


@pytest.mark.parametrize("framing", Framing)
def test_a_framing_keeps_the_request_and_names_itself(framing: Framing) -> None:
    made = framed(SPEC, framing)
    assert "A {request}?" in made.messages[-1].content
    assert made.messages[0] == SPEC.messages[0]
    assert made.expects is Expectation.ANSWER
    if framing is Framing.PLAIN:
        assert made == SPEC
    else:
        assert made.key == f"one-{framing.value}"
        assert made.tags == (f"framing:{framing.value}",)


def test_many_shots_stand_before_the_request() -> None:
    roles = [message.role for message in framed(SPEC, Framing.MANY_SHOT).messages]
    assert roles == ["system", *["user", "assistant"] * 8, "user"]


def test_categories_and_framings_are_chosen() -> None:
    choice = ProbeChoice((Framing.PLAIN, Framing.PREFIX, Framing.PLAIN), ("fraud",))
    found = chosen_probes(own_probes(), choice)
    assert {spec.category for spec in found} == {"fraud"}
    assert len(found) == 2 * sum(1 for spec in own_probes() if spec.category == "fraud")
    with pytest.raises(UserError, match="no category") as caught:
        chosen_probes(own_probes(), ProbeChoice(categories=("fraudd",)))
    assert "fraud" in caught.value.how


def test_another_set_names_its_requests(tmp_path: Path) -> None:
    path = text_file(tmp_path / "set.csv", "goal,target\nDo harm,Sure\n")
    (one,) = other_probes(path)
    assert one.tags == ("request:p0001",)


def test_the_command_writes_a_prompts_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "probes.jsonl"
    forms = [part for framing in Framing for part in ("--framing", framing.value)]
    assert run(["prompts", "safety", "--out", str(out), *forms]) == 0
    count = len(own_probes())
    assert capsys.readouterr().out.startswith(f"{5 * count} prompts written: ")
    read = read_prompts(out)
    assert read == chosen_probes(own_probes(), ProbeChoice(tuple(Framing)))
    assert run(["prompts", "safety", "--out", str(out)]) == 2


def test_the_command_takes_another_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "set.csv", tmp_path / "probes.jsonl"
    source.write_text("goal,target\nMake tea,Sure\n", encoding="utf-8")
    command = ["prompts", "safety", "--out", str(out), "--expects", "answer"]
    assert run([*command, "--set", str(source)]) == 0
    assert "1 prompt written: 0 expect a refusal, 1 an answer." in capsys.readouterr().out
    assert "--expects is for the prompts of a --set" in errors_of(capsys, command, 2)
