"""The fields of one prompt beside the table; a change is reported when the field loses the focus."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.prompt_draft import SPLITS, DraftRow, labels_of, tags_of
from ftcompare.core.context import ContextKind, Expectation, context_text
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.ui.safe_text import one_line, tip, visible
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import Muted, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.named_choice import fill_choice
from ftcompare.ui.widgets.text_box import MOST_EDITED, TextBox, is_altered

SPLIT_WORDS = {
    Split.NONE: "not said",
    Split.TRAINED: "trained",
    Split.PARAPHRASE: "paraphrase",
    Split.HELD_OUT: "held out",
}
KIND_WORDS = {ContextKind.NONE: "not said", **{kind: kind.value for kind in ContextKind if kind}}
EXPECTED_WORDS = {
    Expectation.NONE: "not said",
    Expectation.ANSWER: "an answer",
    Expectation.REFUSAL: "a refusal",
    Expectation.ABSTAIN: "that it cannot be told",
    Expectation.NAME_CONFLICT: "that the conflict is named",
}
PASSAGES = "Several passages, or one with an id, are changed in the file."
HIDDEN = "It has hidden characters or other line ends: change it in the file."
TURNS = "A conversation is changed in the file."
LONG = "It is too long to be changed here."
CHECKS_SHOWN = 160
"""Largest number of characters shown of the checks."""


class PromptFields(QWidget):
    """The fields.

    Signals:
        edited: values that were changed, as a dict by their names in `PromptSpec`, with ``text`` for the
            prompt itself.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None
        self._spec: PromptSpec | None = None
        self.text = TextBox("prompt_text", "Prompt")
        self.reference = TextBox("prompt_reference", "Reference answer")
        self.context = TextBox("prompt_context", "Context")
        self.key = named(QLineEdit(), "prompt_id", "Id")
        self.category = named(QLineEdit(), "prompt_category", "Category")
        self.tags = named(QLineEdit(), "prompt_tags", "Tags")
        self.tags.setPlaceholderText("a, b")
        self.split = named(QComboBox(), "prompt_split", "Split")
        fill_choice(self.split, [(SPLIT_WORDS[split], str(split)) for split in SPLITS], "")
        self.task = named(QLineEdit(), "prompt_task", "Task")
        self.labels = named(QLineEdit(), "prompt_labels", "Labels")
        self.labels.setPlaceholderText("yes | no")
        self.kind = named(QComboBox(), "prompt_context_kind", "Kind of context")
        fill_choice(self.kind, [(words, kind.value) for kind, words in KIND_WORDS.items()], "")
        self.expects = named(QComboBox(), "prompt_expects", "What is expected")
        fill_choice(self.expects, [(words, one.value) for one, words in EXPECTED_WORDS.items()], "")
        self.checks = named(Muted("", small=True), "prompt_checks")
        self.checks.hide()
        self._note = Muted("", small=True)
        self._note.hide()
        self.message = FieldMessage()
        self._arrange()
        self._connect()
        self.show_row(None, "")

    def _arrange(self) -> None:
        upper = _titled("Prompt", self.text), _titled("Reference answer (optional)", self.reference)
        texts = in_column(*((part, 1) for part in upper), gap=S)
        passages = _titled("Context (optional)", self.context)
        pairs = (
            ("Id", self.key, "Category", self.category),
            ("Split", self.split, "Tags", self.tags),
            ("Task", self.task, "Labels", self.labels),
            ("Kind of context", self.kind, "What is expected", self.expects),
        )
        rows = [in_row((_titled(a, one), 1), (_titled(b, other), 1), gap=S) for a, one, b, other in pairs]
        rest = in_column(*rows, STRETCH, gap=S)
        parts = in_row((texts, 3), (passages, 2), (rest, 3), gap=M)
        in_column((parts, 1), self.checks, self._note, self.message, gap=XS, of=self)

    def _connect(self) -> None:
        for box in self._boxes.values():
            # Their hint of height would leave the table one row.
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
            box.left.connect(self.finish)
        for field in self._lines.values():
            field.editingFinished.connect(self.finish)
        for choice in self._choices.values():
            choice.activated.connect(lambda _: self.finish())

    @property
    def _boxes(self) -> dict[str, TextBox]:
        return {"text": self.text, "reference": self.reference, "context": self.context}

    @property
    def _lines(self) -> dict[str, QLineEdit]:
        return {
            "key": self.key,
            "category": self.category,
            "tags": self.tags,
            "task": self.task,
            "labels": self.labels,
        }

    @property
    def _choices(self) -> dict[str, QComboBox]:
        return {"split": self.split, "context_kind": self.kind, "expects": self.expects}

    def finish(self) -> None:
        """Report typed changes; unedited fields are not read, because fields may alter the text they show."""
        told: dict[str, object] = {}
        for name, box in self._boxes.items():
            if (typed := box.take()) is not None:
                told[name] = typed
        for name, field in self._lines.items():
            if field.isModified() and not field.isReadOnly():
                field.setModified(False)
                text = field.text().strip()
                read = {"tags": tags_of, "labels": labels_of}.get(name)
                told[name] = read(text) if read else text
        kinds = {"split": Split, "context_kind": ContextKind, "expects": Expectation}
        for name, choice in self._choices.items():
            chosen = kinds[name](str(choice.currentData()))
            if self._spec is not None and chosen != getattr(self._spec, name):
                told[name] = chosen
        if told and self.number is not None:
            self.edited.emit(told)

    def show_row(self, row: DraftRow | None, problem: str) -> None:
        """Show a row and what is wrong with it; None if no row is selected."""
        self.setEnabled(row is not None)
        self.number, self._spec = (row.number, row.spec) if row else (None, None)
        spec = self._spec
        self.message.show_problem(problem)
        why = "" if row is None else _why_fixed(row)
        self._note.setText(why)
        self._note.setVisible(bool(why))
        self.text.put(_turns(spec) if spec else "", fixed=bool(why))
        self.reference.put(spec.reference if spec else "")
        context = row.context if row is not None else ""
        self.context.put(
            context_text(spec.context) if spec and context is None else context or "", fixed=context is None
        )
        self.context.setToolTip(tip(PASSAGES) if context is None else "")
        self._show_lines(spec)
        self._show_checks(checks_words(spec) if spec else "")

    def _show_checks(self, words: str) -> None:
        """In a line; the whole of a longer one is its tip."""
        self.checks.setText(one_line(words, CHECKS_SHOWN))
        self.checks.setToolTip(tip(words))
        self.checks.setVisible(bool(words))

    def _show_lines(self, spec: PromptSpec | None) -> None:
        texts = (
            (spec.key, spec.category, ", ".join(spec.tags), spec.task, " | ".join(spec.labels))
            if spec
            else [""] * len(self._lines)
        )
        for field, text in zip(self._lines.values(), texts, strict=True):
            field.setText(visible(text))
            field.setCursorPosition(0)
            field.setModified(False)
            field.setReadOnly(visible(text) != text)
        for name, choice in self._choices.items():
            choice.setCurrentIndex(max(choice.findData(str(getattr(spec, name, ""))), 0))

    def set_fixed(self) -> None:
        """Only to be looked at."""
        self._note.hide()
        for box in self._boxes.values():
            box.setReadOnly(True)
        for field in self._lines.values():
            field.setReadOnly(True)
        for choice in self._choices.values():
            choice.setEnabled(False)


def _above(title: str, field: QWidget) -> QWidget:
    above = label(title)
    above.setBuddy(field)
    return above


def _titled(title: str, field: QWidget) -> QWidget:
    box = QWidget()
    in_column(_above(title, field), (field, 1), gap=XS, of=box)
    return box


def _turns(spec: PromptSpec) -> str:
    if not spec.later_turns and len(spec.messages) == 1 and spec.messages[0].role == "user":
        return spec.messages[0].content
    later = [Message("user", text) for text in spec.later_turns]
    return "\n\n".join(f"{message.role}: {message.content}" for message in (*spec.messages, *later))


def _why_fixed(row: DraftRow) -> str:
    """Why the prompt cannot be edited here; empty where it can."""
    if row.text is None:
        return TURNS
    if len(row.text) > MOST_EDITED:
        return LONG
    return HIDDEN if is_altered(row.text) else ""
