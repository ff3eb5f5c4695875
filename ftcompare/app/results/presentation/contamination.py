"""Blocks on the last search for the study's prompts in a training file."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.contamination import KeptLeakage
from ftcompare.app.results.presentation.blocks import Block, Column, Explanation, Paragraph, Table, Tone
from ftcompare.app.results.presentation.number_format import day, name, words

KEY_LENGTH = 120

PURPOSE = (
    "Give the file that the model was trained on. Every prompt is looked for in it, word for word and "
    "nearly so: a held-out prompt that stands there was not held out. Its texts are not kept; its name, "
    "its SHA-256 and the prompts' keys are."
)
UNCHECKED = (
    "No training file was looked at: that the held-out prompts were held out rests on the owner's word. "
    "“Check a training file” on the Results page, or the command “leakage”, looks."
)


def contamination_status(kept: KeptLeakage) -> tuple[str, str]:
    """The severity (``good``, ``neutral``, ``caution``) and a label of two words."""
    if kept.leaked:
        return "caution", "Found in it"
    return ("good", "None found") if kept.held_out else ("neutral", "Nothing held out")


def contamination_paragraphs(kept: KeptLeakage) -> tuple[Paragraph, Paragraph]:
    """The conclusion, and the name of the searched file."""
    text = f"None of the {kept.held_out:,} held-out prompts is in the training file."
    if not kept.held_out:
        text = "The study has no held-out prompts that could stand in the training file."
    verdict = Paragraph(kept.warning, Tone.WARNING) if kept.warning else Paragraph(text)
    return verdict, Paragraph(f"{words(kept.file)}, looked through on {day(kept.at)}", Tone.NOTE)


def found_keys(kept: KeptLeakage) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The prompts that contradict their label: what is wrong, and their keys."""
    found = (
        ("Held out, but in the file", kept.leaked),
        ("Labelled trained, but not in the file", kept.missing),
    )
    return tuple((title, keys) for title, keys in found if keys)


def contamination_explanation(kept: KeptLeakage | None) -> Explanation:
    """How prompts are searched for, and what was found."""
    rule = (
        "Texts are compared as words: in lower case, without punctuation. A prompt counts as found if a "
        "training text is the same, contains it, or is nearly the same: a similarity of 0.9 or more (1 − "
        "insertions and deletions / length of both), after a look-up by rare pairs of words. A context and "
        "later turns of a prompt must stand in the same example, word for word.",
        "Asked in other words or another language, a prompt is not found. What is told is of prompts and "
        "never of systems, so it may be looked at while the study is blinded.",
    )
    numbers = tuple[str, ...]()
    if kept is not None:
        missing = f"{len(kept.missing)} prompts labelled trained not found"
        numbers = (f"Here: {len(kept.leaked)} / {kept.held_out} held-out prompts found; {missing}.",)
    method = "exact, contained and near duplicates (rapidfuzz)"
    return Explanation("Training file", rule, method, "Chaudhuri, Ganti & Kaushik 2006", numbers)


def contamination_blocks(kept: KeptLeakage | None, *, held_out: bool) -> Iterator[Block]:
    """The blocks for a report; empty without a search and without held-out prompts."""
    if kept is None:
        if held_out:
            yield Paragraph(UNCHECKED)
        return
    yield from contamination_paragraphs(kept)
    for title, keys in found_keys(kept):
        yield Table(title, (Column("Id of the prompt"),), tuple((name(key, KEY_LENGTH),) for key in keys))
