"""``ftcompare correct``, ``corrections`` and ``adjudications``: what experts wrote and decided."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.review.adjudication import adjudications_json, waiting_json
from ftcompare.app.review.corrections import (
    answer_called,
    correct,
    corrections,
    corrections_json,
    with_line_ends_of,
)
from ftcompare.cli.command_support import (
    FILE,
    JSON,
    STUDY,
    altered_status,
    now,
    one_line,
    opened,
    print_json,
    say,
    say_row,
)
from ftcompare.core.annotations import MAX_CORRECTION
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.formats.text_files import read_lines

_SHOWN = 60
"""Characters of a text in a list."""


@click.command("correct")
@STUDY
@click.argument("prompt")
@click.argument("file", type=FILE)
@click.option("--answer", required=True, help="Its system, or “Answer A” while the study is blinded.")
@click.option("--by", "expert", required=True, metavar="NAME", help="Who corrects it.")
@click.option("--comment", default="", help="Why.")
def correct_(study: Path, prompt: str, file: Path, *, answer: str, expert: str, comment: str) -> None:
    """Keep the text of FILE as the corrected answer to a prompt, given by its id; the answer itself stays.

    An earlier correction of the same answer by the same expert gives way.
    """
    text = "".join(line for _, line in read_lines(file, max_bytes=4 * MAX_CORRECTION))
    with opened(study) as present:
        response = answer_called(present, prompt, answer)
        kept_text = with_line_ends_of(present, response, text)
        correct(present, expert, response, kept_text, comment=comment, now=now())
        kept = next(one for one in reversed(corrections(present)) if one.response == response)
    spaces = ", different in spaces and line breaks alone" if kept.only_spaces else ""
    say(f"Kept the correction of {kept.answer} to {prompt} by {kept.expert}{spaces}.")


@click.command("corrections")
@STUDY
@JSON
def list_corrections(study: Path, *, as_json: bool) -> int:
    """List the corrected answers; `export` makes training rows of them.

    Exit 1 where the study was altered.
    """
    with opened(study) as present:
        found, status = corrections(present), altered_status(present)
    if as_json:
        print_json({"corrections": corrections_json(found)})
        return status
    say(f"{counted(len(found), 'correction')}.")
    if found:
        say_row("prompt", "answer", "expert", "original", "correction")
    for one in found:
        say_row(one.key, one.answer, one.expert, one_line(one.original, _SHOWN), one_line(one.text, _SHOWN))
    return status


@click.command("adjudications")
@STUDY
@click.option("--waiting", is_flag=True, help="The pairs on which raters disagree, or that were flagged.")
@click.option(
    "--by", "expert", default="", metavar="NAME", help="With --waiting: that this expert did not decide."
)
@JSON
def list_adjudications(study: Path, *, waiting: bool, expert: str, as_json: bool) -> int:
    """List the verdicts of senior raters, which are never counted among those of raters.

    With --waiting, the pairs that are worth one: raters disagree, strong votes oppose each other, or somebody
    flagged it. They are decided in the window, under Review. Exit 1 where the study was altered.
    """
    if expert and not waiting:
        raise click.UsageError("--by goes with --waiting.")
    with opened(study) as present:
        found = waiting_json(present, expert) if waiting else adjudications_json(present)
        status = altered_status(present)
    if as_json:
        print_json({"waiting" if waiting else "adjudications": found})
        return status
    say(f"{counted(len(found), 'pair')} {'to decide' if waiting else 'decided'}.")
    if found:
        say_row(*(_WAITING_TITLES if waiting else _DECIDED_TITLES))
    for line in found:
        say_row(*(_waiting_cells(line) if waiting else _decided_cells(line)))
    return status


_WAITING_TITLES = ("prompt", "judgments", "why")
_DECIDED_TITLES = ("prompt", "expert", "verdict", "preferred", "reason", "read", "at")


def _waiting_cells(line: dict[str, Json]) -> tuple[str, ...]:
    reasons = line["reasons"]
    why = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    return _cell(line["prompt_id"]), _cell(line["judgments"]), why


def _decided_cells(line: dict[str, Json]) -> tuple[str, ...]:
    told = (line[name] for name in ("prompt_id", "expert", "answer", "preferred", "reason"))
    return *map(_cell, told), "after the comments" if line["after_comments"] else "", _cell(line["at"])


def _cell(value: Json) -> str:
    return "" if value is None else one_line(str(value), _SHOWN)
