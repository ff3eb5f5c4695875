"""An adapter's own chat template and tokenizer against the base's.

All systems get the same token ids, made by the base's tokenizer and template. An adapter that was trained
with others is then asked in a form it was not trained on: the owner is told, and shown where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message
from ftcompare.engine.backends.local_library import load_tokenizer
from ftcompare.engine.backends.local_loading import Base, chat_template
from ftcompare.engine.backends.local_prompts import TEMPLATE_ERRORS, prompt_text
from ftcompare.engine.folder_files import read_json
from ftcompare.engine.model_folder import AdapterFolder

TEMPLATE_FILE = "chat_template.jinja"
MOST_BYTES = 2**20
"""A longer template is not looked at."""

SHOWN = 60
"""Characters shown of each side of a difference."""


def own_parts_notes(adapter: AdapterFolder, base: Base) -> Iterator[str]:
    """In sentences, what an adapter's folder has of its own that differs from the base's."""
    template = own_template(adapter.path)
    theirs = chat_template(base.tokenizer)
    if template is not None and template != theirs:
        yield (
            f"The adapter's folder has its own chat template ({TEMPLATE_FILE} or tokenizer_config.json); "
            f"the base's is used for all systems. {first_difference(theirs, template)}"
        )
    if _differs(adapter.path / "tokenizer.json", base.folder.path / "tokenizer.json"):
        yield "The adapter's folder has its own tokenizer.json; the base's is used for all systems."


def own_template(folder: Path) -> str | None:
    """The chat template that lies in a folder; None where there is none that can be read."""
    file = folder / TEMPLATE_FILE
    try:
        if file.is_file():
            return file.read_text("utf-8") if file.stat().st_size <= MOST_BYTES else None
        config = folder / "tokenizer_config.json"
        found = read_json(config, code="adapter-broken").get("chat_template") if config.is_file() else None
    except (OSError, UnicodeError, UserError):
        return None
    return found if isinstance(found, str) else None


def first_difference(base: str, adapter: str) -> str:
    """Where two texts first differ, in a sentence."""
    pairs = enumerate(zip(base, adapter, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(base), len(adapter)))
    return f"From character {at + 1} on the base's has {_shown(base[at:])}, its own {_shown(adapter[at:])}."


def _shown(text: str) -> str:
    if not text:
        return "nothing"
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"“{short}”".replace("\n", "⏎")


def changed_prompts(adapter: AdapterFolder, base: Base, prompts: Sequence[tuple[Message, ...]]) -> str:
    """How many prompts an adapter's own template or tokenizer would make other tokens of, in a sentence.

    Returns:
        "" where the folder has neither, or where no prompt would be another.
    """
    template = own_template(adapter.path)
    own_tokens = _differs(adapter.path / "tokenizer.json", base.folder.path / "tokenizer.json")
    if template in (None, chat_template(base.tokenizer)) and not own_tokens:
        return ""
    try:
        tokenizer = load_tokenizer(str(adapter.path if own_tokens else base.folder.path))
    except Exception as error:  # noqa: BLE001  (tokenizers 0.22 raises no class of its own)
        return f"Its folder's own tokenizer cannot be loaded ({type(error).__name__}); the base's is used."
    if template is not None:
        tokenizer.chat_template = template
    elif own_tokens:
        tokenizer.chat_template = base.tokenizer.chat_template
    changed = sum(_tokens(one, tokenizer) != _tokens(one, base.tokenizer) for one in prompts)
    if not changed:
        return ""
    return f"Its folder's own chat template or tokenizer would change {changed} of {len(prompts)} prompts."


def _tokens(messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase) -> list[int] | None:
    """None where the template refuses."""
    try:
        text, special = prompt_text(messages, tokenizer)
        return list(tokenizer(text, add_special_tokens=special)["input_ids"])
    except TEMPLATE_ERRORS:
        return None


def _differs(mine: Path, other: Path) -> bool:
    return mine.is_file() and not (other.is_file() and mine.read_bytes() == other.read_bytes())
