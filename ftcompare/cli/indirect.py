"""``indirect``: two fine-tunes of one base that were never judged side by side."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

import click

from ftcompare.app.application_paths import STUDY_SUFFIX, to_type
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release.checkpoint_sources import require_distinct
from ftcompare.app.release.checkpoints import side_by_side_entries, study_entries
from ftcompare.app.release.direct_pairs import Source, shortfall, write_direct_pairs
from ftcompare.app.release.indirect import (
    ThroughBase,
    compare_through_base,
    details,
    figures,
    indirect_json,
    sentence,
)
from ftcompare.cli.command_support import FILE, command, fresh_rng, now, opened, print_json, print_pairs, say
from ftcompare.core.language import counted, sentences


@command("indirect", "step-1.ftstudy step-2.ftstudy --new direct.ftstudy")
@click.argument("studies", metavar="STUDY STUDY", nargs=2, type=FILE)
@click.option("--first", default="", metavar="NAME", help="The fine-tuned model in the first study.")
@click.option("--second", default="", metavar="NAME", help="The fine-tuned model in the second study.")
@click.option("--base", default="", metavar="NAME", help="The base, if FTCompare cannot determine it.")
@click.option(
    "--direct", type=FILE, metavar="STUDY", help="A study in which the two were judged side by side."
)
@click.option(
    "--new",
    type=FILE,
    metavar="FILE.ftstudy",
    help="Write a study with the fewest pairs of the two that would settle the question, to be judged blind.",
)
@click.option(
    "--prompts",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of prompts in the new study. Default: the fewest that would settle the question.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed for drawing its prompts. Default: a random seed. It is kept in the audit log.",
)
def indirect(
    studies: tuple[Path, Path],
    first: str,
    second: str,
    base: str,
    direct: Path | None,
    new: Path | None,
    prompts: int | None,
    seed: int | None,
    *,
    as_json: bool,
) -> None:
    """Compare two fine-tuned models that were judged against the same base, but never side by side.

    Both studies need the same question, the same scale, and common prompts. The same study may be given
    twice, with --first and --second.
    """
    given = [*dict.fromkeys((*studies, *([direct] if direct else [])))]
    require_distinct(given)
    if new:
        require_output(new, inputs=given, replace=False, new_suffix=STUDY_SUFFIX)
    with ExitStack() as files:
        found = {path: files.enter_context(opened(path, reads=True)) for path in given}
        entries = {path: study_entries(found[path], base=base) for path in studies}
        met = [side_by_side_entries(found[direct])] if direct else []
        compared = compare_through_base([entries[path] for path in studies], (first, second), met)
        told = ""
        if new:
            of = {id(row): found[path] for path in studies for row in entries[path].rows}
            rows = zip((compared.first, compared.second), compared.names, strict=True)
            one, other = (Source(of[id(row)], row.system, name) for row, name in rows)
            drawn = secrets.randbits(32) if seed is None else seed
            wanted = prompts or compared.pairs
            with write_direct_pairs(
                new, (one, other), wanted, seed=drawn, rng=fresh_rng(), now=now()
            ) as made:
                pairs = made.counts().prompts
            told = sentences(
                f"Wrote {new.name}: {counted(pairs, 'pair')}, drawn with seed {drawn}.",
                shortfall(pairs, wanted, compared.pairs),
                f"Open it: {to_type('open', new)}",
            )
    if as_json:
        print_json(indirect_json(compared))
    else:
        _print(compared)
    if told:
        say(told, err=as_json)


def _print(compared: ThroughBase) -> None:
    say(sentence(compared))
    print_pairs([(f"  {name}", value) for name, value in figures(compared)])
    for line in details(compared):
        say(line)
