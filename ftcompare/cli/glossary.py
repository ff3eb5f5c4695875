"""``ftcompare glossary``: a study's terms listed, replaced or merged with a file's, saved, and added to."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.setup.asked_checks import concept_words
from ftcompare.app.setup.glossary import (
    GlossaryChange,
    add_candidate,
    change_from_file,
    change_json,
    change_of,
    conflict_json,
    effect_words,
    save_glossary,
    set_glossary,
    term_json,
)
from ftcompare.cli.command_support import (
    FILE,
    JSON,
    REPLACE,
    STUDY,
    OutputPath,
    flag,
    now,
    opened,
    print_json,
    say,
    say_row,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm
from ftcompare.formats.glossary import GLOSSARY_FORMATS, glossary_format


@click.command("glossary")
@STUDY
@click.option("--take", type=FILE, metavar="FILE", help="Replace the study's terms with those of a file.")
@flag("--merge", "With --take: keep terms that the file does not have.")
@flag("--dry-run", "With --take: only show the changes.")
@click.option("--save", type=OutputPath(), metavar="FILE", help="Save the glossary to a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice([form.id for form in GLOSSARY_FORMATS]),
    help="With --save: the file format, if the file name does not show it.",
)
@REPLACE
@click.option(
    "--add",
    default="",
    metavar="WORDS",
    help="Add a candidate term. It is acceptable until an expert decides.",
)
@click.option("--concept", default="", help="With --add: the concept of the term. Default: a new one.")
@click.option(
    "--language",
    default="",
    metavar="CODE",
    help="With --add: the language of the term. Default: the most frequent language of the glossary.",
)
@JSON
def glossary(
    study: Path,
    take: Path | None,
    save: Path | None,
    form: str | None,
    add: str,
    concept: str,
    language: str,
    *,
    merge: bool,
    dry_run: bool,
    replace: bool,
    as_json: bool,
) -> None:
    """List the terms of a study's glossary, or change or save it.

    --take lists added (+), changed (~), and removed (-) terms and contradictions (!), then imports the file.
    It reads CSV, TSV, XLSX, TBX, SKOS (.rdf, .ttl), and OmegaT's TSV. If a line or an element is invalid,
    nothing is imported.
    """
    _require_one(
        take=take, save=save, add=add, merge=merge, dry_run=dry_run, of_add=bool(concept or language)
    )
    if save:
        _save(study, save, form or "", replace=replace)
    elif add:
        _add(study, add, concept, language)
    elif take:
        _take(study, take, merge=merge, dry_run=dry_run, as_json=as_json)
    else:
        _list(study, as_json=as_json)


def _require_one(
    *, take: Path | None, save: Path | None, add: str, merge: bool, dry_run: bool, of_add: bool
) -> None:
    """Raise click.UsageError for several actions, or an option of one that is not given."""
    if sum(map(bool, (take, save, add))) > 1:
        raise click.UsageError("Give one of --take, --save and --add.")
    if (merge or dry_run) and not take:
        raise click.UsageError("--merge and --dry-run belong to --take.")
    if of_add and not add:
        raise click.UsageError("--concept and --language belong to --add.")


def _save(study: Path, path: Path, form: str, *, replace: bool) -> None:
    require_output(path, inputs=(study,), replace=replace)
    glossary_format(form, path)
    with opened(study) as file:
        terms = file.glossary.terms()
    chosen = save_glossary(terms, path, form=form, replace=replace, inputs=(study,))
    say(f"{counted(len(terms), 'term')} written to {path} as {chosen.title}. {chosen.keeps}".strip())


def _add(study: Path, words: str, concept: str, language: str) -> None:
    with opened(study) as file:
        term = add_candidate(file, words, concept=concept, language=language, now=now())
    say(f"Added “{term.term}” ({term.language}) to the concept {term.concept} as {term.status.value}.")


def _take(study: Path, path: Path, *, merge: bool, dry_run: bool, as_json: bool) -> None:
    with opened(study) as file:
        change = change_from_file(file, path, merge=merge)
        if not as_json:
            _print_change(change)
        if not dry_run and change.diff:
            set_glossary(file, change.terms, now=now())
        if lacking := concept_words((prompt.spec for prompt in file.prompts.all()), change.terms):
            say(f"Note: {lacking}", err=True)
    if as_json:
        print_json({"taken": not dry_run and bool(change.diff), **change_json(change)})
        return
    counts = ", ".join(f"{n:,} {act}" for act, n in change.diff.counts.items())
    if not change.diff:
        say("The study has these terms already: nothing changed.")
    else:
        say(f"{counts}. {'Nothing was taken (--dry-run).' if dry_run else 'Taken.'}")
        if effect := effect_words(change.judgments):
            say(effect)


def _print_change(change: GlossaryChange) -> None:
    for sign, terms in (("+", change.diff.added), ("-", change.diff.removed)):
        for term in terms:
            say_row(sign, *_cells(term))
    for before, after in change.diff.changed:
        pairs = zip(_cells(before), _cells(after), strict=True)
        say_row("~", *(old if old == new else f"{old} -> {new}" for old, new in pairs))
    for conflict in change.conflicts:
        say_row("!", conflict.told)


def _list(study: Path, *, as_json: bool) -> None:
    with opened(study) as file:
        change = change_of(file, file.glossary.terms())
    if as_json:
        terms = [term_json(term) for term in change.terms]
        print_json({"terms": terms, "conflicts": [conflict_json(found) for found in change.conflicts]})
        return
    if not change.terms:
        say("This study has no glossary. Give it one with `--take FILE`, or in the window, under Setup.")
        return
    say_row("term", "status", "concept", "language", "note")
    for term in change.terms:
        say_row(*_cells(term))
    for conflict in change.conflicts:
        say_row("!", conflict.told)


def _cells(term: GlossaryTerm) -> tuple[str, ...]:
    return term.term, term.status.value, term.concept, term.language, " ".join(term.note.split())
