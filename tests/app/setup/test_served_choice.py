"""A served model chosen in fields, and what a blinded study tells of systems that write in turn."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.setup.system_specs import (
    names_model,
    one_line_address,
    served_spec,
    served_system,
    server_place,
)
from ftcompare.app.study.description import describe, info_json
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "url", "local", "secure"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1", True, False),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1", True, False),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", True, False),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", True, False),
        ("http://0.0.0.0:8000/api", "http://0.0.0.0:8000/api", True, False),
        ("https://gpu.example.org", "https://gpu.example.org/v1", False, True),
        ("http://10.0.0.7:8000/v1", "http://10.0.0.7:8000/v1", False, False),
    ],
)
def test_an_address_is_read(typed: str, url: str, local: bool, secure: bool) -> None:
    place = server_place(typed)
    assert (place.api, place.local, place.secure) == (url, local, secure)


@pytest.mark.parametrize(
    "typed",
    [
        "", "gpu.example.org", "ftp://gpu/v1", "http://", "http://gpu:0/v1", "http://gpu:123456/v1",
        "http://g pu/v1", "http://[::1/v1", "http://ann@gpu/v1", "http://ann:pw@gpu/v1", "http://gpu/v1?k=1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_never_quoted(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        server_place(typed)
    assert refused.value.code == "bad-url"
    assert "pw" not in str(refused.value)


def test_a_choice_is_the_same_system_as_its_line() -> None:
    chosen = served_spec("base", "http://localhost:8000", "org/model")
    line = one_line_address(chosen.url, chosen.model)
    assert served_system("base", line) == chosen
    assert names_model(line)
    assert not names_model(chosen.url)


def test_a_served_model_needs_its_name_there() -> None:
    with pytest.raises(UserError, match="name on the server is missing"):
        served_spec("base", "http://localhost:8000", "")


def test_info_tells_no_numbers_that_tell_blinded_systems_apart(tmp_path: Path) -> None:
    study = StudyFile.create(tmp_path / "a.ftstudy", title="A", scale=Scale(), rng=Random(1), now=START)
    with study:
        first = study.systems.add(SystemSpec("one", SystemKind.BASE, model="/m")).id
        second = study.systems.add(SystemSpec("two", SystemKind.MODEL, model="/n")).id
        (prompt,) = study.prompts.add([PromptSpec("p", (Message("user", "Why?"),))])
        study.responses.store(prompt.id, [ResponseDraft(first, "So.", FinishReason.END, 1)], run=None)
        systems = info_json(describe(study))["systems"]
        assert isinstance(systems, list)
        assert [s["responses"] for s in systems if isinstance(s, dict)] == [None, None]
        study.responses.store(prompt.id, [ResponseDraft(second, "No.", FinishReason.END, 1)], run=None)
        assert [s.responses for s in describe(study).systems] == [1, 1]
        study.prompts.add([PromptSpec("q", (Message("user", "How?"),))])
        unblind(study, "done", now=START)
        assert [s.responses for s in describe(study).systems] == [1, 1]
