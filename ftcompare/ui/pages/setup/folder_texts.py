"""What Setup says of folders and files, in words: pure functions from findings to sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ftcompare.app.setup.capabilities import CapabilityTable
from ftcompare.app.setup.new_study import AdapterFolder, ModelFolder, TemplateFinding
from ftcompare.app.setup.served_choice import ServerPlace
from ftcompare.app.setup.study_content import GlossaryOverview, PromptsOverview
from ftcompare.core.rating_design import PracticeItem
from ftcompare.core.study import Split
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.widgets.file_field import Found

Translate = Callable[[str], str]

BaseFinding = ModelFolder | ServerPlace | None


@dataclass(frozen=True, slots=True)
class AdapterFound:
    """What an adapter's folder says.

    Args:
        folder: None for a hub id, looked at when it is loaded.
        mismatches: where it does not seem made for the base.
        template: its own chat template, where it has one that is not the base's.
    """

    folder: AdapterFolder | None
    mismatches: tuple[str, ...]
    template: TemplateFinding | None


AdapterFinding = AdapterFound | None

MAX_NAME = 80
SHOWN_CATEGORIES = 6


def go_words(page: str, tr: Translate) -> str:
    """What the button says that goes on from an open study."""
    titles = {"rate": tr("Go to Rate"), "raters": tr("Go to Raters"), "results": tr("See the results")}
    return titles.get(page, tr("Go to Generate"))


def describe_base(found: BaseFinding, tr: Translate) -> Found:
    """A base model's folder in one line; for a hub id or a server, what will happen."""
    if found is None:
        return Found("", (tr("A hub id: it is fetched over the network when pairs are written."),))
    if isinstance(found, ServerPlace):
        return describe_place(found, tr)
    facts = (
        found.architecture,
        tr("{0} parameters").format(count_words(found.parameters)),
        found.dtype,
        size_words(found.size_bytes),
        tr("chat template") if found.has_chat_template else "",
    )
    return Found(_joined(*facts), found.warnings)


def describe_adapter(found: AdapterFinding, tr: Translate) -> Found:
    """An adapter's folder in one line, with what does not seem to fit its base; None for a served one."""
    if found is None:
        return Found("", note=tr("A name on the base's server, which is asked when pairs are written."))
    adapter, mismatches = found.folder, found.mismatches
    if adapter is None:
        return Found("", (tr("A hub id: it is fetched over the network when pairs are written."),))
    named = _last_part(adapter.base_named)
    facts = (
        adapter.title,
        tr("rank {0}").format(adapter.rank) if adapter.rank else "",
        tr("{0} parameters").format(count_words(adapter.parameters)),
        size_words(adapter.size_bytes),
        # a base of another name is told by a warning
        tr("trained on {0}").format(named) if named and not mismatches else "",
    )
    return Found(_joined(*facts), (*adapter.warnings, *mismatches))


def describe_question(hub_id: str, tr: Translate) -> Found:
    """A hub id that the study names and that this user has not agreed to."""
    told = tr(
        "The study names {0} on the Hugging Face hub. Unless it is on this machine already, it is downloaded "
        "only if you allow it. Only data is downloaded; a model's program code is never run."
    )
    return Found("", (told.format(one_line(hub_id)),))


def describe_place(place: ServerPlace, tr: Translate) -> Found:
    """Where a server is, and what goes there."""
    note = tr("The server is asked when pairs are written; a key is read from FTCOMPARE_API_KEY.")
    if place.local:
        return Found("", note=note)
    warning = tr("{0} is another machine: the study's prompts are sent there.").format(one_line(place.host))
    if not place.secure:
        warning += " " + tr("http does not encrypt them.")
    return Found("", (warning,), note)


def quantised_words(quantisation: str, tr: Translate) -> str:
    """In how many bits a model is loaded; empty where it is loaded as it is."""
    return {"8bit": tr("in 8 bits"), "4bit": tr("in 4 bits")}.get(quantisation, "")


def memory_lines(table: CapabilityTable, groups: int, tr: Translate) -> list[tuple[str, str]]:
    """What each group of systems takes, each line with its kind; and that groups write in turn.

    Args:
        table: of the systems.
        groups: how many, those on servers too.
        tr: translates.
    """
    told = tr("{0}: {1}")
    lines = [
        (
            "caution" if group.fits is False else "",
            f"{told.format(one_line(', '.join(group.names), MAX_NAME), group.words).rstrip('.')}.",
        )
        for group in table.memory
    ]
    turns = tr("The groups of systems are written one after the other.")
    together = table.together or (turns if groups > 1 else "")
    return [*lines, *([("", together)] if together else [])]


def prompt_lines(found: PromptsOverview, tr: Translate) -> list[tuple[str, str]]:
    """Categories, splits and the first prompts, each under its name."""
    named = [(name, n) for name, n in found.categories if name]
    shown = [f"{name} {n}" for name, n in named[:SHOWN_CATEGORIES]]
    if len(named) > SHOWN_CATEGORIES:
        shown.append(tr("and {0} more").format(len(named) - SHOWN_CATEGORIES))
    splits = [f"{split_words(split, tr)} {n}" for split, n in found.splits]
    lines = [
        (tr("Categories"), _joined(*shown)),
        (tr("Splits"), _joined(*splits)),
        (tr("First"), "\n".join(f"{n}. {one_line(text)}" for n, text in enumerate(found.first, start=1))),
    ]
    return [(name, words) for name, words in lines if words]


def prompts_words(found: PromptsOverview, tr: Translate) -> str:
    """How many prompts."""
    return tr("1 prompt") if found.count == 1 else tr("{0} prompts").format(f"{found.count:,}")


def glossary_words(found: GlossaryOverview, tr: Translate) -> str:
    """How many terms and concepts."""
    terms = tr("1 term") if found.terms == 1 else tr("{0} terms").format(f"{found.terms:,}")
    concepts = tr("1 concept") if found.concepts == 1 else tr("{0} concepts").format(f"{found.concepts:,}")
    return _joined(terms, concepts)


def glossary_lines(found: GlossaryOverview, tr: Translate) -> list[tuple[str, str]]:
    """Terms by status."""
    words = _joined(*(f"{tr(status.value)} {n}" for status, n in found.statuses))
    return [(tr("By status"), words)] if words else []


def practice_words(items: tuple[PracticeItem, ...], tr: Translate) -> str:
    """How many practice pairs, and how many of them say what is expected."""
    pairs = tr("1 practice pair") if len(items) == 1 else tr("{0} practice pairs").format(len(items))
    expected = sum(1 for item in items if item.expected is not None)
    return _joined(pairs, tr("{0} with an expected answer").format(expected) if expected else "")


def practice_lines(items: tuple[PracticeItem, ...], tr: Translate) -> list[tuple[str, str]]:
    """The first practice pair."""
    if not items:
        return []
    asked = next((m.content for m in reversed(items[0].messages) if m.role == "user"), "")
    texts = (tr("First"), asked), (tr("Left"), items[0].left), (tr("Right"), items[0].right)
    return [(name, one_line(text)) for name, text in texts]


def gold_words(count: int, tr: Translate) -> str:
    """How many gold items."""
    return tr("1 gold item") if count == 1 else tr("{0} gold items").format(f"{count:,}")


def split_words(split: Split, tr: Translate) -> str:
    """A split as it is said."""
    return {
        Split.TRAINED: tr("trained"),
        Split.PARAPHRASE: tr("paraphrase"),
        Split.HELD_OUT: tr("held out"),
        Split.NONE: tr("no split"),
    }[split]


def count_words(number: int) -> str:
    """A large number as people say it: 2.6 M, 135 M, 1.2 B."""
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            value = number / size
            return f"{value:.1f} {unit}" if value < 100 else f"{value:.0f} {unit}"
    return str(number)


def size_words(size: int) -> str:
    """Bytes as people say them."""
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return f"{size} bytes"


def file_name(title: str) -> str:
    """A title as a file name that every system accepts, without suffix."""
    kept = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", title)
    return re.sub(r"\s+", " ", kept).strip(" .")[:MAX_NAME].strip(" .")


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _last_part(path: str) -> str:
    return path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
