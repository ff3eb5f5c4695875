"""Systems as the owner enters them: on one line (folder, hub id or server address), or in several fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, urldefrag, urlsplit

from ftcompare.core.errors import UserError
from ftcompare.core.language import N_
from ftcompare.core.study import OWN_TEMPLATE, SystemKind, SystemSpec
from ftcompare.engine.models.model_folder import ADAPTER_CONFIG
from ftcompare.engine.server_address import EXAMPLE as EXAMPLE
from ftcompare.engine.server_address import SCHEMES, read_address
from ftcompare.engine.server_address import Address as Address

QUANTISATIONS = ("8bit", "4bit")
TEMPLATES = {"own": OWN_TEMPLATE, "base": ""}


def is_served(text: str) -> bool:
    return urlsplit(text).scheme in SCHEMES and "://" in text


def served_system(name: str, text: str) -> SystemSpec:
    """A system behind an OpenAI-compatible server.

    ``text``: ``http://host:8000/v1#NAME``, or ``…#model=BASE&adapter=NAME`` for a fine-tune of a model that
    the server calls ``BASE``. Raises `UserError`: ``system-form``.
    """
    parts = urlsplit(text)
    named = parse_qs(parts.fragment) if "model=" in parts.fragment else {"model": [parts.fragment]}
    model, adapter = named.get("model", [""])[-1], named.get("adapter", [""])[-1]
    if not (parts.hostname and model) or parts.username or parts.query:
        raise UserError(
            "This is not the address of a served model.",
            where=text,
            how="Write http://HOST:PORT/v1#NAME, with the model's name on the server.",
            code="system-form",
        )
    url = parts._replace(fragment="").geturl().rstrip("/")
    return SystemSpec(name, SystemKind.SERVED, model=model, adapter=adapter, url=url)


def template_choices(entries: Iterable[str]) -> dict[str, str]:
    """The chat templates of lines ``NAME=own`` or ``NAME=base``, by adapter. Raises ``template-form``."""
    found = {}
    for entry in entries:
        name, _, template = entry.rpartition("=")
        if not name or template not in TEMPLATES:
            what = f"{entry!r} does not say which chat template to use for the adapter."
            how = "Write NAME=own for the adapter's own, or NAME=base for the base's."
            raise UserError(what, how=how, code="template-form")
        found[name] = TEMPLATES[template]
    return found


def folder_name(place: str) -> str:
    """The name of a folder, also for ``.`` and ``..``; for a hub id, the model's name."""
    return Path(place).name if Path(place).name not in ("", "..") else Path(place).resolve().name


def is_full_model(place: str) -> bool:
    """Whether a folder on this machine contains a full model and not an adapter."""
    folder = Path(place)
    return (folder / "config.json").is_file() and not (folder / ADAPTER_CONFIG).is_file()


def server_place(url: str) -> Address:
    """Parse an address; ``/v1`` is added where it has no path. Raises ``bad-url``."""
    return read_address(urldefrag(url).url)


def served_spec(name: str, url: str, model: str, adapter: str = "") -> SystemSpec:
    """The system for a name in the study and the server's names of its model and adapter."""
    api = server_place(url).api
    if not model:
        how = "Give the name under which the server has it."
        raise UserError("The model's name on the server is missing.", how=how, code="server-name")
    return SystemSpec(name, SystemKind.SERVED, model=model, adapter=adapter, url=api)


def one_line_address(url: str, model: str) -> str:
    return f"{url}#{model}"


def names_model(address: str) -> bool:
    return bool(address.partition("#")[2])


class Need(StrEnum):
    """The requirement of a system to generate: local files, a server, or nothing for imported answers."""

    FILES = "files"
    SERVER = "server"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class KindOfSystem:
    """One kind. ``title`` is for the owner; ``reported`` is for readers of a report."""

    kind: SystemKind
    title: str
    reported: str
    need: Need


_KINDS = (
    KindOfSystem(SystemKind.BASE, N_("Base model"), N_("base model"), Need.FILES),
    KindOfSystem(SystemKind.ADAPTER, N_("Adapter"), N_("fine-tuned"), Need.FILES),
    KindOfSystem(SystemKind.MODEL, N_("Full model"), N_("full model"), Need.FILES),
    KindOfSystem(SystemKind.SERVED, N_("Served model"), N_("served model"), Need.SERVER),
    KindOfSystem(SystemKind.IMPORTED, N_("Imported"), N_("imported answers"), Need.NOTHING),
)
_BY_KIND = {one.kind: one for one in _KINDS}


def kind_of(spec: SystemSpec) -> KindOfSystem:
    return _BY_KIND[spec.kind]
