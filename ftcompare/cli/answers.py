"""``ftcompare answers``: every answer of a study, narrowed by filters; their prompts sent to judging."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ftcompare.app.review.answer_list import (
    AnswerColumn,
    AnswerFilter,
    AnswerList,
    AnswerOrder,
    answers_json,
    find_answers,
    in_order,
    listed_answers,
    require_offered_answers,
)
from ftcompare.app.review.judging_round import preview_round, send_to_judging, sent_words
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.command_support import (
    JSON,
    STUDY,
    Command,
    fresh_rng,
    now,
    opened,
    print_json,
    say,
    say_row,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId, Split

NO_SPLIT = "none"
PAGE = 500  # lines that are read at once
PROMPT_SHOWN, ANSWER_SHOWN = 50, 70  # characters of each in a line


def _filters(command: Command) -> Command:
    """Add the options by which answers are chosen, named as the fields of `AnswerFilter`."""
    splits = [*(split.value for split in Split if split.value), NO_SPLIT]
    for option in reversed(
        (
            click.option("--split", type=click.Choice(splits), help="Of prompts of this split."),
            click.option("--category", help="Of prompts of this category; empty for those without one."),
            click.option("--tag", default="", help="Of prompts with this tag."),
            click.option("--task", default="", help="Of prompts of this task."),
            click.option("--context-kind", default="", help="Of prompts with this kind of context."),
            click.option("--system", default="", help="Of this system; after unblinding."),
            click.option("--shortest", type=click.IntRange(0), default=0, help="Characters at least."),
            click.option("--longest", type=click.IntRange(0), default=0, help="Characters at most."),
            click.option("--contains", default="", metavar="WORDS", help="With all these words."),
            click.option("--prompt-contains", default="", metavar="WORDS", help="Of prompts with all these."),
            click.option("--term", default="", help="With this term of the glossary."),
            click.option("--flagged", is_flag=True, help="In a pair that a rater flagged."),
            click.option("--raters-disagree", "disputed", is_flag=True, help="In a pair raters differ on."),
            click.option("--marked", is_flag=True, help="With errors that an expert marked."),
            click.option("--corrected", is_flag=True, help="That an expert corrected."),
            click.option("--check-failed", is_flag=True, help="That fail a check of their prompt."),
            click.option("--not-reviewed", "unreviewed", is_flag=True, help="That no expert has reviewed."),
            click.option(
                "--to-judge", is_flag=True, help="List prompts with pairs that are still to be judged, too."
            ),
        )
    ):
        command = option(command)
    return command


@click.command("answers")
@STUDY
@_filters
@click.option("--reader", default="", metavar="NAME", help="The rater who reads: leave out what they judge.")
@click.option(
    "--sort",
    type=click.Choice([one.value for one in AnswerColumn]),
    help="Order them by this; equal ones stay in the study's order.",
)
@click.option("--descending", is_flag=True, help="With --sort: the most, or the end of the alphabet, first.")
@click.option("--texts", is_flag=True, help="With --json: prompts and answers whole.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="List so many; all are counted.")
@click.option("--send-to-judging", is_flag=True, help="Say what a further round would be; do it with --yes.")
@click.option("--yes", is_flag=True, help="Send; it cannot be undone.")
@click.option("--rater", "raters", multiple=True, metavar="NAME", help="Who judges them; may come again.")
@click.option(
    "--further",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Judgments of each pair, without --rater.",
)
@JSON
def answers(
    study: Path,
    *,
    reader: str,
    sort: str | None,
    descending: bool,
    texts: bool,
    limit: int | None,
    send_to_judging: bool,
    yes: bool,
    raters: tuple[str, ...],
    further: int,
    as_json: bool,
    split: str | None,
    **conditions: Any,
) -> None:
    """List the answers of a study that meet all that is asked for.

    While the study is blinded, answers go by letters that each prompt gives anew, and prompts with pairs that
    are still to be judged are left out unless --to-judge is given.
    """
    if (yes or raters) and not send_to_judging:
        raise click.UsageError("--yes and --rater go with --send-to-judging.")
    if send_to_judging and (as_json or limit):
        raise click.UsageError("--json and --limit are for the list, not for --send-to-judging.")
    if descending and not sort:
        raise click.UsageError("--descending goes with --sort.")
    order = AnswerOrder(AnswerColumn(sort), descending) if sort else None
    with opened(study) as file:
        part = None if split is None else Split(split.replace(NO_SPLIT, ""))
        chosen = AnswerFilter(split=part, **conditions)
        require_offered_answers(file, chosen)
        listed = in_order(file, find_answers(file, chosen, reader), order)
        if send_to_judging:
            _send(file, listed, raters, further, yes=yes)
            return
        rows = range(min(limit or len(listed), len(listed)))
        if as_json:
            print_json(answers_json(file, listed, rows, texts=texts))
        else:
            _print(file, listed, rows)


def _print(file: StudyFile, listed: AnswerList, rows: range) -> None:
    if rows:
        say_row("prompt", "answer", "characters", "judged", "noted", "asked", "beginning")
    for start in range(0, len(rows), PAGE):
        for line in listed_answers(file, listed, rows[start : start + PAGE]):
            if line is not None:
                question = " ".join(line.asked.split())[:PROMPT_SHOWN]
                beginning = " ".join(line.beginning.split())[:ANSWER_SHOWN]
                numbers = (str(line.length), str(line.judged))
                say_row(line.key, line.name, *numbers, ", ".join(line.notes), question, beginning)
    say(f"{counted(len(listed), 'answer')} to {counted(listed.prompt_count, 'prompt')}.")
    if len(rows) < len(listed):
        say(f"The first {len(rows):,} are listed.")
    still = listed.still_to_judge
    if still is not None:
        say(still.told)
    if still is not None and not still.listed:
        say(f"{counted(still.prompts, 'prompt')} not listed; --to-judge lists them, too.")


def _send(file: StudyFile, listed: AnswerList, raters: tuple[str, ...], further: int, *, yes: bool) -> None:
    prompts = frozenset(PromptId(prompt) for prompt in listed.prompts)
    if yes:
        sent = send_to_judging(file, prompts, raters, further=further, rng=fresh_rng(), now=now())
        say(sent_words(sent))
        return
    preview = preview_round(file, prompts)
    if preview.closed is not None:
        raise preview.closed
    say(preview.told)
    say("Nothing was sent yet: give --yes to do it.")
