"""Chat template and special tokens of an adapter, read as data; no template is rendered here.

A template writes special tokens into the prompt. Another tokenizer can replace the template's own only if it
has the same special tokens with the same ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.engine.models.folder_files import read_json

TEMPLATE_FILE = "chat_template.jinja"
TOKENIZER_CONFIG = "tokenizer_config.json"
MOST_BYTES = 2**20  # maximum number of bytes of a template; a longer one is ignored

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
"""Names by which a template may refer to special tokens."""

LISTS = ("additional_special_tokens", "extra_special_tokens")


@dataclass(frozen=True, slots=True)
class AdapterTemplate:
    """Chat template with the special tokens of its own tokenizer."""

    text: str  # the template's source
    named: Mapping[str, str] | None = None  # special tokens by name; None where the folder lists none
    declared: Mapping[str, int | None] = field(default_factory=dict)  # special and added tokens, ids
    folder: str = ""  # the folder that it was read from, for errors

    @property
    def end(self) -> str:
        return (self.named or {}).get("eos_token", "")

    @property
    def alone(self) -> str:
        """Template in which names of special tokens that its own tokenizer lacks are undefined.

        When it is rendered with another tokenizer, that tokenizer's tokens would be available under
        these names. The ``+`` signs keep Jinja from trimming the following white space.
        """
        missing = [] if self.named is None else [name for name in NAMED if name not in self.named]
        return "".join(f"{{%+ set {name} = token_that_is_not_there +%}}" for name in missing) + self.text

    @property
    def digest(self) -> str:
        named: dict[str, Json] | None = None if self.named is None else {**self.named}
        return digest("own-chat-template", {"template": self.text, "named": named})

    def used(self, *rendered: str) -> tuple[str, ...]:
        """Return the special tokens in its source and in rendered texts, and the end token."""
        texts = (self.text, *rendered)
        named = (self.named or {}).items()
        by_name = {token for name, token in named if re.search(rf"\b{name}\b", self.text)}
        found = {token for token in self.declared if any(token in text for text in texts)}
        return tuple(sorted(by_name | found | ({self.end} - {""})))


def template_text(folder: Path) -> str | None:
    file = folder / TEMPLATE_FILE
    try:
        if file.is_file():
            return file.read_text("utf-8") if file.stat().st_size <= MOST_BYTES else None
    except (OSError, UnicodeError):
        return None
    found = _optional(folder / TOKENIZER_CONFIG).get("chat_template")
    return found if isinstance(found, str) else None


def has_template(folder: Path) -> bool:
    """Return whether a model's folder has a chat template in any form that transformers reads."""
    files = (folder / TEMPLATE_FILE, folder / "chat_template.json")
    return any(map(Path.is_file, files)) or bool(_optional(folder / TOKENIZER_CONFIG).get("chat_template"))


def read_adapter_template(folder: Path) -> AdapterTemplate | None:
    """Return the template of an adapter's folder with its tokens; None where none can be read."""
    text = template_text(folder)
    if text is None:
        return None
    declared = {token: number for token, number in _declared(folder) if token}
    return AdapterTemplate(text, _named(folder), declared, str(folder))


def differing_template(adapter: Path, base: Path) -> AdapterTemplate | None:
    own = read_adapter_template(adapter)
    return own if own is not None and own.text != template_text(base) else None


def refusal_from_folders(own: AdapterTemplate, base: Path) -> str:
    """Return `refusal` from the base's folder; only ``tokenizer.json`` can be checked before loading."""
    tokenizer = _optional(base / "tokenizer.json")
    if not tokenizer:
        return ""
    known: dict[str, int | None] = {**_vocabulary(tokenizer), **dict(_declared(base))}
    return refusal(own.used(), own.declared, lambda token: (token in known, known.get(token)))


def refusal(
    used: Iterable[str],
    declared: Mapping[str, int | None],
    look: Callable[[str], tuple[bool, int | None]],
) -> str:
    """Return why a tokenizer cannot replace a template's own, as a sentence; "" where it can.

    ``used`` are the special tokens that the template writes, ``declared`` their ids in its own tokenizer.
    ``look`` returns whether the other tokenizer has a text as a single token, and its id where known.
    """
    for token in used:
        there, number = look(token)
        own = declared.get(token)
        if not there:
            return f"It uses the token {token}, which the base's tokenizer does not have."
        if own is not None and number is not None and own != number:
            return f"Its token {token} has the number {own} in its own tokenizer but {number} in the base's."
    return ""


def require_fitting(why: str, folder: Path) -> None:
    if why:
        what = f"The adapter's own chat template cannot be used here. {why}"
        how = "Use the base's template for it."
        raise UserError(what, where=str(folder), how=how, code="adapter-template")


def no_template(folder: Path) -> UserError:
    what = "The adapter has no chat template of its own."
    return UserError(what, where=str(folder), how="Use the base's template for it.", code="adapter-template")


def _optional(path: Path) -> dict[str, object]:
    try:
        return read_json(path, code="adapter-broken") if path.is_file() else {}
    except UserError:
        return {}


def _content(value: object) -> str:
    """Return the text of a token in a configuration, which is a string or an object with the text."""
    found = value.get("content") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _named(folder: Path) -> dict[str, str] | None:
    present = [_optional(folder / name) for name in (TOKENIZER_CONFIG, "special_tokens_map.json")]
    if not any(name in config for config in present for name in (*NAMED, "tokenizer_class")):
        return None
    found: dict[str, str] = {}
    for config in reversed(present):
        found |= {name: _content(config[name]) for name in NAMED if name in config}
    return {name: token for name, token in found.items() if token}


def _declared(folder: Path) -> Iterator[tuple[str, int | None]]:
    """Yield tokens and their ids; where a token occurs several times, the last entry has its id."""
    config = _optional(folder / TOKENIZER_CONFIG)
    for name in LISTS:
        values = config.get(name)
        for value in values if isinstance(values, list) else ():
            yield _content(value), None
    for token in (_named(folder) or {}).values():
        yield token, None
    for token, number in _optional(folder / "added_tokens.json").items():
        yield token, number if type(number) is int else None
    decoder = config.get("added_tokens_decoder")
    for key, value in decoder.items() if isinstance(decoder, dict) else ():
        if str(key).isdecimal() and _content(value):
            yield _content(value), int(key)
    added = _optional(folder / "tokenizer.json").get("added_tokens")
    for entry in added if isinstance(added, list) else ():
        if isinstance(entry, dict) and _content(entry) and type(entry.get("id")) is int:
            yield _content(entry), entry["id"]


def _vocabulary(tokenizer: Mapping[str, object]) -> dict[str, int]:
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, list):  # a unigram model's list of token and log-probability
        places = enumerate(vocabulary)
        return {str(entry[0]): place for place, entry in places if isinstance(entry, list) and entry}
    return vocabulary if isinstance(vocabulary, dict) else {}
