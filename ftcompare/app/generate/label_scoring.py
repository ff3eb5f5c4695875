"""Log-likelihoods of prompts' labels under each system, for multiple choice.

The engine scores the text of every label after the prompt, under every system with its recipe; no answer is
generated. Likelihoods could reveal the systems, so they are withheld while a study is blinded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from ftcompare.app.generate.asked_items import text_to_score
from ftcompare.app.generate.engine_run import EngineRun, Step
from ftcompare.app.generate.scoring import UNSUPPORTED
from ftcompare.app.setup.system_groups import generated_groups
from ftcompare.core.run_record import RunRecord
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


class LabelScoringRun(EngineRun):
    """Scores the labels of each unscored multiple-choice prompt, under each system that the engine loads.

    The labels of a conversation are scored at its last turn, after the system's own answers to the earlier
    turns. Prompts without these answers are skipped until they exist.

    A server that returns no log-probabilities is skipped with a note if other systems can score.

    Args:
        served: whether systems behind servers also score; not every server can.
    """

    nothing_left = "The labels of every prompt are scored"

    def __init__(
        self,
        study: StudyFile,
        *,
        clock: Callable[[], datetime],
        served: bool = False,
        backend: str = "local",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
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
        open_ = [(group, prompts) for group, prompts in found if prompts]
        super().__init__(
            study,
            [group for group, _ in open_],
            total=sum(len(prompts) for _, prompts in open_),
            counted="prompts" if len(open_) < 2 else "scores",
            clock=clock,
            backend=backend,
            ticks=ticks,
        )
        self._of_groups = [prompts for _, prompts in open_]
        self._open: list[Prompt] = []
        self._asked: dict[PromptId, dict[SystemId, list[float | None]]] = {}
        self._several = len(open_) > 1
        self._examination = 0

    def handle(self, event: protocol.Event) -> Step:
        """Handle an event of the worker. Everything to store is stored when this returns."""
        if isinstance(event, protocol.Fault) and event.code == UNSUPPORTED and self._several:
            said = " ".join(part for part in (event.what, event.where) if part)
            lacking = len(self._open) + len(self._asked)
            self._show(notes=(*self.progress.notes, said), failed=self.progress.failed + lacking)
            return self._next_group()
        return super().handle(event)

    def _work(self, loaded: RunRecord) -> Step:
        self._examination = self._study.scores.add_examination(
            LABELS_SCORED, loaded.to_json(), now=self._clock()
        )
        self._open = self._of_groups.pop(0)
        self._begin_estimate()
        return self._ask()

    def _ask(self) -> Step:
        """Request the labels of the next prompts."""
        asked, self._open = self._open[:PROMPTS_AT_A_TIME], self._open[PROMPTS_AT_A_TIME:]
        systems = self._group.systems
        self._asked = {p.id: {s: [None] * len(p.spec.labels) for s in self._group.ids} for p in asked}
        texts = tuple(
            text_to_score(prompt.spec, systems, f"{prompt.id}:{number}", label, before)
            for prompt in asked
            for before in ((answers_before(self._study, prompt) if prompt.spec.later_turns else ()),)
            for number, label in enumerate(prompt.spec.labels)
        )
        return self._show(protocol.Score(texts), stage="Scoring labels")

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.Scored():
                return self._on_scored(event)
            case protocol.ItemFailed():
                return self._on_failed(event)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._ask() if self._open else self._next_group()
            case _:
                return Step((), self.progress)

    def _on_scored(self, event: protocol.Scored) -> Step:
        prompt, number = _prompt_and_label(event.key)
        if prompt not in self._asked:  # another label of this prompt failed
            return Step((), self.progress)
        found = self._asked[prompt]
        for score in event.scores:
            found[SystemId(int(score.system))][number] = sum(score.logprobs)
        whole = {s: [one for one in logprobs if one is not None] for s, logprobs in found.items()}
        if any(len(whole[system]) < len(found[system]) for system in found):
            return Step((), self.progress)
        self._study.label_scores.store(prompt, whole, examination=self._examination)
        del self._asked[prompt]
        return self._advance(done=self.progress.done + 1)

    def _on_failed(self, event: protocol.ItemFailed) -> Step:
        prompt, _ = _prompt_and_label(event.item)
        if self._asked.pop(prompt, None) is None:
            return Step((), self.progress)
        note = f"The labels of a prompt cannot be scored: {event.reason}"
        notes = tuple(dict.fromkeys((*self.progress.notes, note)))
        return self._advance(failed=self.progress.failed + 1, notes=notes)

    def _end(self) -> Step:
        failed, total = self.progress.failed, self.progress.total
        told = f"Done, but the labels of {failed} of {total} prompts could not be scored"
        if self.progress.counted == "scores":
            told = f"Done, but {failed} of {total} scores of a prompt's labels could not be made"
        return self._show(finished=True, stage=told if failed else self.nothing_left, seconds_left=None)


def _waiting_words(others: str, waiting: int) -> str:
    """A note that conversations are not scored, after the note on the other prompts."""
    many = "1 conversation waits" if waiting == 1 else f"{waiting:,} conversations wait"
    return f"{others}; {many} for the answers of every system"


def _prompt_and_label(key: str) -> tuple[PromptId, int]:
    prompt, _, number = key.partition(":")
    return PromptId(int(prompt)), int(number)
