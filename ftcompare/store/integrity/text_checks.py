"""Verification of prompts and responses: the digest of each, computed anew from what is stored now.

What a digest covers is spelled at once, byte for byte what `canonical_json` makes of it: `prompt_digest`
and `response_digest` say what that is.
"""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quoted

from ftcompare.core.hashing import Json, canonical_json, digest_spelled
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_list
from ftcompare.store.study.systems import options_json, to_system

_PROMPTS = """SELECT id, key, messages, category, split, reference, checks, tags, messages_digest, digest
    FROM prompts WHERE id > ? ORDER BY id"""

_RESPONSES = """SELECT r.id, r.system, r.sample, r.finish_reason, r.tokens, r.record, r.digest, r.text,
        p.digest
    FROM responses r LEFT JOIN prompts p ON p.id = r.prompt WHERE r.id > ? ORDER BY r.id"""

_OF_SYSTEM = "SELECT id, name, kind, model, adapter, neutral_name, options FROM systems"


def prompts(db: Connection, after: int = 0) -> tuple[int, str]:
    """Verify the prompts with an id above ``after``.

    Returns:
        The id of the last one, and what is wrong; empty where nothing is.
    """
    last = after
    for last, key, stored, category, split, reference, checks, tags, asked, whole in db.each(
        _PROMPTS, (after,)
    ):
        messages = ",".join([f"[{quoted(role)},{quoted(text)}]" for role, text in read_list(stored)])
        tail = "" if tags == "[]" else f",{_spelled(read_list(tags))}"
        spelled = (
            f"[{quoted(key)},[{messages}],{quoted(category)},{quoted(split)},{quoted(reference)},"
            f"{'[]' if checks == '[]' else _spelled(read_list(checks))}{tail}]"
        )
        found = (
            digest_spelled("messages", f"[{messages}]".encode()),
            digest_spelled("prompt", spelled.encode()),
        )
        if found != (asked, whole):
            return last, f"prompt “{key}” was altered"
    return last, ""


def responses(db: Connection, after: int = 0) -> tuple[int, str]:
    """Verify the responses with an id above ``after``, with the prompts and systems that they are of.

    Returns:
        The id of the last one, and what is wrong; empty where nothing is.

    Raises:
        LookupError: a response is of no system.
    """
    authors, last = _authors(db), after
    for last, system, sample, finish, tokens, active, stored, text, prompt in db.each(_RESPONSES, (after,)):
        author, more = authors[system]
        spelled = (
            f"[{quoted(prompt)},{author},{sample},{quoted(finish)},{'null' if tokens is None else tokens},"
            f"{quoted(text)}{more(active)}]"
        )
        if digest_spelled("response", spelled.encode()) != stored:
            return last, f"response {last}, its prompt or its system was altered"
    return last, ""


def _authors(db: Connection) -> dict[int, tuple[str, Callable[[str], str]]]:
    """Of each system what all its responses cover, and what goes by what acted."""
    found: dict[int, tuple[str, Callable[[str], str]]] = {}
    for system in map(to_system, db.rows(_OF_SYSTEM)):
        spec = system.spec
        author: list[Json] = [system.id, spec.name, spec.kind, spec.model, spec.adapter]
        found[system.id] = _spelled(author), _more(options_json(spec))
    return found


def _more(options: dict[str, Json]) -> Callable[[str], str]:
    """Spells what not every response has; nothing where there is nothing."""

    def spell(active: str) -> str:
        given: dict[str, Json] = {**options, **({"active": active} if active else {})}
        return f",{_spelled(given)}" if given else ""

    return spell


def _spelled(value: Json) -> str:
    return canonical_json(value).decode()
