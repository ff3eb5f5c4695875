"""Filters for the list of answers: the criteria, the available choices, and how a filter is stored."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace

from ftcompare.app.review.prompt_checks import has_checks
from ftcompare.app.study.shown_names import require_known_names
from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, canonical_json
from ftcompare.core.study import ResponseId, Split
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class AnswerFilter:
    """Criteria for listing answers; an answer must meet all of them."""

    split: Split | None = None  # the prompt's split; None for any, `Split.NONE` for prompts without one
    category: str | None = None  # the prompt's category; None for any, empty for prompts without one
    tag: str = ""  # a tag of the prompt; empty for any
    # name of the system that wrote the answer; empty for any. Allowed only while writers may be shown.
    system: str = ""
    shortest: int = 0  # minimum length of the answer in characters
    longest: int = 0  # maximum length of the answer in characters; 0 for no limit
    contains: str = ""  # words or parts of words, all of which the answer must contain, in any case
    # words or parts of words, all of which the prompt's last question must contain, in any case
    prompt_contains: str = ""
    term: str = ""  # a glossary term that the answer must use; empty for any
    flagged: bool = False  # only answers of pairs that a rater flagged
    disputed: bool = False  # only answers of pairs that two raters answered differently
    marked: bool = False  # only answers in which an expert marked an error
    corrected: bool = False  # only answers that an expert corrected
    unreviewed: bool = False  # only answers that no expert has recorded as looked through
    to_judge: bool = False  # also list the answers of prompts with pairs that are still to be judged
    task: str = ""  # the prompt's task; empty for any
    context_kind: str = ""  # how the prompt's context relates to its question; empty for any
    # only answers that fail a check of their prompt. Allowed only while that may be shown.
    check_failed: bool = False

    @property
    def chosen(self) -> int:
        """Number of criteria that narrow the list."""
        plain = AnswerFilter(to_judge=self.to_judge)
        return sum(getattr(self, one.name) != getattr(plain, one.name) for one in fields(self))


def filter_json(chosen: AnswerFilter) -> dict[str, Json]:
    """The filter as stored between sessions: only the fields that differ from their defaults.

    ``to_judge`` is not stored; the user is asked each time.
    """
    plain = asdict(AnswerFilter(to_judge=chosen.to_judge))
    return {name: value for name, value in asdict(chosen).items() if value != plain[name]}


def filter_from_json(stored: object) -> AnswerFilter:
    """Read a stored filter; the default filter when it cannot be read, for example from another version."""
    if not isinstance(stored, dict):
        return AnswerFilter()
    plain = asdict(AnswerFilter())
    kept = {name: value for name, value in stored.items() if _fits(plain.get(name), value, name)}
    try:
        split = Split(kept.pop("split")) if "split" in kept else None
    except ValueError:
        split = None
    return replace(AnswerFilter(**kept), split=split)


def _fits(plain: object, value: object, name: str) -> bool:
    if name in ("split", "category"):
        return isinstance(value, str)
    return plain is not None and type(value) is type(plain) and (not isinstance(value, int) or value >= 0)


@dataclass(frozen=True, slots=True)
class AnswerChoices:
    """The values that the filters of a study can take."""

    splits: tuple[Split, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    systems: tuple[str, ...]  # names in the order in which they were added; empty while writers are withheld
    terms: tuple[str, ...]  # the glossary's terms, in its order
    # whether any answer has a mark; ``corrections``, ``reviewed`` and ``checks`` likewise
    marks: bool = False
    corrections: bool = False
    reviewed: bool = False
    tasks: tuple[str, ...] = ()
    context_kinds: tuple[str, ...] = ()
    checks: bool = False


def answer_choices(study: StudyFile) -> AnswerChoices:
    """The available filter values; empty for attributes that the study does not have."""
    named = study.settings.read().disclosure.tells(Subject.WRITERS)
    kinds = study.answer_index.annotation_kinds()
    splits, categories, tags = study.answer_index.prompt_groups()
    tasks, context_kinds = study.answer_index.prompt_kinds()
    return AnswerChoices(
        splits=tuple(Split(one) for one in splits),
        categories=categories,
        tags=tags,
        systems=tuple(system.name for system in study.systems.all()) if named else (),
        terms=tuple(dict.fromkeys(term.term for term in study.glossary.terms())),
        marks=AnnotationKind.MARK in kinds,
        corrections=AnnotationKind.CORRECTION in kinds,
        reviewed=AnnotationKind.REVIEWED in kinds,
        tasks=tasks,
        context_kinds=context_kinds,
        checks=has_checks(study),
    )


def require_offered_answers(study: StudyFile, chosen: AnswerFilter) -> None:
    """Refuse a category, tag, task or kind of context that the study does not have.

    Raises:
        UserError: code ``unknown-filter``; the message lists the available values.
    """
    offered = answer_choices(study)
    categories = None if chosen.category is None else {chosen.category}
    require_known_names("category", categories, {*offered.categories, ""})
    require_known_names("tag", {chosen.tag} - {""}, offered.tags)
    require_known_names("task", {chosen.task} - {""}, offered.tasks)
    require_known_names("kind of context", {chosen.context_kind} - {""}, offered.context_kinds)


_KEPT = "answers"
"""Key in the study's state under which the filter and the selected answer are stored."""


def session_state(chosen: AnswerFilter, in_hand: ResponseId | None) -> str:
    """The filter and the selected answer as text, for storage between sessions."""
    return canonical_json({"filter": filter_json(chosen), "answer": in_hand}).decode("ascii")


def keep_state(study: StudyFile, state: str) -> None:
    study.state.put(_KEPT, state)


def kept_state(study: StudyFile) -> tuple[AnswerFilter, ResponseId | None]:
    """The filter and the selected answer of the last session; the defaults when nothing is stored.

    The stored system name is used only while writers may be shown.
    """
    try:
        stored = json.loads(study.state.get(_KEPT) or "{}")
    except ValueError:
        stored = {}
    stored = stored if isinstance(stored, dict) else {}
    chosen = filter_from_json(stored.get("filter"))
    if not study.settings.read().disclosure.tells(Subject.WRITERS):
        chosen = replace(chosen, system="")
    in_hand = stored.get("answer")
    return chosen, ResponseId(in_hand) if type(in_hand) is int else None
