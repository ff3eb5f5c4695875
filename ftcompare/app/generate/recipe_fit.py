"""Check before generation that every prompt, with recipe and context, fits its model's context length.

Only the engine's tokenizer can decide this. It receives all prompts with no sample to write, and reports
those that do not fit. Prompts that do not fit alone either are not counted here: they fail one by one during
generation.
"""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.generate.asked_items import item_of
from ftcompare.app.generate.system_identity import refused_run
from ftcompare.app.setup.system_groups import SystemGroup
from ftcompare.core.plurals import counted
from ftcompare.core.study import Prompt
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile

CODE = "recipe-too-long"
HOW = (
    "Shorten the recipe or the context, leave the context out in the recipe (Setup; `recipe`), or have all "
    "other prompts written: `generate --leave-out-too-long`."
)
HOW_ALL = "Shorten the recipe or the contexts, or leave the context out in the recipe (Setup; `recipe`)."
MOST_TOLD = 3  # number of prompts that are named with their reasons
MOST_NUMBERED = 20  # number of further prompts that are listed by number


class RecipeFit:
    """The check of one group of systems.

    Args:
        group: a group on this machine; a server reports too long prompts only when it generates.
    """

    def __init__(self, group: SystemGroup, prompts: Sequence[Prompt]) -> None:
        self._group = group
        self._prompts = {str(prompt.id): prompt for prompt in prompts}
        self._together: dict[str, str] = {}
        self._alone: set[str] = set()
        self._first = True

    def command(self, settings: protocol.GenerationSettings) -> protocol.Generate:
        """The command with all prompts as the systems receive them."""
        systems = self._group.systems
        items = (item_of(prompt.spec, systems, key, ()) for key, prompt in self._prompts.items())
        return protocol.Generate(tuple(items), settings)

    def take(self, event: protocol.ItemFailed) -> None:
        """Record a prompt that does not fit."""
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
        told = [
            f"prompt {numbers[key]} ({self._prompts[key].spec.key}): {reason}"
            for key, reason in list(failed.items())[:MOST_TOLD]
        ]
        more = [str(numbers[key]) for key in failed][MOST_TOLD:]
        others = f" So do {', '.join(more[:MOST_NUMBERED])}{' and others' * (len(more) > MOST_NUMBERED)}."
        many = counted(len(failed), "prompt does", "prompts do")
        what = f"{many} not fit the model with a system's recipe or the context; nothing was written."
        what = f"{what} {' '.join(told)}{others if more else ''}"
        return refused_run(CODE, what, HOW)


def none_fits(study: StudyFile, group: SystemGroup, told: protocol.Fault) -> protocol.Fault:
    """The error for a run in which no prompt fits; ``told`` is the engine's error, which names no prompt."""
    prompts = study.prompts.all()
    if not prompts or recipe_fit(study, group, prompts) is None:
        return told
    first = f"prompt 1 ({prompts[0].spec.key}) and all others"
    what = f"With a system's recipe or the context, {first} do not fit; nothing was written. {told.what}"
    return refused_run(CODE, what, HOW_ALL)


def recipe_fit(study: StudyFile, group: SystemGroup, prompts: Sequence[Prompt]) -> RecipeFit | None:
    """The check of a group; None for a server, for a group that has generated, or without additions."""
    written = study.counts().responses
    asked = any(s.spec.recipe for s in group.systems) or any(prompt.spec.context for prompt in prompts)
    if group.served or not asked or any(written.get(system, 0) for system in group.ids):
        return None
    return RecipeFit(group, prompts)
