"""``ftcompare glossary``: listed, taken with what changes shown before, saved, added to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.cli.main import run
from ftcompare.formats.glossary import read_glossary

FIRST = "term,status,concept\natrial fibrillation,preferred,AF\nirregular heartbeat,deprecated,AF\n"
SECOND = "term,status,concept\nAF,admitted,AF\nirregular heartbeat,superseded,AF\n"


@pytest.fixture
def taken(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The study, with a glossary."""
    file = tmp_path / "first.csv"
    file.write_text(FIRST, encoding="utf-8")
    assert run(["glossary", str(study), "--take", str(file)]) == 0
    assert "3 judgments stay as given" in capsys.readouterr().out
    return study


def listed(study: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run(["glossary", str(study), "--json"]) == 0
    return [term["term"] for term in json.loads(capsys.readouterr().out)["terms"]]


def test_what_changes_is_shown_before_it_is_taken(
    taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "second.csv"
    file.write_text(SECOND, encoding="utf-8")
    assert run(["glossary", str(taken), "--take", str(file), "--merge", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "+\tAF\tadmitted\tAF\ten\t",
        "~\tirregular heartbeat\tdeprecated -> superseded\tAF\ten\t",
        "1 added, 1 changed, 0 removed. Nothing was taken (--dry-run).",
    ]
    assert len(listed(taken, capsys)) == 2
    assert run(["glossary", str(taken), "--take", str(file)]) == 0
    assert "-\tatrial fibrillation\tpreferred\tAF\ten\t" in capsys.readouterr().out
    assert listed(taken, capsys) == ["AF", "irregular heartbeat"]
    assert run(["glossary", str(taken), "--take", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["taken"] is False
    assert run(["glossary", str(taken), "--take", str(file)]) == 0
    assert capsys.readouterr().out == "The study has these terms already: nothing changed.\n"


def test_conflicts_are_told(taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "conflict.csv"
    file.write_text("term,concept\natrial fibrillation,other\n", encoding="utf-8")
    assert run(["glossary", str(taken), "--take", str(file), "--merge"]) == 0
    told = "!\t“atrial fibrillation” is preferred in 2 concepts: AF, other.\n"
    assert told in capsys.readouterr().out
    assert run(["glossary", str(taken)]) == 0
    assert told in capsys.readouterr().out


def test_a_bad_file_changes_nothing(taken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.tbx"
    file.write_text(
        "<tbx>\n<conceptEntry><langSec><termSec/></langSec></conceptEntry></tbx>", encoding="utf-8"
    )
    assert run(["glossary", str(taken), "--take", str(file)]) == 2
    assert "bad.tbx, line 2, element termSec" in capsys.readouterr().err
    assert len(listed(taken, capsys)) == 2


@pytest.mark.parametrize("name", ["g.csv", "g.tbx", "g.ttl", "g.rdf", "g.xlsx"])
def test_a_glossary_is_saved_as_the_name_says(
    taken: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    assert run(["glossary", str(taken), "--save", str(file)]) == 0
    assert "2 terms written" in capsys.readouterr().out
    assert {term.term for term in read_glossary(file)} == {"atrial fibrillation", "irregular heartbeat"}
    assert run(["glossary", str(taken), "--save", str(file)]) == 2


def test_a_word_is_added(taken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["glossary", str(taken), "--add", "palpitations", "--concept", "AF"]) == 0
    assert capsys.readouterr().out == "Added “palpitations” (en) to the concept AF as admitted.\n"
    assert run(["glossary", str(taken), "--add", "Palpitations"]) == 2
    assert "already, as admitted" in capsys.readouterr().err


def test_a_study_without_one_says_how_to_get_it(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["glossary", str(study)]) == 0
    assert "This study has no glossary" in capsys.readouterr().out
    assert run(["glossary", str(study), "--save", "g.csv"]) == 2
    assert "The glossary has no terms" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [["--take", "a.csv", "--add", "b"], ["--merge"], ["--dry-run"], ["--concept", "a"], ["--language", "en"]],
)
def test_options_that_do_not_belong_together(study: Path, options: list[str]) -> None:
    assert run(["glossary", str(study), *options]) == 2
