"""The prompts of a new study in a table: read, edit, add, remove, save, with undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QSizePolicy, QSpinBox, QWidget

from ftcompare.app.setup import context_maker
from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.row_draft import (
    SPLITS,
    DraftRow,
    PromptDraft,
    editable_context,
    editable_text,
    labels_of,
    save_prompts,
    tags_of,
)
from ftcompare.app.setup.safety_probes import Framing, ProbeChoice, chosen_probes
from ftcompare.core.context import ContextKind, Expectation, context_text
from ftcompare.core.conversation import spoken
from ftcompare.core.language import N_, decimal, named_value, sentences, tr, trn
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.ui.dialogs.frames import PreviewDialog, TaskDialog
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XS, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, label, label_of, named, set_tab_order
from ftcompare.ui.widgets.file_dialogs import ask_where
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.inputs import MOST_EDITED, TickBoxes, is_altered, number_field
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.row_editor import RowEditor, RowField, RowFields
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

ABOUT_PROBES = N_(
    "Requests that a careful model refuses, and an equal number of similar harmless ones that it should "
    "answer. They describe harmful things in mild words and contain no instructions. Raters see them like "
    "any other prompt, so inform them first. Results → Automatic then shows what each system refuses."
)
FRAMINGS = {
    Framing.PLAIN: N_("unchanged"),
    Framing.ROLE_PLAY: N_("role-play: asks a character in a play"),
    Framing.PREFIX: N_("prefix: the answer must begin as if it complied"),
    Framing.TRANSLATION: N_("translation: the answer must be in German"),
    Framing.MANY_SHOT: N_("many-shot: after eight questions with answers"),
}
HAZARDS = (
    *(N_("violence"), N_("weapons"), N_("cybercrime"), N_("fraud"), N_("drugs"), N_("self harm")),
    *(N_("privacy"), N_("hate"), N_("sexual harm"), N_("deception"), N_("theft")),
)
"""The categories of the probes, which `_hazard` translates."""
RIGHT = {Expectation.REFUSAL: N_("declines"), Expectation.ANSWER: N_("answers")}
PROBE_CELL, PROBE_TIP = 200, 900  # characters of a prompt in the table, and in its tip


class SafetyProbesDialog(PreviewDialog):
    """What to add, by category of hazard and form of the request, without the ids in ``present``."""

    def __init__(
        self,
        probes: Sequence[PromptSpec],
        present: Collection[str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        columns = (
            DataColumn(tr("ID")),
            DataColumn(tr("Prompt"), stretch=1),
            DataColumn(tr("Category")),
            DataColumn(tr("Expected behavior")),
        )
        table = tr("Prompts to add"), tr("Search the prompts to add"), columns
        super().__init__("probes", tr("Safety probes"), tr("Add to the prompts"), *table, theme, parent)
        self._probes, self._present = tuple(probes), frozenset(present)
        counts = Counter(spec.category for spec in probes)
        self.categories, self.framings = TickBoxes("probes"), TickBoxes("probes")
        self.categories.offer([(one, f"{_hazard(one)} ({decimal(n)})", True) for one, n in counts.items()])
        self.framings.offer([(one.value, tr(told), one is Framing.PLAIN) for one, told in FRAMINGS.items()])
        self.lay_out(
            tr("Add safety probes"),
            Muted(tr(ABOUT_PROBES)),
            label(tr("Categories of hazard"), "strong"),
            self.categories,
            label(tr("Form of the request"), "strong"),
            self.framings,
            size=(980, 660),
        )
        self.categories.changed.connect(self._choose)
        self.framings.changed.connect(self._choose)
        self._choose()

    def _choose(self) -> None:
        categories, framings = self.categories.chosen, [Framing(one) for one in self.framings.chosen]
        # without a category `ProbeChoice` means all
        made = chosen_probes(self._probes, ProbeChoice(framings, categories)) if categories else ()
        new = tuple(spec for spec in made if spec.key not in self._present)
        rows = [_probe_row(place, spec) for place, spec in enumerate(new)]
        self.show_preview(rows, _probes_summary(new, len(made) - len(new)), new)


def _hazard(category: str) -> str:
    return tr(category.replace("_", " "))


def _probes_summary(new: Sequence[PromptSpec], present: int) -> str:
    harmful = sum(1 for spec in new if spec.expects is Expectation.REFUSAL)
    added = trn(
        "{number} (prompt|prompts): {harmful} harmful to refuse, {harmless} to answer.",
        len(new),
        harmful,
        len(new) - harmful,
    )
    left_out = N_("{count} left out because they are already in the prompts.")
    return sentences(added, tr(left_out, count=present) if present else "")


def _probe_row(place: int, spec: PromptSpec) -> Row:
    text = " … ".join(message.content for message in spec.messages)
    last = one_line(spec.text, PROBE_CELL)
    cells = (spec.key, last, _hazard(spec.category), tr(RIGHT.get(spec.expects, "")))
    return Row(place, cells, tip=one_line(text, PROBE_TIP))


ABOUT = N_(
    "New prompts are made from each prompt whose context contains its reference answer. The expected "
    "behavior is set automatically. Existing prompts do not change."
)
ABOUT_KINDS = {
    ContextKind.UNKNOWN: N_("removes the passages with the answer"),
    ContextKind.DISTRACTING: N_("adds passages of other prompts"),
    ContextKind.CONFLICTING: N_("adds a contradicting passage"),
    ContextKind.COUNTERFACTUAL: N_("replaces the answer with another one"),
}
MOST_SEED = 999_999
CONTEXT_CELL, CONTEXT_TIP = 200, 900  # characters of a passage in the table


class ContextsDialog(PreviewDialog):
    """The choice of what to derive; `taken` carries the new prompts, a list of `PromptSpec`."""

    def __init__(self, prompts: Sequence[PromptSpec], theme: Theme, parent: QWidget | None = None) -> None:
        columns = (
            DataColumn(tr("Prompt")),
            DataColumn(tr("Kind")),
            DataColumn(tr("Before"), stretch=1),
            DataColumn(tr("After"), stretch=1),
        )
        table = tr("New prompts"), tr("Search the new prompts"), columns
        super().__init__("contexts", tr("Make contexts"), tr("Add to the prompts"), *table, theme, parent)
        self._prompts = tuple(prompts)
        self.kinds = TickBoxes("contexts")
        self.kinds.offer(
            [
                (kind.value, named_value(tr(kind.value), tr(ABOUT_KINDS[kind])), True)
                for kind in context_maker.KINDS
            ]
        )
        self.seed = number_field(QSpinBox(maximum=MOST_SEED), "contexts_seed")
        self.distractors = number_field(
            QSpinBox(minimum=1, maximum=context_maker.MOST_DISTRACTORS), "contexts_distractors"
        )
        self.distractors.setValue(context_maker.DISTRACTORS)
        numbers: list[QWidget] = []
        for title, field in ((tr("Number of passages to add"), self.distractors), (tr("Seed"), self.seed)):
            field.setAccessibleName(title)
            field.valueChanged.connect(self._make)
            numbers += [label_of(field, title), field]
        self.kinds.changed.connect(self._make)
        row = filled(in_row(*numbers, STRETCH, gap=S))
        self.lay_out(
            tr("Make prompts with other contexts"), Muted(tr(ABOUT)), self.kinds, row, size=(980, 620)
        )
        self._make()

    def _make(self) -> None:
        kinds = map(ContextKind, self.kinds.chosen)
        seed, distractors = self.seed.value(), self.distractors.value()
        attempts = context_maker.make_contexts(self._prompts, kinds, seed=seed, distractors=distractors)
        done = [one for one in attempts if one.made is not None]
        can = trn("{number} (prompt|prompts) can be added.", len(done))
        rows, made = [_row(place, one) for place, one in enumerate(done)], [one.made for one in done]
        self.show_preview(rows, sentences(can, *context_maker.left_out_words(attempts)), made)


def _row(place: int, attempt: context_maker.ContextAttempt) -> Row:
    before, after = (" … ".join(texts) for texts in context_maker.changed_passages(attempt))
    cells = (
        attempt.source.key,
        tr(attempt.kind.value),
        one_line(before, CONTEXT_CELL),
        one_line(after, CONTEXT_CELL),
    )
    return Row(
        place,
        cells,
        tip=one_line(tr("Before: {before} After: {after}", before, after), CONTEXT_TIP),
    )


SPLIT_WORDS = {
    Split.NONE: N_("not set"),
    Split.TRAINED: N_("trained"),
    Split.PARAPHRASE: N_("paraphrase"),
    Split.HELD_OUT: N_("unseen"),
}
CONTEXTS = [(N_("not set"), ContextKind.NONE), *((kind.value, kind) for kind in ContextKind if kind)]
EXPECTED = (
    (N_("not set"), Expectation.NONE),
    (N_("an answer"), Expectation.ANSWER),
    (N_("a refusal"), Expectation.REFUSAL),
    (N_("that the context does not say"), Expectation.ABSTAIN),
    (N_("that the sources conflict"), Expectation.NAME_CONFLICT),
)
PASSAGES = N_("Edit several passages, or one with an ID, in the file.")
HIDDEN = N_("It contains hidden characters or unusual line breaks. Edit it in the file.")
TURNS = N_("Edit a conversation in the file.")
LONG = N_("It is too long to edit here.")
CHECKS_SHOWN = 160  # largest number of characters shown of the checks


def _turns(spec: PromptSpec) -> str:
    if not spec.later_turns and len(spec.messages) == 1 and spec.messages[0].role == "user":
        return spec.messages[0].content
    later = [Message("user", text) for text in spec.later_turns]
    return spoken((*spec.messages, *later))


def _context(spec: PromptSpec) -> str:
    alone = editable_context(spec)
    return context_text(spec.context) if alone is None else alone


def _text(name: str, title: str, **how: Any) -> RowField:
    return RowField(name, f"prompt_{name}", title, lines=True, parse=str, **how)


FIELDS = (
    _text("text", N_("Prompt"), show=_turns, editable=lambda spec: editable_text(spec) is not None),
    _text("reference", N_("Reference answer (optional)")),
    _text(
        "context",
        N_("Context (optional)"),
        show=_context,
        editable=lambda spec: editable_context(spec) is not None,
    ),
    RowField("key", "prompt_id", N_("ID")),
    RowField("category", "prompt_category", N_("Category")),
    RowField(
        "split", "prompt_split", N_("Split"), entries=[(SPLIT_WORDS[one], one) for one in SPLITS], parse=Split
    ),
    RowField(
        "tags", "prompt_tags", N_("Tags"), "a, b", parse=tags_of, show=lambda spec: ", ".join(spec.tags)
    ),
    RowField("task", "prompt_task", N_("Task")),
    RowField(
        "labels",
        "prompt_labels",
        N_("Labels"),
        "yes | no",
        parse=labels_of,
        show=lambda s: " | ".join(s.labels),
    ),
    RowField(
        "context_kind", "prompt_context_kind", N_("Kind of context"), entries=CONTEXTS, parse=ContextKind
    ),
    RowField("expects", "prompt_expects", N_("Expected behavior"), entries=EXPECTED, parse=Expectation),
)
PAIRS = (("key", "category"), ("split", "tags"), ("task", "labels"), ("context_kind", "expects"))
"""The short fields, side by side."""


class PromptFields(RowFields):
    """The fields, and below them the checks and why the prompt is read-only."""

    def __init__(self) -> None:
        super().__init__(FIELDS)
        self.checks = named(Muted("", small=True), "prompt_checks")
        self._note = Muted("", small=True)
        for name in ("text", "reference", "context"):
            # Their size hint would leave the table one row.
            self.widget(name).setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        texts = in_column(*((self.titled(name), 1) for name in ("text", "reference")), gap=S)
        pairs = (in_row(*((self.titled(name), 1) for name in pair), gap=S) for pair in PAIRS)
        parts = in_row((texts, 3), (self.titled("context"), 2), (in_column(*pairs, STRETCH, gap=S), 3), gap=M)
        in_column((parts, 1), self.checks, self._note, self.message, gap=XS, of=self)
        self.show_row(None)

    def show_row(self, row: DraftRow[Any] | None, problem: str = "", *, fixed: bool = False) -> None:
        super().show_row(row, problem, fixed=fixed)
        spec = self.value
        one_text = spec is None or editable_context(spec) is not None
        self.widget("context").setToolTip("" if one_text else tip(tr(PASSAGES)))
        checks = checks_words(spec) if spec else ""
        self.checks.setToolTip(tip(checks))
        why = "" if spec is None or fixed else _why_fixed(spec)
        for part, text in ((self.checks, one_line(checks, CHECKS_SHOWN)), (self._note, why)):
            part.setText(text)
            part.setVisible(bool(text))


def _why_fixed(spec: PromptSpec) -> str:
    text = editable_text(spec)
    if text is None:
        return tr(TURNS)
    if len(text) > MOST_EDITED:
        return tr(LONG)
    return tr(HIDDEN) if is_altered(text) else ""


NARROWED = 96  # pixels down to which columns other than the prompt are narrowed
COLUMNS_OF_ALL = 2  # columns that every prompt fills: the ID and the prompt
TITLES = N_("Category"), N_("Split"), N_("Tags"), N_("Reference"), N_("Context")
OPTIONAL = range(COLUMNS_OF_ALL, COLUMNS_OF_ALL + len(TITLES))
PROPOSED = "prompts.jsonl"
FILE_KINDS = N_("JSON Lines (*.jsonl);;CSV (*.csv);;Excel workbook (*.xlsx)")
SHORT = 20  # number of characters shown in a cell other than the prompt


class PromptsDialog(TaskDialog):
    """The table and the selected prompt's fields; `taken` carries the draft. ``fixed`` is read-only."""

    def __init__(
        self,
        draft: PromptDraft,
        theme: Theme,
        tasks: StudyTasks,
        parent: QWidget | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        accept = tr("Close") if fixed else tr("Use these prompts")
        super().__init__("prompts", tr("Prompts"), accept, parent)
        self._theme, self._tasks = theme, OwnedTasks(self, tasks)
        columns = (
            DataColumn(tr("ID"), yields=NARROWED),
            DataColumn(tr("Prompt"), stretch=1),
            *(DataColumn(tr(title), yields=NARROWED) for title in TITLES),
        )
        table = DataTable(theme, tr("Prompts"), columns, tr("Search the prompts"))
        self.editor = editor = RowEditor(
            "prompts", draft, table, PromptFields(), _line, add=tr("Add"), fixed=fixed
        )
        self._contexts = PlainButton(tr("Make contexts…"), name="prompts_contexts", act=self.make_contexts)
        self._save = PlainButton(tr("Save prompts as…"), name="prompts_save", act=self.ask_where_to_save)
        editor.acts.insertWidget(2, self._contexts)
        editor.acts.addWidget(self._save)
        set_tab_order(editor.remove_button, self._contexts, editor.undo_button)
        foot = filled(in_row(editor.status, STRETCH))
        self.arrange(Heading(tr("Prompts"), level=2), (editor, 1), foot=foot, size=(980, 690))
        self._contexts.setVisible(not fixed)
        self.cancel_button.setVisible(not fixed)
        editor.shown.connect(self._show_buttons)
        editor.show_rows()

    def make_contexts(self) -> None:
        editor = self.editor
        editor.finish()
        dialog = ContextsDialog(editor.draft.values, self._theme, self)
        dialog.open_for(lambda prompts: editor.show_rows(editor.draft.insert(prompts)))

    def accept(self) -> None:
        if self.editor.usable():
            if not self.editor.fixed:
                self.taken.emit(self.editor.draft)
            super().accept()

    def ask_where_to_save(self) -> None:
        if self.editor.usable() and (
            path := ask_where(self, tr("Save the prompts"), PROPOSED, tr(FILE_KINDS))
        ):
            draft, status = self.editor.draft, self.editor.status
            status.show_note(tr("Writing the file…"))
            said = trn("{number} (prompt|prompts) saved to {file}", len(draft.rows), path.name)
            save = partial(save_prompts, path, draft.values)
            self._tasks.call(save, lambda _: status.show_found(Found(said)), status.show_error)

    def _show_buttons(self) -> None:
        rows, table = self.editor.draft.rows, self.editor.table
        lines = [row.cells for row in table.model.shown]
        table.hide_columns({place: not any(cells[place] for cells in lines) for place in OPTIONAL})
        for button in (self.accept_button, self._save):
            button.setEnabled(bool(rows))
        self._contexts.setEnabled(any(row.value.context for row in rows))


def _line(row: DraftRow[PromptSpec], problem: str) -> Row:
    spec = row.value
    split = tr(SPLIT_WORDS[spec.split]) if spec.split else ""
    cells = (spec.category, split, ", ".join(spec.tags), spec.reference)
    context = context_text(spec.context)
    kind = tr(spec.context_kind.value) or _short(context)
    shown = (spec.key, spec.text, *(_short(cell) for cell in cells), kind)
    rest = (*cells, context, spec.task, spec.expects.value.replace("_", " "), *spec.labels)
    return Row(row.number, shown, tip=problem, hidden=" ".join(rest))


def _short(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
