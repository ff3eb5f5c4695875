"""The fields of one prompt below the table."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QSizePolicy

from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.prompt_draft import SPLITS, editable_context, editable_text, labels_of, tags_of
from ftcompare.app.setup.row_draft import DraftRow
from ftcompare.core.context import ContextKind, Expectation, context_text
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import Muted, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.row_editor import RowField, RowFields
from ftcompare.ui.widgets.text_box import MOST_EDITED, is_altered

SPLIT_WORDS = {
    Split.NONE: "not said",
    Split.TRAINED: "trained",
    Split.PARAPHRASE: "paraphrase",
    Split.HELD_OUT: "held out",
}
KINDS = [("not said", ContextKind.NONE), *((kind.value, kind) for kind in ContextKind if kind)]
EXPECTED = (
    ("not said", Expectation.NONE),
    ("an answer", Expectation.ANSWER),
    ("a refusal", Expectation.REFUSAL),
    ("that it cannot be told", Expectation.ABSTAIN),
    ("that the conflict is named", Expectation.NAME_CONFLICT),
)
PASSAGES = "Several passages, or one with an id, are changed in the file."
HIDDEN = "It has hidden characters or other line ends: change it in the file."
TURNS = "A conversation is changed in the file."
LONG = "It is too long to be changed here."
CHECKS_SHOWN = 160
"""Largest number of characters shown of the checks."""


def _turns(spec: PromptSpec) -> str:
    if not spec.later_turns and len(spec.messages) == 1 and spec.messages[0].role == "user":
        return spec.messages[0].content
    later = [Message("user", text) for text in spec.later_turns]
    return "\n\n".join(f"{message.role}: {message.content}" for message in (*spec.messages, *later))


def _context(spec: PromptSpec) -> str:
    alone = editable_context(spec)
    return context_text(spec.context) if alone is None else alone


def _text(name: str, title: str, **how: Any) -> RowField:
    return RowField(name, f"prompt_{name}", title, lines=True, parse=str, **how)


FIELDS = (
    _text("text", "Prompt", show=_turns, editable=lambda spec: editable_text(spec) is not None),
    _text("reference", "Reference answer (optional)"),
    _text(
        "context",
        "Context (optional)",
        show=_context,
        editable=lambda spec: editable_context(spec) is not None,
    ),
    RowField("key", "prompt_id", "Id"),
    RowField("category", "prompt_category", "Category"),
    RowField(
        "split", "prompt_split", "Split", entries=[(SPLIT_WORDS[one], one) for one in SPLITS], parse=Split
    ),
    RowField("tags", "prompt_tags", "Tags", "a, b", parse=tags_of, show=lambda spec: ", ".join(spec.tags)),
    RowField("task", "prompt_task", "Task"),
    RowField(
        "labels", "prompt_labels", "Labels", "yes | no", parse=labels_of, show=lambda s: " | ".join(s.labels)
    ),
    RowField("context_kind", "prompt_context_kind", "Kind of context", entries=KINDS, parse=ContextKind),
    RowField("expects", "prompt_expects", "What is expected", entries=EXPECTED, parse=Expectation),
)
PAIRS = (("key", "category"), ("split", "tags"), ("task", "labels"), ("context_kind", "expects"))
"""The short fields, side by side."""


class PromptFields(RowFields):
    """The fields, and below them the checks and why the prompt cannot be edited."""

    def __init__(self) -> None:
        super().__init__(FIELDS)
        self.checks = named(Muted("", small=True), "prompt_checks")
        self._note = Muted("", small=True)
        for name in ("text", "reference", "context"):
            # Their hint of height would leave the table one row.
            self[name].setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        texts = in_column(*((self.titled(name), 1) for name in ("text", "reference")), gap=S)
        pairs = (in_row(*((self.titled(name), 1) for name in pair), gap=S) for pair in PAIRS)
        parts = in_row((texts, 3), (self.titled("context"), 2), (in_column(*pairs, STRETCH, gap=S), 3), gap=M)
        in_column((parts, 1), self.checks, self._note, self.message, gap=XS, of=self)
        self.show_row(None)

    def show_row(self, row: DraftRow[Any] | None, problem: str = "", *, fixed: bool = False) -> None:
        """Show a prompt, what its answers are checked for, and why it cannot be edited."""
        super().show_row(row, problem, fixed=fixed)
        spec = self.value
        one_text = spec is None or editable_context(spec) is not None
        self["context"].setToolTip("" if one_text else tip(PASSAGES))
        checks = checks_words(spec) if spec else ""
        self.checks.setToolTip(tip(checks))
        why = "" if spec is None or fixed else _why_fixed(spec)
        for part, text in ((self.checks, one_line(checks, CHECKS_SHOWN)), (self._note, why)):
            part.setText(text)
            part.setVisible(bool(text))


def _why_fixed(spec: PromptSpec) -> str:
    """Why the prompt cannot be edited here; empty where it can."""
    text = editable_text(spec)
    if text is None:
        return TURNS
    if len(text) > MOST_EDITED:
        return LONG
    return HIDDEN if is_altered(text) else ""
