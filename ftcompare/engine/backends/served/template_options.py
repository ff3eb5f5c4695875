"""Chat template options for a served system: whether the server accepts them, and which have an effect."""

from __future__ import annotations

from contextlib import suppress

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.served.http_client import Refused
from ftcompare.engine.backends.served.prompts import HELLO, Options, PromptFormat
from ftcompare.engine.backends.served.replies import NoResponse
from ftcompare.engine.backends.served.request import ResponseRequest, ServedSystems
from ftcompare.engine.protocol import SystemRequest

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
    told = ", ".join(f"{name} = {value}" for name, value in options)
    if served.prompt_format is PromptFormat.PLAIN:
        return (f"The model has no chat template: the options {told} change nothing.",)
    try:
        ids = await _asked(served, served.names[request.key], options)
    except Refused as error:
        what = f"The server does not take options of the chat template ({told}): {error.short}"
        how = "Take them out of the system's recipe, or use another server."
        raise UserError(what, where=served.server.address.host, how=how, code="template-option") from error
    if ids is None:
        return (UNSEEN.format(options=told),)
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
