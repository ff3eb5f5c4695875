"""Generate answers again that were cut at the length limit, with a higher limit.

Answers that are judged, skipped, in a pack or scored stay. An answer is replaced only when the longer one is
complete, so that stopping or an error loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from ftcompare.app.generate.engine_run import Step
from ftcompare.app.generate.generation import GenerationRun, WritingPhase
from ftcompare.app.setup.system_groups import SystemGroup, generated_groups
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId, Response, ResponseDraft, SystemId
from ftcompare.store.study.study_file import StudyFile

REWRITTEN = "cut-rewritten"
"""Kind of the audit-log entry."""


class RewritingRun(GenerationRun):
    """Generates cut answers again; arguments as in `GenerationRun`."""

    nothing_left = "No answer that was cut can be written again"
    stopped = "Stopped; what is not written again yet stays as it was"

    def _find_phases(self, study: StudyFile) -> tuple[WritingPhase, ...]:
        cut = [one.response for one in study.responses.cut() if not one.settled]
        phases = (_phase(study, group, cut) for group in generated_groups(study))
        return tuple(phase for phase in phases if phase.missing)

    def _note_start(self, run: int) -> None:
        super()._note_start(run)
        self._study.audit.append(REWRITTEN, {"run": run}, now=self._clock())

    def _keep(self, prompt: PromptId, drafts: list[ResponseDraft]) -> None:
        if self._run is not None:
            self._study.responses.replace_cut(prompt, drafts, run=self._run)

    def _keep_failure(self, prompt: PromptId, reason: str) -> None:
        """Store no failure: the prompt keeps its cut answer."""

    def _end(self) -> Step:
        failed = counted(self.progress.failed, "answer")
        stage = f"Done, but {failed} could not be written again" if self.progress.failed else "Written again"
        return self._show(finished=True, stage=stage, seconds_left=None)


def _phase(study: StudyFile, group: SystemGroup, cut: Iterable[Response]) -> WritingPhase:
    """The prompts of a group with cut samples, each with these sample numbers."""
    samples: dict[PromptId, set[int]] = {}
    systems: frozenset[SystemId] = frozenset(group.ids)
    for one in cut:
        if one.system in systems:
            samples.setdefault(one.prompt, set()).add(one.sample)
    prompts = (prompt for prompt in study.prompts.all() if prompt.id in samples)
    return WritingPhase(group, tuple((prompt, tuple(sorted(samples[prompt.id]))) for prompt in prompts))
