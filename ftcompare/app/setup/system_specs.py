"""Systems as an owner writes them down in one line: a folder, a hub id, or a name on a server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ftcompare.core.errors import UserError
from ftcompare.core.study import OWN_TEMPLATE, SystemKind, SystemSpec
from ftcompare.engine.models.model_folder import ADAPTER_CONFIG
from ftcompare.engine.server_address import SCHEMES

QUANTISATIONS = ("8bit", "4bit")
TEMPLATES = {"own": OWN_TEMPLATE, "base": ""}


def is_served(text: str) -> bool:
    """Whether a line names a server."""
    return urlsplit(text).scheme in SCHEMES and "://" in text


def served_system(name: str, text: str) -> SystemSpec:
    """A system behind an OpenAI-compatible server.

    Args:
        name: in the study.
        text: ``http://host:8000/v1#NAME``, or ``…#model=BASE&adapter=NAME`` for a fine-tune of a model
            that the server has as ``BASE``.

    Raises:
        UserError: ``system-form``.
    """
    parts = urlsplit(text)
    named = parse_qs(parts.fragment) if "model=" in parts.fragment else {"model": [parts.fragment]}
    model, adapter = named.get("model", [""])[-1], named.get("adapter", [""])[-1]
    if not (parts.hostname and model) or parts.username or parts.query:
        raise UserError(
            "This is not the address of a served model.",
            where=text,
            how="Write http://HOST:PORT/v1#NAME, with the name under which the server has the model.",
            code="system-form",
        )
    url = parts._replace(fragment="").geturl().rstrip("/")
    return SystemSpec(name, SystemKind.SERVED, model=model, adapter=adapter, url=url)


def template_choices(entries: Iterable[str]) -> dict[str, str]:
    """By adapter's name, the chat template it is asked with, of lines ``NAME=own`` or ``NAME=base``.

    Raises:
        UserError: ``template-form``.
    """
    found = {}
    for entry in entries:
        name, _, template = entry.rpartition("=")
        if not name or template not in TEMPLATES:
            raise UserError(
                f"{entry!r} does not say which chat template an adapter is asked with.",
                how="Write NAME=own for the adapter's own, or NAME=base for the base's.",
                code="template-form",
            )
        found[name] = TEMPLATES[template]
    return found


def is_full_model(place: str) -> bool:
    """Whether a folder here holds a model of its own and no adapter."""
    folder = Path(place)
    return (folder / "config.json").is_file() and not (folder / ADAPTER_CONFIG).is_file()
