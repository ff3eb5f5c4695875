"""Log-likelihoods of prompts' labels under each system, for multiple choice.

The engine scores the text of every label after the prompt, under every system with its recipe; no answer is
generated. Likelihoods could reveal the systems, so they are withheld while a study is blinded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Unpack

from ftcompare.app.generate.asked_items import text_to_score
from ftcompare.app.generate.engine_run import EngineOptions, Step
from ftcompare.app.generate.scoring import LikelihoodRun
from ftcompare.app.setup.system_groups import generated_groups
from ftcompare.core.study import Prompt, PromptId, PromptSpec, SystemId
from ftcompare.engine import protocol
from ftcompare.store.study.engine_runs import LABELS_SCORED
from ftcompare.store.study.study_file import StudyFile

PROMPTS_AT_A_TIME = 32
"""Number of prompts per engine command; stopping a run loses at most the labels of these."""

NO_CHOICES = (
    "No prompt is a choice: give prompts “labels”, the answers to choose from, "
    "and the right one as “reference”"
)


def right_label(spec: PromptSpec) -> str:
    """The one label that an accepted answer names, in any case; empty where there is none."""
    accepted = {text.strip().casefold() for text in (spec.reference, *spec.more_references)}
    right = [label for label in spec.labels if label.casefold() in accepted]
    return right[0] if len(right) == 1 else ""


def choices(study: StudyFile) -> tuple[Prompt, ...]:
    """The prompts with several labels of which one is right."""
    return tuple(p for p in study.prompts.all() if len(p.spec.labels) > 1 and right_label(p.spec))


def answers_before(study: StudyFile, prompt: Prompt) -> Mapping[SystemId, tuple[str, ...]]:
    """For each system: its answers to all turns of a conversation except the last.

    Of several samples, the first is used; systems that lack an answer are left out. Empty for a prompt of one
    turn.
    """
    turns = len(prompt.spec.later_turns)
    found = study.responses.samples(prompt.id) if turns else ()
    return {r.system: r.earlier for r in found if r.sample == 0 and len(r.earlier) == turns}


def answered(study: StudyFile, prompt: Prompt, systems: Iterable[SystemId]) -> bool:
    """Whether these systems have answered all turns before the last one."""
    return not prompt.spec.later_turns or answers_before(study, prompt).keys() >= set(systems)


class LabelScoringRun(LikelihoodRun[Prompt]):
    """Scores the labels of each unscored multiple-choice prompt, under each system that the engine loads.

    The labels of a conversation are scored at its last turn, after the system's own answers to the earlier
    turns. Prompts without these answers are skipped until they exist.

    ``served``: whether systems behind servers also score; not every server can.
    """

    nothing_left = "The labels of every prompt are scored"
    kind = LABELS_SCORED
    cannot = "The labels of a prompt cannot be scored"

    def __init__(self, study: StudyFile, *, served: bool = False, **options: Unpack[EngineOptions]) -> None:
        every, scored = choices(study), study.label_scores.scored()
        known = generated_groups(study)
        groups = [group for group in known if served or not group.served]
        if len(groups) < len(known):
            self.nothing_left = "All labels are scored, but not under systems behind servers"
        if not every:
            self.nothing_left = NO_CHOICES
        wanted = [
            (group, [p for p in every if any((p.id, s) not in scored for s in group.ids)]) for group in groups
        ]
        found = [(group, [p for p in own if answered(study, p, group.ids)]) for group, own in wanted]
        self._waiting = {p.id for _, own in wanted for p in own} - {p.id for _, own in found for p in own}
        if self._waiting:
            self.nothing_left = _waiting_words(self.nothing_left, len(self._waiting))
        super().__init__(study, found, items="prompts", **options)
        self._open: Sequence[Prompt] = ()
        self._asked: dict[PromptId, dict[SystemId, list[float | None]]] = {}

    def _score(self, items: Sequence[Prompt]) -> Step:
        self._open = items
        return self._ask()

    def _ask(self) -> Step:
        """Request the labels of the next prompts."""
        prompts, self._open = self._open[:PROMPTS_AT_A_TIME], self._open[PROMPTS_AT_A_TIME:]
        systems = self._group.systems
        self._asked = {p.id: {s: [None] * len(p.spec.labels) for s in self._group.ids} for p in prompts}
        texts = tuple(
            text_to_score(prompt.spec, systems, f"{prompt.id}:{number}", label, before)
            for prompt in prompts
            for before in ((answers_before(self._study, prompt) if prompt.spec.later_turns else ()),)
            for number, label in enumerate(prompt.spec.labels)
        )
        return self._show(protocol.Score(texts), stage="Scoring labels")

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.Scored():
                return self._on_scored(event)
            case protocol.ItemFailed():
                prompt, _ = _prompt_and_label(event.item)
                failed_before = self._asked.pop(prompt, None) is None
                return self._show() if failed_before else self._failed(event.reason)
            case protocol.Finished() if self._open:
                return self._ask()
            case _:
                return super()._take(event)

    def _on_scored(self, event: protocol.Scored) -> Step:
        prompt, number = _prompt_and_label(event.key)
        if prompt not in self._asked:  # another label of this prompt failed
            return self._show()
        found = self._asked[prompt]
        for score in event.scores:
            found[SystemId(int(score.system))][number] = sum(score.logprobs)
        whole = {s: [one for one in logprobs if one is not None] for s, logprobs in found.items()}
        if any(len(whole[system]) < len(found[system]) for system in found):
            return self._show()
        self._study.label_scores.store(prompt, whole, examination=self._examination)
        del self._asked[prompt]
        return self._scored()

    def _end(self) -> Step:
        return self._end_with(
            "the labels of {failed} of {total} prompts could not be scored",
            "{failed} of {total} scores of a prompt's labels could not be made",
        )


def _waiting_words(others: str, waiting: int) -> str:
    """A note that conversations are not scored, after the note on the other prompts."""
    many = "1 conversation waits" if waiting == 1 else f"{waiting:,} conversations wait"
    return f"{others}; {many} for the answers of every system"


def _prompt_and_label(key: str) -> tuple[PromptId, int]:
    prompt, _, number = key.partition(":")
    return PromptId(int(prompt)), int(number)
