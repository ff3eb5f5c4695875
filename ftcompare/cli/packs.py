"""Commands on rater packs: made for a rater, merged back, looked at."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from ftcompare.app.application_paths import PACK_SUFFIX, PAGE_SUFFIX, is_folder, to_type
from ftcompare.app.raters import merge_summary, packs
from ftcompare.app.raters.merge_summary import NOT_TAKEN, each_once, merge_files, new_words, replace_merged
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.study.unblinding import open_judging
from ftcompare.cli.command_support import (
    command,
    fresh_rng,
    now,
    opened,
    print_json,
    print_pairs,
    say,
    say_notes,
)
from ftcompare.cli.study import packs_out_words
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.language import LANGUAGES, counted, trn
from ftcompare.core.study import IntegrityFinding


@command(
    "pack", "review.ftstudy anna.ftpack --rater Anna", choices={"language": [one.code for one in LANGUAGES]}
)
def pack(
    study: Path,
    file: Path,
    raters: tuple[str, ...],
    *,
    marks: bool,
    language: str | None,
    browser: bool,
    replace: bool,
) -> None:
    """Create a pack with the pairs for one rater, or one pack for each rater.

    A pack does not identify systems. The rater opens it with `ftcompare open FILE` on any machine, judges,
    and sends it back. If FILE ends in .html, the pack is a web page that saves a result file. `ftcompare
    merge` accepts returned packs and result files.
    """
    with opened(study) as source:
        wanted = _wanted(source, file, raters, browser=browser)
        done = packs.make_packs(
            source, wanted, rng=fresh_rng(), now=now(), replace=replace, marks=marks, language=language or ""
        )
        say_notes(*packs.warnings_of(done))
        for one in done:
            say(_made_words(one.made))


def _wanted(
    study: StudyFile, file: Path, raters: tuple[str, ...], *, browser: bool
) -> list[tuple[str, Path]]:
    """Return each rater with the file of their pack; a folder gets a file for each rater."""
    suffix = PAGE_SUFFIX if browser else PACK_SUFFIX
    into_folder = is_folder(file) and file.name not in _NO_NAME and not file.suffix
    if len(raters) == 1 and not into_folder:
        named = _named(file, suffix)
        if browser and not packs.is_page_name(named):
            how = "Give it a name that ends in .html."
            raise UserError(
                "A page for a browser is an HTML file.", where=str(file), how=how, code="pack-name"
            )
        return [(raters[0], named)]
    title = study.settings.read().title
    names = ((rater, packs.pack_file_name(title, rater)) for rater in dict.fromkeys(raters))
    return [
        (rater, file / Path(name).with_suffix("").with_name(Path(name).stem + suffix))
        for rater, name in names
    ]


_NO_NAME = ("", "..")


def _named(file: Path, suffix: str) -> Path:
    if file.name in _NO_NAME:
        raise UserError(
            "This is not the name of a file.", where=str(file), how="Give the pack a name.", code="pack-name"
        )
    return file if file.suffix else file.with_suffix(suffix)


def _made_words(pack: packs.PackMade) -> str:
    count = trn("{number} (pair|pairs)", pack.items)
    if pack.again:
        return f"Wrote the pack of {pack.rater_name} again to {pack.path}: {count}, {pack.judged} judged."
    return f"Wrote {count} for {pack.rater_name} to {pack.path}."


@command("merge", "review.ftstudy anna.ftpack ben.ftresult")
def merge(
    study: Path, files: tuple[Path, ...], take: tuple[Path, ...], take_back: str | None, reason: str
) -> int:
    """Merge judgments and marks from rater packs. Merging the same file again adds nothing.

    PACK is the file that a rater sends back: a pack, or the result file that a web page saves. An error
    in one file does not stop the others. The last line gives the totals.

    If several files of one rater's pack contradict each other, none of them is merged. Name the right one
    with --take. FTCompare merges that file, and earlier files whose judgments are all in it. The other files
    do not count as errors in the exit status.

    If items of a pack are damaged, its unaltered items are merged, its other items are listed, and the exit
    status is 1. If the whole file is affected, nothing of the pack is merged.

    With --take-back, all judgments and marks merged from a rater's packs are retracted first. They stay in
    the study's file, but no result counts them. If you also name files, FTCompare
    merges them afterwards. If these files add nothing from the rater, FTCompare retracts nothing.
    """
    paths = each_once((*files, *take))
    if not paths and take_back is None:
        raise click.UsageError("Name the packs to merge.")
    if bool(reason.strip()) != (take_back is not None):
        raise click.UsageError('Give both: --take-back RATER, and the reason with --reason "…".')
    with opened(study) as target:
        if take_back is None:
            done = merge_files(target, paths, now=now(), take=take)
        else:
            done = replace_merged(target, take_back, reason, paths, now=now(), take=take)
            say(done.taken_back)
        for outcome in done.outcomes:
            _tell_merged(outcome)
        if len(done.outcomes) > 1:
            say(f"Total: {done.total}")
        if done.merged:
            say(_after_merging(target, study))
    errors = [one.error for one in done.outcomes if one.error and one.error.code != NOT_TAKEN]
    return _exit_code(errors) or int(any(merged.in_part for merged in done.merged))


def _tell_merged(outcome: packs.PackOutcome) -> None:
    """Print what a file added; to stderr what was left out, or why it was refused."""
    if outcome.error:
        outcome.error.how = f"{outcome.error.how}{_HOW_TO_TAKE.get(outcome.error.code, '')}"
        say(f"ftcompare: {outcome.error}", err=True)
    if outcome.merged:
        say(f"{outcome.path}: {merged_words(outcome.merged)}{_guess_words(outcome.path)}.")
        if outcome.merged.in_part:
            lacking = " ".join(packs.left_out(outcome.merged))
            if outcome.merged.damaged:
                lacking = f"The pack is damaged. {lacking} {packs.HOW_LEFT}"
            say(f"ftcompare: {outcome.path}: {lacking}", err=True)


_HOW_TO_TAKE = {
    "pack-forked": " `--take FILE` names it.",
    "pack-diverged": ' To replace what is merged, name the file and give `--take-back RATER --reason "…"`.',
}
"""By the code of an error, text that the command line adds to its advice."""


def _exit_code(errors: list[FTCompareError]) -> int:
    bug = next((error for error in errors if isinstance(error, BugError)), None)
    if bug:
        raise bug
    if any(isinstance(error, EnvironmentFault) for error in errors):
        return 3
    return 2 if errors else 0


def merged_words(merged: packs.PackMerged) -> str:
    """Describe what a merge added and the rater's progress, without a full stop."""
    words = new_words([merged], as_new=True) or "nothing new"
    return f"{words} from {merged.rater_name}; {merged.judged} of {merged.items} pairs judged"


def _guess_words(file: Path) -> str:
    """Count a pack's guesses at the end; empty where none are asked, or the file is gone."""
    with suppress(FTCompareError), packs.outside_copy(file) as pack_file:
        far = packs.describe_pack(pack_file).progress
        return f", {far.guessed} of {far.guesses} guesses" if far.guesses else ""
    return ""


def _after_merging(study: StudyFile, path: Path) -> str:
    """List the packs that are still out; if none is, what comes next."""
    out = packs_out_words(study)
    if out:
        return f"Still out: {out}."
    results = f"{to_type('results', path)} shows whether the evidence is enough to stop judging"
    lacking = open_judging(study).pairs
    if lacking:
        lack = "lacks a judgment" if lacking == 1 else "lack a judgment"
        pairs = f"{counted(lacking, 'pair')} still {lack}"
        return f"All packs are back; {pairs}. Next: go on rating. {results}"
    return f"All packs are back, and every pair has its judgments. Next: {results}"


def check_pack(file: Path) -> tuple[IntegrityFinding, ...]:
    with packs.outside_copy(file) as pack_file:
        return pack_file.check()


def show_pack(file: Path, *, as_json: bool) -> None:
    with packs.outside_copy(file) as pack_file:
        info = packs.prove_pack(pack_file)
    if as_json:
        print_json(packs.pack_info_json(info))
        return
    far = info.progress
    pairs = [("Rater pack", info.title), ("For", info.rater), ("Question", info.question)]
    pairs.append(("Pairs", f"{far.judged} of {far.total} judged, {far.skipped} skipped"))
    if far.guesses:
        pairs.append(("Guesses", f"{far.guessed} of {far.guesses} at the end"))
    if info.marks is not None:
        pairs.append(("Marks", f"{counted(info.marks, 'error')} marked"))
    if info.damage:
        pairs.append(("Damaged", info.damage))
    print_pairs([*pairs, ("Next", _next_step(info, file))])


def show_result(file: Path, *, as_json: bool) -> None:
    info = merge_summary.describe_returned(file)
    if as_json:
        print_json(merge_summary.result_info_json(info))
        return
    pairs = [("Result of", info.rater), ("Pack", info.pack[:8])]
    pairs.append(("Pairs", f"{info.judged} of {info.items} judged, {info.skipped} skipped"))
    if info.guesses:
        pairs.append(("Guesses", str(info.guesses)))
    if info.marks:
        pairs.append(("Marks", f"{counted(info.marks, 'error')} marked"))
    if info.last:
        pairs.append(("Last", f"{info.last}, by the clock of that machine"))
    print_pairs([*pairs, ("Next", f"Merge it, which verifies it: {to_type('merge STUDY', file)}")])


def _next_step(info: packs.PackInfo, file: Path) -> str:
    if info.damage:
        return "Ask for the pack again. If you have judged in this one, send it back all the same."
    far = info.progress
    if far.judged + far.skipped < far.total or far.guessed < far.guesses:
        return f"Rate: {to_type('open', file)}"
    return "Send the file back to whoever made it."
