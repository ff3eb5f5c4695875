"""``ftcompare terms`` and ``remarks``: terms in the responses, and what raters flagged, wrote and skipped."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.results.presentation.distinctive_words import found_words
from ftcompare.app.results.presentation.term_cells import (
    PROGRAMS,
    Q_TITLE,
    WIN_RATE_TITLE,
    adherence_cells,
    difference_cells,
    preference_words,
)
from ftcompare.app.review.concordance import concordance_json, uses_of
from ftcompare.app.review.distinctive_words import WordTable, study_words, words_json
from ftcompare.app.review.remarks import RemarkKind, kinds_of, remark_words, remarks, remarks_json
from ftcompare.app.review.result_slice import OF_WORDS, PromptPart, TermList
from ftcompare.app.review.study_terms import TermTable, study_terms, terms_json
from ftcompare.cli.command_support import JSON, STUDY, altered_status, flag, opened, print_json, say, say_row
from ftcompare.core.plurals import counted
from ftcompare.core.study import Split

PROMPT_SHOWN = 60  # characters of a prompt beside each use
NOT_JUDGED = "Not listed before it: {count} in answers that nobody has judged yet."


LISTS = {which.value: which for which in TermList if which is not TermList.ALL}


@click.command("terms")
@STUDY
@click.option("--uses", metavar="WORDS", help="List every use of a term, word, or phrase.")
@flag("--words", "List words and phrases, and how two systems differ.")
@click.option("--list", "only", type=click.Choice(list(LISTS)), help="Show only this list.")
@click.option(
    "--system", metavar="NAME", default="", help="With --words: compare this system with the first."
)
@click.option(
    "--split",
    type=click.Choice([split.value for split in Split if split]),
    help="Only prompts of this split.",
)
@click.option("--category", metavar="NAME", help="Only prompts of this category.")
@JSON
def terms(
    study: Path,
    *,
    uses: str | None,
    words: bool,
    only: str | None,
    system: str,
    split: str | None,
    category: str | None,
    as_json: bool,
) -> int:
    """Count the glossary's terms in the answers of each system.

    Before unblinding, counts all systems together.

    Exits with status 1 if the study has been tampered with.
    """
    if uses is not None:
        return _uses(study, uses, as_json=as_json)
    part = PromptPart(Split(split) if split else None, category)
    which = LISTS.get(only or "", TermList.ALL)
    with opened(study, reads=True) as file:
        of_terms = study_terms(file, part) if as_json or not words else None
        of_words = study_words(file, system, part) if as_json or words else None
        status = altered_status(file)
    if of_terms and of_words:
        print_json({**terms_json(of_terms), "words": words_json(of_words)})
    elif of_words:
        _print_words(of_words, which)
    elif of_terms:
        _print_terms(of_terms, which)
    return status


def _uses(study: Path, words: str, *, as_json: bool) -> int:
    with opened(study, reads=True) as file:
        found = uses_of(file, words)
        status = altered_status(file)
    if as_json:
        print_json(concordance_json(found))
        return status
    for use in found.uses:
        line = " ".join(f"{use.before}[{use.hit}]{use.after}".split())
        cells = (use.system, " ".join(use.prompt.split())[:PROMPT_SHOWN], line)
        shown = cells if found.withheld is None else cells[1:]
        say_row(*shown)
    say(f"{counted(found.count, 'use')} in {counted(found.answers, 'answer')}.")
    if found.count > len(found.uses):
        say(f"The first {len(found.uses):,} are listed.")
    if found.withheld:
        say(found.withheld.explained)
        say(NOT_JUDGED.format(count=f"{found.unjudged:,}"))
    return status


NO_GLOSSARY = (
    "This study has no glossary, so there is nothing to count. Add one in the window, under Setup, or with "
    "`ftcompare glossary STUDY --take FILE` (docs/reference/glossary-files.md). `--words` needs none."
)


def _print_terms(table: TermTable, which: TermList) -> None:
    if not table.glossary:
        say(NO_GLOSSARY)
        return
    if table.withheld:
        say(table.withheld.explained)
    if which is TermList.MIXED:
        _print_mixed(table)
        return
    names = [
        title for name in table.systems[1:] for title in (f"{name} log ratio", Q_TITLE.lower(), "difference")
    ]
    judged = [WIN_RATE_TITLE.lower()] if table.preferences else []
    say_row("term", "status", "concept", *(f"{s} (prompts)" for s in table.systems), *names, *judged)
    for row in table.listed(which):
        cells = (f"{row.counts.get(s, 0)} ({row.prompts.get(s, 0)})" for s in table.systems)
        found = [difference_cells(table.differences.get((row.term, name))) for name in table.systems[1:]]
        won = [preference_words(table.preferences.get(row.term))] if judged else []
        differing = (cell for cells in found for cell in cells)
        say_row(row.term.term, row.term.status.value, row.term.concept, *cells, *differing, *won)
    if which is TermList.ALL:
        shares = (adherence_cells(table.adherence[name])[-1] for name in table.systems)
        say_row("adherence", "", "", *shares)
    if table.automatic:
        say(PROGRAMS)


def _print_mixed(table: TermTable) -> None:
    say_row("concept", "terms", *(f"{system} (answers)" for system in table.systems))
    for mixed in table.mixed:
        pair = " + ".join(f"{term.term} ({term.status.value})" for term in mixed.terms)
        say_row(mixed.concept, pair, *(str(mixed.answers.get(system, 0)) for system in table.systems))


def _print_words(table: WordTable, which: TermList) -> None:
    if which not in OF_WORDS:
        raise click.UsageError(f"--list {which.value} is of glossary terms: leave --words out.")
    if table.withheld:
        say(table.withheld.explained)
        return
    if not table.second:
        say("Words are held against each other of two systems or more: this study has answers of fewer.")
        return
    sides = (f"{name} (prompts)" for name in (table.first, table.second))
    say_row(
        "word or phrase",
        *sides,
        f"{table.second} log ratio",
        Q_TITLE.lower(),
        "difference",
        WIN_RATE_TITLE.lower(),
    )
    for row in table.listed(which):
        uses = (f"{n} ({in_prompts})" for n, in_prompts in zip(row.uses, row.in_prompts, strict=True))
        say_row(row.phrase.text, *uses, *difference_cells(row), preference_words(row.preference))
    say(found_words(table))
    if table.automatic:
        say(PROGRAMS)


@click.command("remarks")
@STUDY
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in RemarkKind]),
    help="List only these. The totals count all.",
)
@JSON
def list_remarks(study: Path, *, kind: str | None, as_json: bool) -> int:
    """List the pairs that raters flagged, commented on, or skipped, with their comments.

    Exits with status 1 if the study has been tampered with.
    """
    with opened(study, reads=True) as file:
        found = remarks(file, RemarkKind(kind) if kind else None)
        status = altered_status(file)
    if as_json:
        print_json(remarks_json(found))
        return status
    say(", ".join(f"{name} {count:,}" for name, count in found.counts.items()))
    if found.pairs:
        say_row("what", "prompt", "rater", "verdict", "words")
    for pair in found.pairs:
        prompt = " ".join(pair.prompt.split())[:PROMPT_SHOWN]
        verdict = pair.verdict + (f" ({pair.preferred})" if pair.preferred else "")
        words = " ".join(remark_words(pair).split())
        say_row(", ".join(kinds_of(pair)), prompt, pair.rater, verdict, words)
    return status
