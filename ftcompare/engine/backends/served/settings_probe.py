"""Checks, before the first pair, whether a server applies the settings, judged by its responses.

Many servers accept fields that they do not know, and ignore them. If three seeds give the same text at the
highest temperature, the temperature is ignored. With top-k 1 or min-p 1 only the likeliest token remains,
whatever the seed: a server that then gives two texts, neither of them the greedy one, ignores the field. A
seed that is applied gives the same text twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message
from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.served.http_client import Refused
from ftcompare.engine.backends.served.prompts import HELLO, Options, PromptFormat, ServedPrompt
from ftcompare.engine.backends.served.replies import NoResponse
from ftcompare.engine.backends.served.request import (
    ResponseRequest,
    ServedSystems,
    refused_setting,
    setting_refused,
)
from ftcompare.engine.protocol import GenerationSettings, Note, Stage, SystemRequest

LOOK = GenerationSettings(max_new_tokens=16)
ASKED = (Message("user", "Tell me about a town that you make up."),)  # a prompt with many possible answers
HOTTEST = 2.0  # the highest temperature that OpenAI's interface allows
HARSH = 2.0  # a repetition penalty that changes any text in which a token is repeated


async def check_settings(served: ServedSystems, settings: GenerationSettings, emit: Emit) -> None:
    """Emit notes on settings that the server does not apply; refuse those on which the study depends.

    Raises:
        UserError: ``setting-refused``, ``setting-ignored``.
    """
    emit(Stage("Looking whether the server takes the settings"))
    where = served.server.address.host
    if name := refused_setting(settings, served.supported):
        raise setting_refused(name, "", where)
    check = _Look(served, await served.prompt(ASKED))
    try:
        await check.text(replace(settings, max_new_tokens=1), 0)
    except Refused as error:
        raise setting_refused("these settings", error.short, where) from error
    for name in await check.ignored(settings):
        what = f"The server takes {name} and ignores it."
        how = "Leave it at its neutral value for this study, or use another server."
        raise UserError(what, where=where, how=how, code="setting-ignored")
    for words in await check.doubts(settings):
        emit(Note(words))


@dataclass(frozen=True, slots=True)
class _Look:
    served: ServedSystems
    prompt: ServedPrompt

    async def text(self, settings: GenerationSettings, seed: int) -> str:
        """The first system's response."""
        ask = ResponseRequest(self.served.first, settings, seed)
        try:
            return (await self.served.respond(self.prompt, ask)).text
        except NoResponse:
            return ""

    async def _texts(self, settings: GenerationSettings, seeds: int) -> set[str]:
        """The different texts, without responses that were withheld."""
        return {await self.text(settings, seed) for seed in range(1, seeds + 1)} - {""}

    async def ignored(self, settings: GenerationSettings) -> list[str]:
        """Settings in use that have no effect where they must have one."""
        hot = replace(LOOK, temperature=HOTTEST)
        if settings.temperature > 0 and len(await self._texts(hot, 3)) == 1:
            return ["temperature"]
        found = []
        if settings.top_k and not await self._is_greedy(replace(hot, top_k=1)):
            found.append("top_k")
        if settings.min_p and not await self._is_greedy(replace(hot, min_p=1.0)):
            found.append("min_p")
        return found

    async def _is_greedy(self, settings: GenerationSettings) -> bool:
        """Whether the text is the greedy one, or at least the same with another seed."""
        texts = await self._texts(settings, 2)
        return len(texts) < 2 or await self.text(LOOK, 1) in texts

    async def doubts(self, settings: GenerationSettings) -> list[str]:
        """Sentences on settings that are unreliable."""
        found = []
        if settings.repetition_penalty != 1 and not await self._penalises():
            found.append("It cannot be seen that the server applies the repetition penalty.")
        if settings.temperature > 0 and not await self._repeats():
            found.append(
                "The server does not repeat what it drew for a seed: responses cannot be written again."
            )
        if settings.temperature == 0 and len(await self._texts(LOOK, 2)) > 1:
            found.append(
                "At temperature 0 the server does not write the same text twice: it draws all the same."
            )
        return found

    async def _penalises(self) -> bool:
        harsh = replace(LOOK, repetition_penalty=HARSH)
        return await self.text(harsh, 1) != await self.text(LOOK, 1)

    async def _repeats(self) -> bool:
        if "seed" in self.served.supported.refused:
            return False
        settings = replace(LOOK, temperature=1.0)
        return await self.text(settings, 1) == await self.text(settings, 1)


def what_is_refused(served: ServedSystems) -> Iterator[str]:
    if lost := served.supported.lost_settings:
        yield f"The server does not take {', '.join(lost)}: its own defaults may act."


UNSEEN = (
    "The server fills in the chat template itself: whether it heeds the options {options} is not seen from "
    "outside."
)


async def option_notes(served: ServedSystems, request: SystemRequest) -> tuple[str, ...]:
    """A sentence for each option without effect on the prompt, where that can be determined.

    Raises:
        UserError: ``template-option``, if the server accepts no options.
    """
    options = request.template_options
    if not options:
        return ()
    listed = ", ".join(f"{name} = {value}" for name, value in options)
    if served.prompt_format is PromptFormat.PLAIN:
        return (f"The model has no chat template: the options {listed} change nothing.",)
    try:
        ids = await _asked(served, served.names[request.key], options)
    except Refused as error:
        what = f"The server does not take options of the chat template ({listed}): {error.short}"
        how = "Take them out of the system's recipe, or use another server."
        raise UserError(what, where=served.server.address.host, how=how, code="template-option") from error
    if ids is None:
        return (UNSEEN.format(options=listed),)
    idle = [
        f"The chat template's option {one[0]} = {one[1]} changes nothing in a prompt."
        for one in options
        if await _ids(served, tuple(other for other in options if other != one)) == ids
    ]
    return tuple(idle)


async def _asked(served: ServedSystems, name: str, options: Options) -> tuple[int, ...] | None:
    """Token ids of an answered prompt with these options; None where the server builds the prompt."""
    prompt = await served.prompt(HELLO, options=options)
    if prompt.chat:
        with suppress(NoResponse):
            await served.respond(prompt, ResponseRequest(name))
    return prompt.ids


async def _ids(served: ServedSystems, options: Options) -> tuple[int, ...] | None:
    return (await served.prompt(HELLO, options=options)).ids
