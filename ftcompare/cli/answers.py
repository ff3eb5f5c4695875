"""``answers list`` and ``answers remarks``: the answers of a study, and what raters wrote on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ftcompare.app.review import answer_list
from ftcompare.app.review.judging_round import preview_round, send_to_judging, sent_words
from ftcompare.app.review.terminology import RemarkKind, kinds_of, remark_words, remarks, remarks_json
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.command_support import command, fresh_rng, now, opened, print_json, proving, say, say_row
from ftcompare.core.context import ContextKind
from ftcompare.core.language import counted
from ftcompare.core.study import PromptId, Split

NO_SPLIT = "none"
PAGE = 500  # lines that are read at once
PROMPT_SHOWN, ANSWER_SHOWN = 50, 70  # characters of each in a line
PROMPT_IN_REMARK = 60


@command(
    "list",
    "review.ftstudy --flagged --sort characters",
    choices={"sort": answer_list.AnswerColumn, "split": (*Split, NO_SPLIT)},
)
@click.option(
    "--context-kind",
    default="",
    help=f"Only prompts with this kind of context: {', '.join(filter(None, ContextKind))}.",
)
@click.option(
    "--grade",
    default="",
    help=f"Only answers whose mean grade is {', '.join(answer_list.GRADE_GROUPS)}. After unblinding.",
)
def list_answers(
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
    """List the answers that match all filters.

    Before unblinding, answers are shown by letters, which each prompt assigns again. Prompts with
    pairs that raters still have to judge are left out unless you add --to-judge.
    """
    if (yes or raters) and not send_to_judging:
        raise click.UsageError("--yes and --rater require --send-to-judging.")
    if send_to_judging and (as_json or limit):
        raise click.UsageError("--send-to-judging does not allow --json or --limit.")
    if descending and not sort:
        raise click.UsageError("--descending requires --sort.")
    order = answer_list.AnswerOrder(answer_list.AnswerColumn(sort), descending) if sort else None
    with opened(study) as file:
        part = None if split is None else Split(split.replace(NO_SPLIT, ""))
        chosen = answer_list.AnswerFilter(split=part, **conditions)
        answer_list.require_offered_answers(file, chosen)
        listed = answer_list.in_order(file, answer_list.find_answers(file, chosen, reader), order)
        if send_to_judging:
            _send(file, listed, raters, further, yes=yes)
            return
        rows = range(min(limit or len(listed), len(listed)))
        if as_json:
            print_json(answer_list.answers_json(file, listed, rows, texts=texts))
        else:
            _print(file, listed, rows)


def _print(file: StudyFile, listed: answer_list.AnswerList, rows: range) -> None:
    if rows:
        grade = ("grade",) if listed.grades else ()
        say_row("prompt", "answer", "characters", "judged", *grade, "noted", "asked", "beginning")
    for start in range(0, len(rows), PAGE):
        for line in answer_list.listed_answers(file, listed, rows[start : start + PAGE]):
            if line is not None:
                question = " ".join(line.asked.split())[:PROMPT_SHOWN]
                beginning = " ".join(line.beginning.split())[:ANSWER_SHOWN]
                grade = ("–" if line.grade is None else f"{line.grade:.3g}",) if listed.grades else ()
                numbers = (str(line.length), str(line.judged), *grade)
                say_row(line.key, line.name, *numbers, ", ".join(line.notes), question, beginning)
    say(f"{counted(len(listed), 'answer')} to {counted(listed.prompt_count, 'prompt')}.")
    if len(rows) < len(listed):
        say(f"The first {len(rows):,} are listed.")
    still = listed.still_to_judge
    if still.told:
        say(still.told if still.listed else f"{still.told} --to-judge lists them.")


def _send(
    file: StudyFile, listed: answer_list.AnswerList, raters: tuple[str, ...], further: int, *, yes: bool
) -> None:
    prompts = frozenset(PromptId(prompt) for prompt in listed.prompts)
    if yes:
        sent = send_to_judging(file, prompts, raters, further=further, rng=fresh_rng(), now=now())
        say(sent_words(sent))
        return
    preview = preview_round(file, prompts)
    if preview.closed is not None:
        raise preview.closed
    say(preview.told)
    say("Nothing was sent. To send the pairs, add --yes.")


@command("remarks", "review.ftstudy --kind flagged", choices={"kind": RemarkKind})
@proving
def list_remarks(study: Path, *, kind: str | None, as_json: bool) -> None:
    """List the pairs that raters flagged, commented on, or skipped, with their comments."""
    with opened(study) as file:
        found = remarks(file, RemarkKind(kind) if kind else None)
    if as_json:
        print_json(remarks_json(found))
        return
    say(", ".join(f"{name} {count:,}" for name, count in found.counts.items()))
    if found.pairs:
        say_row("what", "prompt", "rater", "verdict", "words")
    for pair in found.pairs:
        prompt = " ".join(pair.prompt.spec.text.split())[:PROMPT_IN_REMARK]
        verdict = pair.verdict.words + (f" ({pair.verdict.system})" if pair.verdict.system else "")
        words = " ".join(remark_words(pair).split())
        say_row(", ".join(kinds_of(pair)), prompt, pair.rater.name, verdict, words)
