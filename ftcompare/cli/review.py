"""``ftcompare terms`` and ``remarks``: terms in the responses, and what raters flagged, wrote and skipped."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.review.concordance import Concordance, concordance_json, uses_of
from ftcompare.app.review.remarks import RemarkKind, Remarks, kinds_of, remark_words, remarks, remarks_json
from ftcompare.app.review.terminology import TermTable, study_terms, terms_json
from ftcompare.cli.command_support import JSON, STUDY, altered_status, opened, print_json, say
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm
from ftcompare.formats.text_files import printable

PROMPT_SHOWN = 60
"""Characters of a prompt beside each use."""
NOT_JUDGED = "Not listed before it: {count} in answers that nobody has judged yet."


@click.command("terms", short_help="Count the glossary's terms in the responses.")
@STUDY
@click.option("--uses", metavar="WORDS", help="List every use of a term, or of any word or phrase, instead.")
@JSON
def terms(study: Path, *, uses: str | None, as_json: bool) -> int:
    """Count the glossary's terms in the responses of each system; before unblinding, of all together.

    Exit 1 where the study was altered.
    """
    if uses is not None:
        return _uses(study, uses, as_json=as_json)
    with opened(study) as file:
        table = study_terms(file)
        status = altered_status(file)
    if as_json:
        print_json(terms_json(table))
    elif not table.glossary:
        click.echo(
            "This study has no glossary, so there is nothing to count. Add one in the window, under Setup, "
            "or with `ftcompare glossary STUDY --take FILE` (docs/expert.md says what it holds)."
        )
    else:
        if table.withheld:
            say(table.withheld.explained)
        _print_terms(table)
    return status


def _uses(study: Path, words: str, *, as_json: bool) -> int:
    with opened(study) as file:
        found = uses_of(file, words)
        status = altered_status(file)
    if as_json:
        print_json(concordance_json(found))
    else:
        _print_uses(found)
    return status


def _print_uses(found: Concordance) -> None:
    for use in found.uses:
        line = " ".join(f"{use.before}[{use.hit}]{use.after}".split())
        cells = (use.system, " ".join(use.prompt.split())[:PROMPT_SHOWN], line)
        shown = cells if found.withheld is None else cells[1:]
        click.echo("\t".join(map(printable, shown)))
    say(f"{counted(found.count, 'use')} in {counted(found.answers, 'answer')}.")
    if found.count > len(found.uses):
        say(f"The first {len(found.uses):,} are listed.")
    if found.withheld:
        say(found.withheld.explained)
        say(NOT_JUDGED.format(count=f"{found.unjudged:,}"))


def _print_terms(table: TermTable) -> None:
    heads = (title for name in table.systems[1:] for title in (f"{name} log ratio", "q", "difference"))
    lines = [("term", "status", "concept", *(f"{s} (prompts)" for s in table.systems), *heads)]
    for row in table.rows:
        cells = (f"{row.counts.get(s, 0)} ({row.prompts.get(s, 0)})" for s in table.systems)
        found = (cell for name in table.systems[1:] for cell in _difference_cells(table, row.term, name))
        lines.append((row.term.term, row.term.status.value, row.term.concept, *cells, *found))
    shares = (table.adherence[name].share for name in table.systems)
    lines.append(("adherence", "", "", *("–" if share is None else f"{share:.0%}" for share in shares)))
    for line in lines:
        click.echo("\t".join(map(printable, line)))


def _difference_cells(table: TermTable, term: GlossaryTerm, system: str) -> tuple[str, str, str]:
    found = table.differences.get((term, system))
    if found is None:
        return "–", "–", "–"
    return true_minus(f"{found.log_ratio:+.2f}"), f"{found.q:.3f}", found.told


@click.command("remarks", short_help="List what raters flagged, commented on and skipped.")
@STUDY
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in RemarkKind]),
    help="List these alone; all are counted.",
)
@JSON
def list_remarks(study: Path, *, kind: str | None, as_json: bool) -> int:
    """List the pairs that raters flagged, commented on or skipped, with what they wrote.

    Exit 1 where the study was altered.
    """
    with opened(study) as file:
        found = remarks(file, RemarkKind(kind) if kind else None)
        status = altered_status(file)
    if as_json:
        print_json(remarks_json(found))
    else:
        _print_remarks(found)
    return status


def _print_remarks(found: Remarks) -> None:
    say(", ".join(f"{kind} {count:,}" for kind, count in found.counts.items()))
    if found.pairs:
        click.echo("what\tprompt\trater\tverdict\twords")
    for pair in found.pairs:
        prompt = " ".join(pair.prompt.split())[:PROMPT_SHOWN]
        verdict = pair.verdict + (f" ({pair.preferred})" if pair.preferred else "")
        words = " ".join(remark_words(pair).split())
        cells = (", ".join(kinds_of(pair)), prompt, pair.rater, verdict, words)
        click.echo("\t".join(map(printable, cells)))


COMMANDS: tuple[click.Command, ...] = (terms, list_remarks)
