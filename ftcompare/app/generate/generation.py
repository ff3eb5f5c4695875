"""Generate the missing responses of a study's pairs: verify the systems, run them, store the responses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Unpack

from ftcompare.app.generate import system_identity
from ftcompare.app.generate.engine_run import VERIFICATION_PROMPTS, EngineOptions, EngineRun, Step
from ftcompare.app.generate.generation_state import NOBODY_JUDGES, last_settings, prompts_to_answer_twice
from ftcompare.app.generate.settings_history import last_by_task, repeats_itself
from ftcompare.app.generate.shards import shard_of
from ftcompare.app.setup.system_groups import (
    SystemGroup,
    generated_groups,
    item_of,
    recipe_notes,
    separate_note,
)
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import TaskSettings, settings_of_task
from ftcompare.core.language import N_, named_value, tr, trn
from ftcompare.core.message_texts import translated_message
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import (
    FinishReason,
    Prompt,
    PromptId,
    Response,
    ResponseDraft,
    SystemId,
    TokenCounts,
)
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile

EMPTY_ANSWERS = "empty-answers"
"""Kind of the audit log's entry on answers without text for which tokens were counted."""


@dataclass(frozen=True, slots=True)
class WritingPhase:
    """The missing responses of one group of systems: prompts, each with the missing sample numbers."""

    group: SystemGroup
    missing: tuple[tuple[Prompt, tuple[int, ...]], ...]
    task: str = ""  # name of the prompts' task, where it has settings of its own

    @property
    def size(self) -> int:
        """Number of missing (prompt, sample) items; each is answered by all systems of the group."""
        return sum(len(samples) for _, samples in self.missing)


class GenerationRun(EngineRun):
    """One generation run over a study, one group of systems after another.

    Args:
        limit: maximum number of prompts; None for all missing ones.
        uncompared: whether to continue responses of this machine although the systems cannot be compared with
            them.
        leave_out_too_long: what to do with prompts that are too long only with a recipe or context: True
            marks them as failed and generates the others; False ends the run.
        by_task: settings that differ for the prompts of a task; None for those of the last run.
    """

    nothing_left = N_("Every pair is written")
    stopped = N_("Stopped; everything written so far is saved")

    def __init__(
        self,
        study: StudyFile,
        *,
        settings: protocol.GenerationSettings,
        limit: int | None = None,
        uncompared: bool = False,
        leave_out_too_long: bool = False,
        by_task: TaskSettings | None = None,
        **options: Unpack[EngineOptions],
    ) -> None:
        self._settings = settings
        self._by_task = last_by_task(study) if by_task is None else by_task
        self._uncompared = uncompared
        self._leave_out_too_long = leave_out_too_long
        self._switch: system_identity.Switch | None = None
        self._fit: RecipeFit | None = None
        self._limit = limit
        self._phases = tuple(one for phase in self._find_phases(study) for one in self._by_settings(phase))
        self._record = RunRecord()
        self._run: int | None = None
        self._empty = 0
        groups = [phase.group for phase in self._phases]
        # with another number of systems, an item is not one pair
        pairs = len(set(groups)) == 1 and len(groups[0].systems) == len(study.systems.all()) == 2
        samples = {sample for phase in self._phases for _, own in phase.missing for sample in own}
        pairs = pairs and all(sample < settings.samples for sample in samples)
        super().__init__(
            study,
            groups,
            total=sum(phase.size for phase in self._phases),
            counted="pairs" if pairs else "",
            **options,
        )

    def _find_phases(self, study: StudyFile) -> tuple[WritingPhase, ...]:
        twice = prompts_to_answer_twice(study, self._settings, self._by_task)
        return _phases(study, self._settings.samples, twice, self._limit)

    def _by_settings(self, phase: WritingPhase) -> Iterator[WritingPhase]:
        """Split a phase into one for each task with settings of its own, and one for the other prompts."""
        for task in dict.fromkeys(("", *self._by_task)):
            missing = tuple(one for one in phase.missing if self._task_of(one[0]) == task)
            if missing:
                yield replace(phase, missing=missing, task=task)

    def _task_of(self, prompt: Prompt) -> str:
        return prompt.spec.task if prompt.spec.task in self._by_task else ""

    def begin(self) -> Step:
        if self._study.settings.samples() != self._settings.samples:
            with self._study.atomic():
                self._study.second_answers.make_samples(self._settings.samples)
                self._study.settings.set_samples(self._settings.samples)
        return super().begin()

    @property
    def _phase(self) -> WritingPhase:
        return self._phases[-len(self._groups)]

    def _load(self) -> Step:
        self._begin_phase()
        parts, left = (len(set(groups)) for groups in ([p.group for p in self._phases], self._groups))
        self._show(part=parts - left + 1, parts=parts, tokens_per_second=0.0)
        return super()._load()

    def _begin_phase(self) -> None:
        self._prompts = {str(p.id): (p, samples) for p, samples in self._phase.missing}
        self._run = None

    def _next_group(self) -> Step:
        """Start the next phase; systems that stay the same for another task are not loaded again."""
        before, *left = self._groups
        if not left or left[0] != before:
            return super()._next_group()
        self._groups = tuple(left)
        self._begin_phase()
        return self._write()

    def _unfit(self, event: protocol.Loaded) -> protocol.Fault | None:
        if fault := super()._unfit(event):
            return fault
        if elsewhere := system_identity.written_by_servers(self._study, event):
            return system_identity.server_wrote(self._names[key] for key in elsewhere)
        return self._find_switch()

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        from_recipes = recipe_notes(self._group.systems, [prompt.spec for prompt, _ in self._phase.missing])
        apart = separate_note(system.spec for system in self._study.systems.all())
        more = (*self._reported(event), *from_recipes, *system_identity.twins_note(self._study, event), apart)
        self._show(notes=tuple(dict.fromkeys(note for note in (*self.progress.notes, *more) if note)))
        return super()._on_loaded(event)

    def _reported(self, event: protocol.Loaded) -> Iterator[str]:
        """Yield what the engine notes on systems, with a system's name if it says it of one of several."""
        adapters = {str(one.id) for one in self._group.systems if one.spec.adapter}
        for report in event.systems:
            for note in map(translated_message, report.notes):
                named = len(adapters) > 1 and report.key in adapters
                yield named_value(self._names[report.key], note) if named else note

    def _proof_prompts(self) -> Iterator[Prompt]:
        """Prompts for verification: those to be answered, then others; those that failed before come last."""
        failed = self._study.responses.failures()
        missing = [prompt for prompt, _ in self._phase.missing]
        yield from (prompt for prompt in missing if prompt.id not in failed)
        missing_ids = {prompt.id for prompt in missing}
        yield from (
            prompt for prompt in self._study.prompts.all() if prompt.id not in missing_ids | failed.keys()
        )
        yield from (prompt for prompt in missing if prompt.id in failed)

    def _on_fault(self, event: protocol.Fault) -> Step:
        """End the run, or verify on other prompts if the systems accept none of the chosen ones."""
        others = tuple(islice(self._for_proof, VERIFICATION_PROMPTS)) if event.code == "no-prompts" else ()
        if others:
            return self._prove(others)
        unfit = event.code == "no-prompts"
        return self._stop(none_fits(self._study, self._group, event) if unfit else event)

    def _work(self, loaded: RunRecord) -> Step:
        self._record = loaded
        comparing = self._switch.command() if self._switch else None
        if comparing:
            return self._show(comparing, stage=N_("Comparing the server's answers with those generated here"))
        prompts = [prompt for prompt, _ in self._phase.missing]
        unchecked = self._server or self._leave_out_too_long
        self._fit = None if unchecked else recipe_fit(self._study, self._group, prompts)
        if self._fit:
            stage = tr("Checking that every prompt fits with its instructions")
            return self._show(self._fit.command(self._settings), stage=stage)
        return self._write()

    def _on_fit(self, fit: RecipeFit) -> Step:
        if rest := fit.rest(self._settings):
            return self._show(rest)
        self._fit = None
        fault = fit.fault(self._study)
        return self._stop(fault) if fault else self._write()

    def _find_switch(self) -> protocol.Fault | None:
        """Find the answers to compare before a server continues; an error where none are comparable."""
        self._switch = (
            system_identity.find_switch(self._study, self._group)
            if self._server and not self._group.served
            else None
        )
        if self._switch is None or self._switch.command() or self._uncompared:
            return None
        return system_identity.not_comparable(self._switch.names.values())

    def _on_compared(self, switch: system_identity.Switch) -> Step:
        """Generate with the server only if it answers as this machine did."""
        if not switch.there and not self._uncompared:
            return self._stop(system_identity.not_comparable(switch.names.values()))
        return self._stop(system_identity.others_answer(switch)) if switch.strangers() else self._write()

    def _write(self) -> Step:
        task, general = self._phase.task, self._settings
        settings = settings_of_task(general, self._by_task, task)
        record = replace(self._record, settings=settings, task=task, by_task=self._by_task, general=general)
        with self._study.atomic():
            self._run = self._study.runs.start(record.to_json(), now=self._clock())
            self._note_start(self._run)
        self._begin_estimate()
        systems = self._group.systems
        items = tuple(item_of(p.spec, systems, str(p.id), samples) for p, samples in self._phase.missing)
        return self._show(protocol.Generate(items, settings), stage=N_("Writing pairs"))

    def _note_start(self, run: int) -> None:
        """Record the start in the audit log, next to the entry of the run itself."""
        if self._switch:
            self._study.audit.append(system_identity.SWITCHED, self._switch.record(run), now=self._clock())

    def _take(self, event: protocol.Event) -> Step:
        comparing = self._switch if self._run is None else None
        if self._fit and isinstance(event, protocol.ItemFailed | protocol.Finished):
            if isinstance(event, protocol.Finished):
                return self._on_fit(self._fit)
            self._fit.take(event)
            return self._show()
        match event:
            case protocol.Pair():
                if comparing:
                    comparing.take(event)
                    return self._show()
                return self._on_pair(event)
            case protocol.ItemFailed() if not comparing:
                prompt, samples = self._prompts[event.item]
                self._keep_failure(prompt.id, event.reason)
                return self._advance(failed=self.progress.failed + len(samples))
            case protocol.Finished() if comparing:
                return self._on_compared(comparing)
            case _:
                return super()._take(event)

    def _on_pair(self, event: protocol.Pair) -> Step:
        drafts = [draft(written, event.sample) for written in event.responses]
        self._empty += sum(not (one.text or one.reasoning) and one.all_tokens > 0 for one in event.responses)
        prompt = self._prompts[event.item][0].id
        self._keep(prompt, drafts)
        return self._advance(done=self.progress.done + 1)

    def _keep(self, prompt: PromptId, drafts: list[ResponseDraft]) -> None:
        # responses that were stored before a system was added stay unchanged
        present = {(r.system, r.sample) for r in self._study.responses.of_prompt(prompt)}
        lacking = [one for one in drafts if (one.system, one.sample) not in present]
        samples = [one for one in lacking if one.sample < self._settings.samples]
        seconds = [one for one in lacking if one.sample >= self._settings.samples]
        if samples or not seconds:
            self._study.responses.store(prompt, samples, run=self._run)
        if seconds and self._run is not None:
            self._study.second_answers.store(prompt, seconds, run=self._run)

    def _keep_failure(self, prompt: PromptId, reason: str) -> None:
        if self._run is not None:
            self._study.responses.mark_failed(prompt, reason, run=self._run)

    def _at_end(self) -> None:
        if self._empty:
            self._study.audit.append(EMPTY_ANSWERS, {"answers": self._empty}, now=self._clock())
            note = trn(
                "{number} (answer has|answers have) no text, although tokens were counted. A model may "
                "spend all of its tokens on reasoning that its server does not show. Increase the maximum "
                "response length.",
                self._empty,
            )
            self._show(notes=(*self.progress.notes, note))
        super()._at_end()

    def _end(self) -> Step:
        part = self._limit or shard_of(self._study)
        stage = N_("Everything requested is written") if part else self.nothing_left
        if self.progress.failed:
            stage = trn(
                "Done, but {number} (prompt|prompts) could not be answered",
                len(self._study.responses.failures()),
            )
        return self._finish(stage)


def _phases(
    study: StudyFile, samples: int, twice: Collection[PromptId], limit: int | None
) -> tuple[WritingPhase, ...]:
    """The missing responses by group, for at most ``limit`` prompts; of a shard, those of its share."""
    found = [
        WritingPhase(group, study.responses.missing(group.ids, samples, twice))
        for group in generated_groups(study)
    ]
    prompts = {prompt.id for phase in found for prompt, _ in phase.missing}
    if shard := shard_of(study):
        prompts &= shard.share(study.prompts.all())
    kept = frozenset(sorted(prompts)[:limit])
    chosen = (
        replace(phase, missing=tuple(one for one in phase.missing if one[0].id in kept)) for phase in found
    )
    return tuple(phase for phase in chosen if phase.missing)


def require_judges(study: StudyFile, run: GenerationRun) -> None:
    """Refuse to write answers of an unblinded study, which nobody can judge."""
    if run.progress.total and study.settings.read().disclosure.rating_closed:
        how = "Make a new study to have them judged, or generate them with --unjudged."
        raise UserError(NOBODY_JUDGES, where=study.path.name, how=how, code="rating-closed")


def require_draws(study: StudyFile, chosen: protocol.GenerationSettings) -> None:
    """Refuse samples that would only repeat each other."""
    before = last_settings(study) if study.runs.all() else None
    if repeats_itself(chosen, before, study.settings.samples()):
        what = f"With temperature 0 all {chosen.samples} samples of a prompt are alike."
        how = "Give a temperature above 0, such as --temperature 0.8, or --samples 1."
        raise UserError(what, how=how, code="samples-alike")


def draft(written: protocol.Written, sample: int = 0) -> ResponseDraft:
    finish = FinishReason(written.finish_reason)
    system = SystemId(int(written.system))
    return ResponseDraft(
        system,
        written.text,
        finish,
        written.tokens,
        written.active,
        sample,
        reasoning=written.reasoning,
        earlier=written.earlier,
        counts=TokenCounts(written.prompt_tokens, written.reasoning_tokens),
    )


REWRITTEN = "cut-rewritten"  # kind of the audit-log entry


class RewritingRun(GenerationRun):
    """Generates cut answers again; arguments as in `GenerationRun`."""

    nothing_left = N_("No answer that was cut off can be generated again")
    stopped = N_("Stopped; answers not generated again yet are unchanged")

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
        if not self.progress.failed:
            return self._finish(N_("Written again"))
        return self._finish(
            trn("Done, but {number} (answer|answers) could not be written again", self.progress.failed)
        )


def _phase(study: StudyFile, group: SystemGroup, cut: Iterable[Response]) -> WritingPhase:
    """The prompts of a group with cut samples, each with these sample numbers."""
    samples: dict[PromptId, set[int]] = {}
    systems: frozenset[SystemId] = frozenset(group.ids)
    for one in cut:
        if one.system in systems:
            samples.setdefault(one.prompt, set()).add(one.sample)
    prompts = (prompt for prompt in study.prompts.all() if prompt.id in samples)
    return WritingPhase(group, tuple((prompt, tuple(sorted(samples[prompt.id]))) for prompt in prompts))


RECIPE_TOO_LONG = "recipe-too-long"
SHORTEN = N_(
    "Shorten the instructions or the context, leave the context out (Setup; `prompts instructions`), "
    "or generate only the other prompts (`generate --leave-out-too-long` on the command line)."
)
SHORTEN_ALL = N_(
    "Shorten the instructions or the contexts, or leave contexts out (Setup; `prompts instructions`)."
)
MOST_TOLD = 3  # number of prompts that are named with their reasons
MOST_NUMBERED = 20  # number of further prompts that are listed by number


class RecipeFit:
    """The check of one group on this machine; a server reports too long prompts only when it generates."""

    def __init__(self, group: SystemGroup, prompts: Sequence[Prompt]) -> None:
        self._group = group
        self._prompts = {str(prompt.id): prompt for prompt in prompts}
        self._together: dict[str, str] = {}
        self._alone: set[str] = set()
        self._first = True

    def command(self, settings: protocol.GenerationSettings) -> protocol.Generate:
        systems = self._group.systems
        items = (item_of(prompt.spec, systems, key, ()) for key, prompt in self._prompts.items())
        return protocol.Generate(tuple(items), settings)

    def take(self, event: protocol.ItemFailed) -> None:
        if self._first:
            self._together[event.item] = event.reason
        else:
            self._alone.add(event.item)

    def rest(self, settings: protocol.GenerationSettings) -> protocol.Generate | None:
        """The command with these prompts, without recipe and context; None where nothing is left to check."""
        if not self._first or not self._together:
            return None
        self._first = False
        items = (protocol.Item(key, self._prompts[key].spec.messages, ()) for key in self._together)
        return protocol.Generate(tuple(items), settings)

    def fault(self, study: StudyFile) -> protocol.Fault | None:
        """The error for prompts that fit only without recipe or context; None where all fit."""
        failed = {key: reason for key, reason in self._together.items() if key not in self._alone}
        if not failed:
            return None
        numbers = {str(prompt.id): number for number, prompt in enumerate(study.prompts.all(), start=1)}
        lines = [
            f"prompt {numbers[key]} ({self._prompts[key].spec.key}): {reason}"
            for key, reason in list(failed.items())[:MOST_TOLD]
        ]
        more = [str(numbers[key]) for key in failed][MOST_TOLD:]
        what = trn(
            "{number} (prompt does|prompts do) not fit the model with its instructions or the context. No "
            "answers were generated.",
            len(failed),
        )
        others = f" So do {', '.join(more[:MOST_NUMBERED])}{' and others' * (len(more) > MOST_NUMBERED)}."
        what = f"{what} {' '.join(lines)}{others if more else ''}"
        return system_identity.refused_run(RECIPE_TOO_LONG, what, SHORTEN)


def none_fits(study: StudyFile, group: SystemGroup, fault: protocol.Fault) -> protocol.Fault:
    """The error for a run in which no prompt fits; ``fault``, the engine's error, names no prompt."""
    prompts = study.prompts.all()
    if not prompts or recipe_fit(study, group, prompts) is None:
        return fault
    what = tr(
        "With a system's instructions or the context, prompt 1 ({key}) and all others do not fit. No answers "
        "were generated. {reason}",
        prompts[0].spec.key,
        tr(fault.what),
    )
    return system_identity.refused_run(RECIPE_TOO_LONG, what, SHORTEN_ALL)


def recipe_fit(study: StudyFile, group: SystemGroup, prompts: Sequence[Prompt]) -> RecipeFit | None:
    """The check of a group; None for a server, for a group that has generated, or without additions."""
    written = study.counts().responses
    has_additions = any(s.spec.recipe for s in group.systems) or any(
        prompt.spec.context for prompt in prompts
    )
    if group.served or not has_additions or any(written.get(system, 0) for system in group.ids):
        return None
    return RecipeFit(group, prompts)
