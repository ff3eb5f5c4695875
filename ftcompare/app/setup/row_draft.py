"""Rows during editing, with unlimited undo and the errors that keep them from being used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.setup.glossary import checked, usual_language
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, tr
from ftcompare.core.message_texts import translated_message
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Recipe, recipe_problem
from ftcompare.core.study import GlossaryTerm, Message, PromptSpec, Split, TermStatus
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import contradiction, passages_json
from ftcompare.formats.prompts import passages as read_passages
from ftcompare.formats.recipe_file import options_text, read_options
from ftcompare.formats.record_fields import Record, plain_prompt
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class DraftRow(Generic[Value]):
    """A row being edited. ``number`` identifies it while its value and position change."""

    number: int
    value: Value


class RowDraft(Generic[Value]):
    """Rows that are edited, and fields (an immutable record, or None) that are undone with them.

    ``problems`` are errors that keep rows from being used, as sentences, by row number.
    """

    fields: Any
    rows: tuple[DraftRow[Value], ...]

    def __init__(self, values: Iterable[Value] = (), fields: Any = None) -> None:
        self._numbers = count(1)
        self._before: tuple[tuple[str, Any], ...] = ()
        self._after: tuple[tuple[str, Any], ...] = ()
        self._put((self.numbered(values), fields))

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(row.value for row in self.rows)

    @property
    def undo_words(self) -> str:
        return self._before[-1][0] if self._before else ""

    @property
    def redo_words(self) -> str:
        return self._after[-1][0] if self._after else ""

    def copy(self: Draft) -> Draft:
        return copy(self)

    def row(self, number: int | None) -> DraftRow[Value] | None:
        return next((row for row in self.rows if row.number == number), None)

    def change(self, number: int, **fields: Any) -> None:
        self.do(N_("edit"), self.edited(number, fields))

    def edited(self, number: int, fields: dict[str, Any]) -> list[DraftRow[Value]]:
        return [
            replace(row, value=self.changed(row.value, fields)) if row.number == number else row
            for row in self.rows
        ]

    def insert(self, values: Iterable[Value], after: int | None = None) -> int:
        """Add rows below the one with a number, by default the last; return the number of the first."""
        new = self.numbered(values)
        places = [place for place, each in enumerate(self.rows, start=1) if each.number == after]
        place = places[0] if places else len(self.rows)
        self.do(N_("add"), (*self.rows[:place], *new, *self.rows[place:]))
        return new[0].number if new else 0

    def add(self, after: int | None = None) -> int:
        return self.insert([next(self.blanks())], after)

    def blanks(self) -> Iterator[Value]:
        """Yield the values of new rows."""
        raise NotImplementedError

    def paste(self, pasted: Sequence[dict[str, Any]], into: int | None = None) -> int:
        """Add rows with these fields as one action, the first in the row ``into``; return its number."""
        rows = self.rows if into is None else self.edited(into, pasted[0])
        rest = zip(pasted if into is None else pasted[1:], self.blanks(), strict=False)
        new = self.numbered(self.changed(blank, fields) for fields, blank in rest)
        self.do(N_("paste"), (*rows, *new))
        return into or new[0].number

    def remove(self, numbers: Collection[int]) -> None:
        self.do(N_("remove"), (row for row in self.rows if row.number not in numbers))

    def undo(self) -> None:
        if self._before:
            *before, (words, state) = self._before
            self._before, self._after = tuple(before), (*self._after, (words, (self.rows, self.fields)))
            self._put(state)

    def redo(self) -> None:
        if self._after:
            *after, (words, state) = self._after
            self._before, self._after = (*self._before, (words, (self.rows, self.fields))), tuple(after)
            self._put(state)

    def do(self, words: str, rows: Iterable[DraftRow[Value]], fields: Any = None) -> None:
        """Replace the rows, and the fields unless they are None, as one action that undo calls ``words``."""
        state = (tuple(rows), self.fields if fields is None else fields)
        if state != (self.rows, self.fields):
            self._before, self._after = (*self._before, (words, (self.rows, self.fields))), ()
            self._put(state)

    def numbered(self, values: Iterable[Value]) -> tuple[DraftRow[Value], ...]:
        return tuple(DraftRow(next(self._numbers), value) for value in values)

    def changed(self, value: Value, fields: dict[str, Any]) -> Value:
        return replace(value, **fields)

    def problem(self, value: Value) -> str:
        """Return what keeps a value from being used, as a sentence; empty for nothing."""
        raise NotImplementedError

    def check(self) -> None:
        found = ((row.number, self.problem(row.value)) for row in self.rows)
        self.problems = {number: problem for number, problem in found if problem}

    def _put(self, state: tuple[tuple[DraftRow[Value], ...], Any]) -> None:
        self.rows, self.fields = state
        self.check()


Draft = TypeVar("Draft", bound=RowDraft[Any])


class GlossaryDraft(RowDraft[GlossaryTerm]):
    """Rows of terms; ``conflicts`` are those between the present terms."""

    def __init__(self, terms: Iterable[GlossaryTerm] = ()) -> None:
        super().__init__(terms)
        self._first = self.values

    @property
    def diff(self) -> GlossaryDiff:
        return glossary_diff(self._first, self.values)

    @property
    def concepts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.concept for term in self.values if term.concept))

    def conflicts_of(self, number: int) -> tuple[GlossaryConflict, ...]:
        row = self.row(number)
        return tuple(found for found in self.conflicts if row is not None and row.value in found.terms)

    def add(self, after: int | None = None, *, of_concept: bool = False) -> int:
        """Add an empty term in a row's language, to its concept or to a new one; return its number.

        A further term of a concept is *admitted* if the concept has a preferred one.
        """
        above = self.row(after)
        concept = above.value.concept if above and of_concept else ""
        language = above.value.language if above else usual_language(self.values)
        same = [t for t in self.values if concept and (t.concept, t.language) == (concept, language)]
        taken = any(term.status is TermStatus.PREFERRED for term in same)
        status = TermStatus.ADMITTED if taken else TermStatus.PREFERRED
        return self.insert([GlossaryTerm("", status, concept, language)], after if of_concept else None)

    def blanks(self) -> Iterator[GlossaryTerm]:
        return repeat(GlossaryTerm("", TermStatus.PREFERRED, "", usual_language(self.values)))

    def take(self, terms: Sequence[GlossaryTerm], words: str) -> None:
        """Replace all terms; unchanged terms keep their numbers."""
        known = {row.value: row for row in reversed(self.rows)}
        kept: list[DraftRow[GlossaryTerm]] = []
        for term in terms:
            kept += [known.pop(term)] if term in known else self.numbered([term])
        self.do(words, kept)

    def changed(self, value: GlossaryTerm, fields: dict[str, Any]) -> GlossaryTerm:
        term = super().changed(value, fields)
        return term if term.concept.strip() else replace(term, concept=term.term)

    def problem(self, value: GlossaryTerm) -> str:
        return _problem(value)

    def check(self) -> None:
        super().check()
        self.conflicts = conflicts(self.values)


@lru_cache(maxsize=1 << 15)
def _problem(term: GlossaryTerm) -> str:
    try:
        checked(term)
    except UserError as error:
        return f"{error.what[:1].upper()}{error.what[1:]}"
    return ""


@dataclass(frozen=True, slots=True)
class DraftExample:
    asked: str = ""
    answered: str = ""


@dataclass(frozen=True, slots=True)
class RecipeFields:
    system_prompt: str = ""
    context: str = ""  # a name of `CONTEXT_TEMPLATES`, empty for the default, or a template by the owner
    options: str = ""  # options of the chat template, as lines of a recipe file
    reasoning_markers: tuple[tuple[str, str], ...] = ()
    """As in `Recipe`; they come from a file and are not edited."""


class RecipeDraft(RowDraft[DraftExample]):
    """The examples, and the fields, which are undone together."""

    fields: RecipeFields

    def __init__(self, recipe: Recipe = NO_RECIPE) -> None:
        super().__init__(*_parts_of(recipe))

    def change_fields(self, **values: Any) -> None:
        self.do(N_("edit"), self.rows, replace(self.fields, **values))

    def blanks(self) -> Iterator[DraftExample]:
        return repeat(DraftExample())

    def take(self, recipe: Recipe) -> None:
        examples, fields = _parts_of(recipe)
        self.do(N_("load"), self.numbered(examples), fields)

    def problem(self, value: DraftExample) -> str:
        if not (value.asked.strip() or value.answered.strip()):
            return tr("This example has no question and no answer.")
        if value.asked.strip():
            return "" if value.answered.strip() else tr("This example has no answer.")
        return tr("This example has no question.")

    def recipe(self) -> Recipe:
        """Raises UserError: ``recipe-problem`` or ``recipe-file``, with the error."""
        fields = self.fields
        for place, row in enumerate(self.rows, start=1):
            if row.number in self.problems:
                what = tr("Example {example}: {problem}", place, self.problems[row.number])
                raise UserError(what, code="recipe-problem")
        turns = ((("user", one.asked), ("assistant", one.answered)) for one in self.values)
        found = Recipe(
            system_prompt=fields.system_prompt.strip(),
            examples=tuple(Message(role, text) for pair in turns for role, text in pair),
            context=fields.context.strip(),
            template_options=read_options(fields.options),
            reasoning_markers=fields.reasoning_markers,
        )
        if problem := recipe_problem(found):
            raise UserError(problem, code="recipe-problem")
        return found

    @property
    def own_context(self) -> bool:
        return bool(self.fields.context) and self.fields.context not in CONTEXT_TEMPLATES


def _parts_of(recipe: Recipe) -> tuple[list[DraftExample], RecipeFields]:
    texts = [message.content for message in recipe.examples]
    examples = [DraftExample(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
    options = options_text(recipe.template_options)
    return examples, RecipeFields(recipe.system_prompt, recipe.context, options, recipe.reasoning_markers)


def save_prompts(path: Path, prompts: Sequence[PromptSpec], *, replace: bool = True) -> int:
    """Write prompts to a file in a lossless form, and return their number."""
    require_output(path, replace=replace)
    return write_prompts(path, prompts)


def editable_text(spec: PromptSpec) -> str | None:
    return None if spec.later_turns else plain_prompt(spec.messages)


def editable_context(spec: PromptSpec) -> str | None:
    passages = spec.context
    alone = len(passages) == 1 and not passages[0].id
    return passages[0].text if alone else None if passages else ""


class PromptDraft(RowDraft[PromptSpec]):
    """Rows of prompts: ``fields`` are the numbers of rows whose id was typed, ``made`` the generated ids."""

    def __init__(self, prompts: Iterable[PromptSpec] = (), generated: Collection[str] = ()) -> None:
        super().__init__(prompts, frozenset())
        self._made = {*generated}

    @property
    def made(self) -> frozenset[str]:
        return frozenset(row.value.key for row in self.rows if row.number not in self.fields) & self._made

    def change(self, number: int, **fields: Any) -> None:
        typed = {number} if "key" in fields else set()
        self.do("edit", self.edited(number, fields), self.fields | typed)

    def blanks(self) -> Iterator[PromptSpec]:
        taken = {spec.key for spec in self.values}
        for key in (f"p{number:04d}" for number in count(len(self.rows) + 1)):
            if key not in taken:
                self._made.add(key)
                yield PromptSpec(key, (Message("user", ""),))

    def changed(self, value: PromptSpec, fields: dict[str, Any]) -> PromptSpec:
        """Return a prompt with other fields: those of `PromptSpec`, or ``text`` for the prompt itself.

        ``context`` may be a text. If a reference answer is removed, the next accepted answer takes its place.
        """
        values = dict(fields)
        text = values.pop("text", None)
        if text is not None and editable_text(value) is not None:
            values["messages"] = (Message("user", str(text)),)
        if isinstance(context := values.get("context"), str):
            values["context"] = (Passage("", context),) if context.strip() else ()
        if values.get("reference") == "" and value.more_references:
            values["reference"], *rest = value.more_references
            values["more_references"] = tuple(rest)
        return replace(value, **values)

    def problem(self, value: PromptSpec) -> str:
        if not value.text.strip():
            return tr("The prompt is empty.")
        if not value.key:
            return tr("It has no id.")
        if self._keys[value.key] > 1:
            return tr("The id {id} appears {times} times.", value.key, self._keys[value.key])
        if value.context_kind and not any(one.text.strip() for one in value.context):
            return tr("It has a kind of context but no context.")
        if found := contradiction(value):
            return translated_message(found.what)
        fields: dict[str, Json] = {
            "id": value.key,
            "category": value.category,
            "tags": [*value.tags],
            "labels": [*value.labels],
            "task": value.task,
            "context": passages_json(value.context),
        }
        record = Record(fields, "", 0)
        try:
            for name in ("id", "category", "task"):
                record.label(name)
            record.tags()
            record.parted("labels")
            read_passages(record)
        except UserError as error:
            return error.what
        return ""

    def check(self) -> None:
        self._keys = Counter(spec.key for spec in self.values)
        super().check()


def tags_of(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text.replace(",", "|").split("|"))
    return tuple(dict.fromkeys(filter(None, parts)))


def labels_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


SPLITS = (Split.NONE, Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)
"""The possible roles of a prompt in the fine-tuning data; the first is unspecified."""
