"""Prompts of training rows that are alike: groups of related ones, and those that repeat unseen prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ftcompare.checks.contamination import DuplicateFinder, normalised
from ftcompare.core.grouping import grouped
from ftcompare.core.language import N_, tr, trn
from ftcompare.core.study import PromptSpec, Split
from ftcompare.formats.training.rows import joined_groups
from ftcompare.formats.training_texts import asked
from ftcompare.store.study.study_file import StudyFile

_Beside = tuple[tuple[str, ...], tuple[str, ...]]

REPEATS_UNSEEN = N_("nearly an unseen prompt")
"""Reason that leaves out pairs whose prompt repeats an unseen one."""
GROUP_TAG = "group:"
"""Prefix of a tag that names a group of related prompts, such as paraphrases of one question."""


def prompt_groups(study: StudyFile, prompts: Iterable[PromptSpec]) -> dict[str, str]:
    """The group of each prompt, by key: near-duplicates, and prompts with the same ``group:`` tag.

    All prompts of the study count, so that groups do not change when more prompts get rows. The
    ``prompts`` of the rows may include those of the Live page.
    """
    specs = {spec.key: spec for spec in (*(prompt.spec for prompt in study.prompts.all()), *prompts)}
    return joined_groups(tuple(specs), (*_by_tag(specs), *_alike(specs)))


class UnseenPrompts:
    """The unseen prompts of a study, and which of them a training prompt repeats, exactly or nearly."""

    def __init__(self, study: StudyFile) -> None:
        unseen = [p.spec for p in study.prompts.all() if p.spec.split is Split.HELD_OUT]
        self.keys = frozenset(spec.key for spec in unseen)
        self._by_beside = grouped((_beside(spec), spec) for spec in unseen)
        self._finders = {
            beside: DuplicateFinder([asked(one.messages) for one in specs])
            for beside, specs in self._by_beside.items()
        }
        self._repeated: dict[str, frozenset[str]] = {}

    def repeated_by(self, spec: PromptSpec) -> frozenset[str]:
        """The keys of the unseen prompts that a prompt repeats, with the same context and turns."""
        if spec.key not in self._repeated:
            beside = _beside(spec)
            places = self._finders[beside].alike(asked(spec.messages)) if beside in self._finders else ()
            alike = {self._by_beside[beside][place].key for place in places}
            self._repeated[spec.key] = frozenset(alike | ({spec.key} & self.keys))
        return self._repeated[spec.key]

    def leak_words(self, prompts: Iterable[PromptSpec]) -> str:
        """How many unseen prompts the training prompts repeat; empty if the study has none."""
        if not (total := len(self.keys)):
            return ""
        repeated: frozenset[str] = frozenset().union(*map(self.repeated_by, prompts))
        if not repeated:
            return tr("None of the {n} unseen prompts has a copy or near copy in the rows.", total)
        return trn(
            "{number} of {total} unseen prompts (has|have) a copy or near copy in the rows. Results on "
            "(it|them) do not show how a model does on new prompts.",
            len(repeated),
            total,
        )


def _beside(spec: PromptSpec) -> _Beside:
    """The rest of the input as words: passages in any order, and later turns."""
    passages = tuple(sorted(normalised(one.text) for one in spec.context))
    return passages, tuple(map(normalised, spec.later_turns))


def _by_tag(specs: Mapping[str, PromptSpec]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for key, spec in specs.items():
        for tag in spec.tags:
            if tag.startswith(GROUP_TAG):
                yield first.setdefault(tag, key), key


def _alike(specs: Mapping[str, PromptSpec]) -> Iterator[tuple[str, str]]:
    keys = tuple(specs)
    finder = DuplicateFinder([asked(spec.messages) for spec in specs.values()])
    for key, spec in specs.items():
        for place in finder.alike(asked(spec.messages)):
            yield keys[place], key
