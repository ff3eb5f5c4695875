"""What a report says of prompts that stand in the training file."""

from __future__ import annotations

from ftcompare.app.results.contamination import KeptLeakage
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Section, Table, Tone
from ftcompare.app.results.presentation.pairs import limited
from ftcompare.core.study import Split


def leakage_section(found: KeptLeakage | None, splits: frozenset[Split]) -> Section | None:
    """What the last check against a training file found; none where it does not matter.

    Args:
        found: kept with the study; None where no training file was looked at.
        splits: that the study's prompts have.
    """
    if found is None:
        return _unchecked() if Split.HELD_OUT in splits else None
    return Section("leakage", "Training file", tuple(_found(found)))


def _unchecked() -> Section:
    told = (
        "No training file was looked at: that the held-out prompts were held out rests on the owner's word. "
        "“Check a training file” on the Results page, or the command “leakage”, looks."
    )
    return Section("leakage", "Training file", (Paragraph(told),))


def _found(found: KeptLeakage) -> tuple[Block, ...]:
    looked = f"{say.words(found.file)} was looked at on {say.day(found.at)} for the study's prompts, word "
    blocks: list[Block] = [Paragraph(f"{looked}for word and nearly so.")]
    if found.warning:
        blocks.append(Paragraph(found.warning, Tone.WARNING))
    else:
        blocks.append(Paragraph(f"None of the {found.held_out:,} held-out prompts stands in it."))
    blocks += _keys("Held-out prompts that stand in it", found.leaked)
    blocks += _keys("Prompts labelled as trained on that do not", found.missing)
    return tuple(blocks)


def _keys(caption: str, keys: tuple[str, ...]) -> tuple[Block, ...]:
    rows = tuple((say.name(key, 120),) for key in keys)
    return limited(Table(caption, (Column("Id of the prompt"),), rows), "prompts")
