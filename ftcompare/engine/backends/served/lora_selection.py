"""Adapters of llama.cpp's server: one model, and for each request the scales of its adapters.

Its list of models has only the base. ``GET /lora-adapters`` lists the adapters that it has loaded, with ids,
paths, and scales. A request's field ``lora`` sets all scales for this request: adapters that it does not name
are off. Without the field, or with an empty list, the listed scales apply: those are 1 also after
``--lora-init-without-apply`` (version 0.5.0).

Its cache of prompts does not record which adapter computed them. Requests therefore switch the cache off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed
from ftcompare.engine.backends.served.replies import as_object
from ftcompare.engine.protocol import SystemRequest

OWNER = "llamacpp"  # in its list of models, the owner of each


@dataclass(frozen=True, slots=True)
class LoadedLora:
    id: int
    path: str
    scale: float  # applied to requests that do not set it

    @property
    def name(self) -> str:
        """The name of its file, without the suffix."""
        return re.split(r"[\\/]", self.path)[-1].removesuffix(".gguf")

    def is_named(self, name: str) -> bool:
        return name in (self.path, self.name, f"{self.name}.gguf", str(self.id))


async def loaded_loras(
    server: Server, requests: Sequence[SystemRequest], models: Mapping[str, Json]
) -> tuple[LoadedLora, ...]:
    """Return the adapters of a server of llama.cpp; of others, which are not asked, none."""
    unlisted = any(request.adapter and request.adapter not in models for request in requests)
    if not unlisted and not any(one.get("owned_by") == OWNER for one in models.values()):
        return ()
    try:
        listed = (await server.get(f"{server.address.root}/lora-adapters")).get("data")
    except (Refused, ServerFailed):
        return ()
    entries = [as_object(one) for one in listed] if isinstance(listed, list) else []
    return tuple(
        LoadedLora(number, str(entry.get("path")), float(scale))
        for entry in entries
        if type(number := entry.get("id")) is int and isinstance(scale := entry.get("scale"), int | float)
    )


def select_loras(
    server: Server,
    requests: Sequence[SystemRequest],
    models: Mapping[str, Json],
    loras: Sequence[LoadedLora],
) -> dict[str, LoadedLora]:
    """Let requests select base and adapters by scales; return the adapters by their names in the study."""
    matches = {
        request.adapter: [lora for lora in loras if lora.is_named(request.adapter)]
        for request in requests
        if request.adapter and request.adapter not in models
    }
    chosen = {name: named[0] for name, named in matches.items() if len(named) == 1}
    for request in requests if chosen else ():
        server.selections[request.model] = _fields(loras, None)
        if lora := chosen.get(request.adapter):
            server.selections[request.adapter] = {"model": request.model, **_fields(loras, lora)}
    return chosen


def _fields(loras: Sequence[LoadedLora], on: LoadedLora | None) -> Json:
    scales = [{"id": one.id, "scale": (one.scale or 1.0) if one is on else 0.0} for one in loras]
    return {"lora": scales, "cache_prompt": False}


def lora_note(request: SystemRequest, loras: Sequence[LoadedLora], chosen: Mapping[str, LoadedLora]) -> str:
    """The note on how a system's adapters are switched, or that they are not; empty without adapters."""
    if lora := chosen.get(request.adapter):
        return f"Each request switches the adapter {lora.name} on, at scale {lora.scale or 1.0:g}."
    if chosen:
        return "Each request switches all adapters of the server off."
    active = ", ".join(lora.name for lora in loras if lora.scale)
    if not active or request.adapter:
        return ""
    return (
        f"The server applies {active} to every answer, so this is not the model alone. To compare both, name "
        f"the adapter: {request.url}#model={request.model}&adapter={active.partition(', ')[0]}."
    )
