"""What answers may be asked for by, what there is to choose from, and how a choice is kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace

from ftcompare.app.review.prompt_checks import has_checks
from ftcompare.app.study.known_names import require_known_names
from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, canonical_json
from ftcompare.core.study import ResponseId, Split
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class AnswerFilter:
    """What is asked for; all of it must hold.

    Args:
        split: None for any, `Split.NONE` for prompts without one.
        category: None for any, empty for prompts without one.
        tag: empty for any.
        task: of the prompt; empty for any.
        context_kind: how the prompt's context stands to its question; empty for any.
        system: name; empty for any. Only where writers are told.
        shortest: characters of the answer at least.
        longest: at most; 0 for any.
        contains: words or parts of words that the answer has, all of them, in any case.
        prompt_contains: the same of the prompt's last question.
        term: a term of the glossary that the answer uses; empty for any.
        flagged: a rater flagged a pair it stands in.
        disputed: two raters answered differently to such a pair.
        marked: an expert marked an error in it.
        corrected: an expert corrected it.
        unreviewed: no expert has noted that they looked it through.
        check_failed: it fails a check of its prompt. Only where that is told.
        to_judge: list prompts with pairs that are still to be judged, too.
    """

    split: Split | None = None
    category: str | None = None
    tag: str = ""
    system: str = ""
    shortest: int = 0
    longest: int = 0
    contains: str = ""
    prompt_contains: str = ""
    term: str = ""
    flagged: bool = False
    disputed: bool = False
    marked: bool = False
    corrected: bool = False
    unreviewed: bool = False
    to_judge: bool = False
    task: str = ""
    context_kind: str = ""
    check_failed: bool = False

    @property
    def chosen(self) -> int:
        """By how many things the list is narrowed."""
        plain = AnswerFilter(to_judge=self.to_judge)
        return sum(getattr(self, one.name) != getattr(plain, one.name) for one in fields(self))


def filter_json(chosen: AnswerFilter) -> dict[str, Json]:
    """What is asked for, as it is kept between sessions: what differs from everything.

    That pairs which are still to be judged may be read is not kept: it is asked each time.
    """
    plain = asdict(AnswerFilter(to_judge=chosen.to_judge))
    return {name: value for name, value in asdict(chosen).items() if value != plain[name]}


def filter_from_json(stored: object) -> AnswerFilter:
    """What was kept; everything where it cannot be read, as another version may have written it."""
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
    """What there is to choose from.

    Args:
        systems: names in the order in which they were added; empty while writers are withheld.
        terms: of the glossary, in its order.
    """

    splits: tuple[Split, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    systems: tuple[str, ...]
    terms: tuple[str, ...]
    marks: bool = False
    corrections: bool = False
    reviewed: bool = False
    tasks: tuple[str, ...] = ()
    context_kinds: tuple[str, ...] = ()
    checks: bool = False


def answer_choices(study: StudyFile) -> AnswerChoices:
    """What the study's answers can be chosen by; of what it has none of, nothing is offered."""
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
    """Refuse what no answer can have: a category, tag, task or kind of context that is not in the study.

    Raises:
        UserError: code ``unknown-filter``, with what there is.
    """
    offered = answer_choices(study)
    categories = None if chosen.category is None else {chosen.category}
    require_known_names("category", categories, {*offered.categories, ""})
    require_known_names("tag", {chosen.tag} - {""}, offered.tags)
    require_known_names("task", {chosen.task} - {""}, offered.tasks)
    require_known_names("kind of context", {chosen.context_kind} - {""}, offered.context_kinds)


_KEPT = "answers"
"""In the study's state: what was asked for, and the selected answer."""


def session_state(chosen: AnswerFilter, in_hand: ResponseId | None) -> str:
    """What is kept between sessions, as text."""
    return canonical_json({"filter": filter_json(chosen), "answer": in_hand}).decode("ascii")


def keep_state(study: StudyFile, state: str) -> None:
    """Keep it in the study."""
    study.state.put(_KEPT, state)


def kept_state(study: StudyFile) -> tuple[AnswerFilter, ResponseId | None]:
    """What was asked for and in hand when the study was last looked at; everything where nothing is kept.

    Names of systems are asked for only where they may be told.
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
