"""Groups of commands: old names, names that are mistyped, usage errors, and completion in a shell."""

from __future__ import annotations

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from ftcompare.app.measures.registry import KINDS
from ftcompare.cli.command_support import options_by_function
from ftcompare.cli.main import MOVED, cli, run
from tests.builders import commands_by_name, errors_of, output_of


def refused(arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(arguments.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_an_old_name_leads_to_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    known = {*commands_by_name(), "measures benchmarks"}
    for old, new in MOVED.items():
        assert new.partition(" --")[0] in known
        assert refused(f"{old} a.ftstudy --json", capsys) == (
            f"ftcompare: `ftcompare {old}` is now `ftcompare {new}`."
        )


def test_every_kind_of_evidence_has_a_command() -> None:
    kinds = {f"measures {kind.results.key}" for kind in KINDS if kind.results}
    assert kinds - commands_by_name().keys() == set(), "add to cli/commands.toml"


def test_every_entry_of_the_table_of_options_belongs_to_a_command() -> None:
    made = {
        (command.callback.__module__.rpartition(".")[2], command.callback.__name__)
        for command in commands_by_name().values()
        if command.callback is not None
    }
    listed = {(module, name) for module, entries in options_by_function().items() for name in entries}
    assert listed - made == set(), "in cli/options.toml"


def test_an_option_of_an_old_command_leads_to_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    line = "ftcompare: `ftcompare terms` is now `ftcompare terms compare`."
    assert refused("terms --words a.ftstudy", capsys) == line


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        ("new", "--quantisation 8bit", "--quantization"),
        ("new", "--recipe a=b.toml", "--instructions"),
        ("prompts add", "--recipe a=b.toml", "--instructions"),
        ("export", "--licence cc-by-4.0 a.jsonl --format csv", "--license"),
        ("demo", "--prompts 1 a", "--limit"),
        ("measures calibration", "--correct holds", "contains"),
        ("terms compare", "--list learnt", "learned"),
    ],
)
def test_an_old_option_or_value_still_works_and_help_shows_the_new_one(
    command: str, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command.split(), "none.ftstudy", *old.split()]) == 2
    assert "No such option" not in (told := capsys.readouterr().err)
    assert "is not one of" not in told
    shown = output_of(capsys, [*command.split(), "--help"])
    assert new in shown
    assert old.split()[0 if new.startswith("--") else 1] not in shown


@pytest.mark.parametrize(
    ("arguments", "command", "what"),
    [
        ("reslts a", "", "There is no command 'reslts'. Did you mean 'results'?"),
        ("self-tst", "", "There is no command 'self-tst'. Did you mean 'check --installation'?"),
        ("raters lst", " raters", "There is no command 'lst'. Did you mean 'list'?"),
        (
            "measures benchmarks shw",
            " measures benchmarks",
            "There is no command 'shw'. Did you mean 'show'?",
        ),
        ("suite zzz", " suite", "There is no command 'zzz'."),
        ("--zzz", "", "No such option '--zzz'."),
        ("suite --zzz", " suite", "No such option '--zzz'."),
        ("results --pair A", " results", "Option '--pair' requires 2 arguments."),
        ("raters letter", " raters letter", "Missing argument 'STUDY'."),
        ("info", " info", "Missing argument 'STUDY'."),
        ("info --machine --plan", " info", "Give --plan or --machine, not both."),
        ("check --installation a", " check", "Give a study or --installation, not both."),
    ],
)
def test_a_usage_error_is_one_line_that_names_the_own_help(
    arguments: str, command: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(arguments, capsys) == f"ftcompare{command}: {what} See `ftcompare{command} --help`."


@pytest.mark.parametrize("group", ["raters", "measures benchmarks"])
def test_a_group_alone_lists_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nCommands:\n" in errors_of(capsys, group.split(), 2)


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
@pytest.mark.parametrize(
    ("typed", "begun", "completed"),
    [
        ("", "me", ["merge", "measures"]),
        ("measures", "l", ["labels", "likelihood"]),
        ("measures benchmarks", "", ["run", "show", "import", "choose"]),
        ("results a.ftstudy", "--pa", ["--paper", "--pair"]),
        ("results a.ftstudy --paper", "", ["a4", "letter"]),
        ("measures speed", "--la", ["--last"]),
        ("doctor", "zzz", []),
    ],
)
def test_a_shell_completes_commands_options_and_values(
    shell: type[ShellComplete], typed: str, begun: str, completed: list[str]
) -> None:
    completion = shell(cli, {}, "ftcompare", "_FTCOMPARE_COMPLETE")
    assert [item.value for item in completion.get_completions(typed.split(), begun)] == completed
    assert "_FTCOMPARE_COMPLETE" in completion.source()
