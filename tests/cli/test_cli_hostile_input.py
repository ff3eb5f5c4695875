"""Files, names and arguments that nobody means well with: one line, exit 2, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import ftcompare
from ftcompare.cli.main import run
from tests.builders import output_of

VOTE = {
    "prompt": "What is AF?",
    "system_a": "base",
    "system_b": "tuned",
    "response_a": "An irregular heartbeat.",
    "response_b": "Atrial fibrillation.",
    "rater": "Ada\u202egnp",
    "choice": "b",
}
MANY = "9" * 5000
SERVED = ("--base", "http://localhost:1/v1#m")
HIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x7f\x9b\u2028"


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A study of one imported vote, by its name in the current folder."""
    (tmp_path / "votes.jsonl").write_text(json.dumps(VOTE) + "\n", encoding="utf-8")
    (tmp_path / "prompts.txt").write_text("Why?\n", encoding="utf-8")
    output_of(capsys, ["import", "study.ftstudy", "votes.jsonl", "--format", "judgments"])
    return "study.ftstudy"


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a command ended with."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.isprintable()
    return line


FILES: dict[str, bytes] = {
    "cr.csv": b"prompt,id\rx,1\r",
    "cr.tsv": b"prompt\tid\rx\t1\r",
    "open quote.csv": b'"prompt\nx\n',
    "long header.csv": b'"' + b"x" * 200_000 + b'"\n1\n',
    "utf-16.csv": "prompt,id\nx,1\n".encode("utf-16"),
    "surrogate.csv": b"\xed\xa0\x80,x\n1,2\n",
    "empty.csv": b"",
    "twice.csv": b"prompt,prompt\n1,2\n",
    "deep.jsonl": b"[" * 200_000,
    "deep objects.jsonl": b'{"a":' * 200_000,
    "digits.jsonl": b'{"prompt":' + MANY.encode() + b"}\n",
    "infinite.jsonl": b'{"prompt":1e999}\n',
    "nan.jsonl": b'{"prompt":NaN}\n',
    "nul.jsonl": b'{"prompt":"\0"}\n',
    "half.jsonl": b'{"prompt":"\\ud800"}\n',
    "utf-16.jsonl": '{"prompt":"x"}\n'.encode("utf-16"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_wherever_it_is_read(
    study: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    for arguments in (
        ["prompts", "leakage", study, name],
        ["import", study, name, "--format", "judgments"],
        ["import", study, name, "--format", "outputs"],
        ["new", "new.ftstudy", *SERVED, "--prompts", name],
        ["new", "new.ftstudy", *SERVED, "--prompts", "prompts.txt", "--glossary", name],
        ["terms", "glossary", study, "--take", name],
    ):
        assert name in refused(arguments, capsys)
    assert not (tmp_path / "new.ftstudy").exists()


@pytest.mark.parametrize("name", ["fifo", "folder", "/dev/zero", "x" * 300, "missing", "study.ftstudy/x"])
def test_what_is_no_file_is_never_waited_for(
    study: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "folder").mkdir()
    for arguments in (
        ["import", study, name, "--format", "judgments"],
        ["gate", study, "--gate", name],
        ["new", "new.ftstudy", *SERVED, "--prompts", "prompts.txt", "--rating", name],
    ):
        refused(arguments, capsys)
    refused(["prompts", "leakage", study, "fifo.csv"], capsys)


@pytest.mark.parametrize(
    "settings",
    [
        f"raters = {MANY}",
        f"min_judgments = {MANY}",
        f"min_win_rate = 0x{'f' * 20_000}",
        f"repeats = -{'9' * 400}",
        f"question = 0x{'f' * 20_000}",
        f"[[practice]]\nprompt = 'a'\nleft = {MANY}\nright = 'b'",
        f"[{'.'.join('a' * 100_000)}]",
    ],
)
def test_hostile_numbers_in_settings_are_refused(
    study: str, settings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    rating = ["new", "new.ftstudy", *SERVED, "--prompts", "prompts.txt", "--rating", "settings.toml"]
    for arguments in (["gate", study, "--gate", "settings.toml"], rating):
        assert refused(arguments, capsys).startswith("ftcompare: settings.toml: ")


@pytest.mark.parametrize("key", ["practice", "gold = 0.1\ngold_file"])
@pytest.mark.parametrize("name", ["../votes.jsonl", "/etc/passwd", "C:/votes.jsonl", "a\\u0000b", "link"])
def test_a_rating_file_names_no_file_elsewhere(
    study: str, key: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "link").symlink_to("../votes.jsonl")
    (folder / "rating.toml").write_text(f'{key} = "{name}"\n', encoding="utf-8")
    arguments = [*SERVED, "--prompts", "prompts.txt", "--rating", "received/rating.toml"]
    assert "which is not in its folder" in refused(["new", "new.ftstudy", *arguments], capsys)
    assert not (tmp_path / "new.ftstudy").exists()
    assert Path(study).exists()


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["info", "?"],
        ["results", "study.ftstudy", "--html", "?"],
        ["export", "study.ftstudy", "?", "--format", "csv"],
        ["gate", "?", "--min-win-rate", "0.5"],
        ["raters", "exclude", "study.ftstudy", "--rater", "?", "--reason", "x"],
        ["open", "?"],
    ],
)
def test_an_argument_that_no_name_can_be_is_refused(
    study: str, text: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert study
    assert "This contains" in refused([text if one == "?" else one for one in arguments], capsys)


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_an_export_needs_the_name_of_a_file(
    study: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["export", study, name, "--format", "csv"], capsys)


def test_json_on_a_terminal_hides_nothing_and_means_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = f"Umlaut ü 字 {HIDDEN}"
    vote = json.dumps({**VOTE, "rater": "Ada", "system_a": f"base{HIDDEN[:3]}", "category": "字"})
    (tmp_path / "votes.jsonl").write_text(vote + "\n", encoding="utf-8")
    output_of(capsys, ["import", f"{title}.ftstudy", "votes.jsonl", "--format", "judgments"])
    for command in (["info"], ["raters", "list"], ["results"]):
        out = output_of(capsys, [*command, f"{title}.ftstudy", "--json"])
        assert all(line.isprintable() for line in out.split("\n"))
        if command == ["info"]:
            assert json.loads(out)["title"] == title
            assert "ü 字" in out
            assert "\\u202e" in out


def test_lines_show_what_a_terminal_would_obey(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "r\u202elmth.exe"
    out = output_of(capsys, ["results", study, "--html", name])
    assert out.endswith("Wrote r\\u202elmth.exe.\n")
    assert (tmp_path / name).exists()
    made = run(["new", f"{name}.ftstudy", *SERVED, "--prompts", "prompts.txt"])
    captured = capsys.readouterr()
    assert made == 0
    for line in (captured.out + captured.err).splitlines():
        assert line.isprintable()


@pytest.mark.parametrize("name", ["a study.ftstudy", "x; rm -rf $HOME.ftstudy", "it's.ftstudy", "-x.ftstudy"])
def test_a_command_that_is_suggested_can_be_typed_as_it_stands(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prompts.txt").write_text("Why?\n", encoding="utf-8")
    assert run(["new", *SERVED, "--prompts", "prompts.txt", "--", name]) == 0
    suggested = capsys.readouterr().out.splitlines()[-1].removeprefix("Next: ")
    *_, command, file = shlex.split(suggested)
    assert command == "generate"
    assert (tmp_path / file).samefile(tmp_path / name)
    assert not file.startswith("-")


def _printed(tree: ast.AST) -> Iterator[ast.expr]:
    """What a module hands to ``click.echo``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("click.echo", "click.secho", "print"):
            yield from node.args[:1]


def _is_safe(printed: ast.expr) -> bool:
    """Written by us, or escaped."""
    if isinstance(printed, ast.BinOp):
        return _is_safe(printed.left) and _is_safe(printed.right)
    if isinstance(printed, ast.Call):
        words = ast.unparse(printed)
        return words.startswith(("printable(", "json_text(")) or "map(printable, " in words
    return isinstance(printed, ast.Constant)


def test_nothing_reaches_a_terminal_unescaped() -> None:
    folder = Path(ftcompare.__file__).parent / "cli"
    found = {path.name: list(_printed(ast.parse(path.read_text("utf-8")))) for path in folder.glob("*.py")}
    assert sum(map(len, found.values())) > 10
    wrong = [
        f"{name}: {ast.unparse(p)}" for name, all_of_it in found.items() for p in all_of_it if not _is_safe(p)
    ]
    assert not wrong
