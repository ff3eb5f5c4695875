"""What an adapter's configuration says, checked by the table of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ftcompare.core.errors import UserError
from ftcompare.engine.models import lora_config
from ftcompare.engine.models.adapter_kinds import (
    COMMON_NEUTRAL,
    KINDS,
    LORA,
    REFUSED,
    SIZES,
    AdapterKind,
    kind_of,
)  # fmt: skip
from ftcompare.engine.models.pattern_safety import PLAIN, is_quick

NOT_FOR_PEFT = frozenset({
    "auto_mapping", "base_model_name_or_path", "peft_type", "peft_version", "revision", "task_type"
})  # fmt: skip
"""Settings that say what the adapter is and where its base lay, and not how it acts."""


MOST_ENTRIES = 10_000
"""Of a list, a mapping or a text. Models have some hundred layers, up to some thousand."""


PATTERNS = frozenset({"target_modules", "exclude_modules", "feedforward_modules"})
"""Settings that are a list of names or one pattern."""

NAMES = frozenset({"modules_to_save", "layers_pattern"})
"""Settings whose entries PEFT makes patterns of; they are names."""

NEUTRAL_INITIALISATIONS: tuple[object, ...] = (True, False, None, "gaussian", "orthogonal")
"""Others (PiSSA, OLoRA, CorDA, LoftQ …) change the base that the adapter stands on."""

CODE_KEYS = frozenset({"auto_mapping", "megatron_config", "megatron_core"})
"""Fields by which a configuration names code to import."""

MOST_NAMES = 500
"""Of these: Python keeps so many patterns ready, and makes each anew for each layer where there are more."""


def check(config: Mapping[str, object], *, where: str) -> None:
    """Refuse a configuration whose kind or settings are not taken.

    Raises:
        UserError: ``adapter-unsupported``, ``adapter-code`` or ``adapter-broken``.
    """
    kind = config.get("peft_type")
    _check_lengths(config, where)
    _check_patterns(config, where)
    if kind not in (LORA, *KINDS):
        raise _refused_kind(kind, where)
    _check_settings(kind_of(str(kind)), config, where)
    if kind == LORA:
        lora_config.check_ranks(config, where)


def _check_lengths(config: Mapping[str, object], where: str) -> None:
    """Each layer of the base is compared with each entry."""
    for key, value in config.items():
        if key.endswith("indices"):  # of tokens
            continue
        if isinstance(value, str | list | dict) and len(value) > MOST_ENTRIES:
            raise UserError(
                f"The adapter's {key} has {len(value):,} entries or characters; at most "
                f"{MOST_ENTRIES:,} are taken.",
                where=where,
                how="Copy or download it again, or train it again.",
                code="adapter-broken",
            )


def _check_patterns(config: Mapping[str, object], where: str) -> None:
    """Refuse patterns that are none, and those that PEFT could match for ever."""
    for key in PATTERNS & config.keys():
        found = config[key]
        if isinstance(found, str) and not _is_pattern(found):
            raise _bad_pattern(key, config[key], where)
    for key in NAMES & config.keys():
        named = config[key] if isinstance(config[key], list) else [config[key]]
        if isinstance(named, list) and (len(named) > MOST_NAMES or not all(map(_is_name, named))):
            raise _bad_pattern(key, config[key], where)
    for key, values in config.items():
        if key.endswith("_pattern") and isinstance(values, dict):
            for pattern in values:
                if not is_quick(pattern):
                    raise _bad_pattern(key, pattern, where)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_name(value: object) -> bool:
    return value is None or (isinstance(value, str) and PLAIN.fullmatch(value) is not None)


def _bad_pattern(key: str, value: object, where: str) -> UserError:
    shown = repr(value)
    return UserError(
        f"The adapter's {key} is no pattern of layers that can be matched: "
        f"{shown if len(shown) <= 60 else shown[:60] + '…'}.",
        where=where,
        how="Write the layers' names in its place, or train the adapter again.",
        code="adapter-pattern",
    )


def check_sizes(config: Mapping[str, object], numbers: int, *, where: str) -> None:
    """Refuse sizes that do not go with the weights, before memory is taken for them.

    Args:
        config: checked.
        numbers: that the adapter's weights hold.
        where: for the error.

    Raises:
        UserError: ``adapter-broken``.
    """
    if config["peft_type"] == LORA:
        return
    for key in sorted(SIZES & config.keys()):
        for value in _values(config[key]):
            if type(value) is not int or not -1 <= value <= numbers:
                raise UserError(
                    f"The adapter's configuration says {key} = {value!r}, which its {numbers:,} numbers "
                    "cannot hold.",
                    where=where,
                    how="Copy or download it again, or train it again.",
                    code="adapter-broken",
                )


def settings_for_peft(config: Mapping[str, object]) -> dict[str, object]:
    """The settings of a checked configuration that make PEFT's own of it; paths are left out."""
    taken = kind_of(str(config["peft_type"])).taken
    kept = {key: config[key] for key in config.keys() & taken - NOT_FOR_PEFT}
    lora = {"init_lora_weights": True} if "init_lora_weights" in taken else {}
    return {**kept, **lora, "inference_mode": True}


def rank(config: Mapping[str, object]) -> int:
    """The rank of a checked configuration, the largest where layers differ; 0 where its kind has none."""
    if config["peft_type"] == LORA:
        return lora_config.rank(config)
    value = config.get(kind_of(str(config["peft_type"])).rank)
    return value if type(value) is int else 0


def warnings(config: Mapping[str, object]) -> Iterator[str]:
    """What the owner should know of a checked configuration."""
    yield from lora_config.warnings(config)
    if config["peft_type"] == LORA:
        return
    kind = kind_of(str(config["peft_type"]))
    yield f"The adapter is of the kind {kind.title}, which is written with more slowly than LoRA."
    drawn = kind.drawn
    if drawn == "always" or (drawn and not config.get(drawn)):
        yield "Part of the adapter is not in its folder: it is drawn from a seed whenever it is loaded."


def not_stackable(config: Mapping[str, object]) -> str:
    """Why an adapter cannot write in one pass with its base, as the middle of a sentence.

    Empty where its configuration says nothing of the kind; its layers may still, once they are loaded.
    """
    kind = str(config["peft_type"])
    return lora_config.not_stackable(config) if kind == LORA else f"it is of the kind {kind_of(kind).title}"


def layers_of(config: Mapping[str, object], names: Iterable[str]) -> set[str]:
    """The layers that an adapter's tensors belong to, by the base's names of them.

    Args:
        config: checked; not of a LoRA.
        names: of the tensors.
    """
    prefix = kind_of(str(config["peft_type"])).prefix
    pattern = re.compile(rf"base_model\.model\.(?P<layer>.+?)\.{prefix}.*")
    return {found["layer"] for name in names if (found := pattern.fullmatch(name))}


def _values(value: object) -> Iterator[object]:
    """One size, or those of a pattern; of AdaLoRA's pattern, which lists what is kept, how many."""
    if isinstance(value, dict):
        for one in value.values():
            yield len(one) if isinstance(one, list) else one
    elif value is not None:
        yield value


def _refused_kind(kind: object, where: str) -> UserError:
    why = REFUSED.get(kind, "") if isinstance(kind, str) else ""
    return UserError(
        f"Adapters of the kind {kind!r} are not taken" + (f": {why}." if why else "."),
        where=where,
        how="Train an adapter that changes layers in place, such as LoRA.",
        code="adapter-unsupported",
    )


def _check_settings(kind: AdapterKind, config: Mapping[str, object], where: str) -> None:
    if unknown := [key for key in sorted(set(config) - kind.known) if config[key] is not None]:
        raise _unknown_settings(unknown, where)
    _check_auto_mapping(config, where)
    for key, values in {**COMMON_NEUTRAL, **kind.neutral}.items():
        if key in config and config[key] not in values:
            raise _refused(key, config[key], where)
    _check_initialisation(config, where)


def _check_auto_mapping(config: Mapping[str, object], where: str) -> None:
    """Refuse one that names a module outside of transformers; others are left alone, too.

    Raises:
        UserError: ``adapter-code``.
    """
    found = config.get("auto_mapping")
    library = found.get("parent_library") if isinstance(found, dict) else found
    if library is not None and not re.fullmatch(r"transformers(\.\w+)*", str(library)):
        raise _refused("auto_mapping", found, where)


def _check_initialisation(config: Mapping[str, object], where: str) -> None:
    """Refuse a LoRA whose training began by changing the base.

    Raises:
        UserError: ``adapter-unsupported``.
    """
    if config.get("init_lora_weights", True) not in NEUTRAL_INITIALISATIONS:
        raise UserError(
            f"The adapter stands on a base that was changed ({config['init_lora_weights']!r}).",
            where=where,
            how="Convert it with PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...).",
            code="adapter-unsupported",
        )


def _unknown_settings(names: Sequence[str], where: str) -> UserError:
    """The error for settings that nobody here knows."""
    return UserError(
        f"The adapter's configuration has settings that are not known here: {', '.join(names)}.",
        where=where,
        how="It may come from a later PEFT: update this program, or save the adapter with PEFT 0.21.",
        code="adapter-unsupported",
    )


def _refused(key: str, value: object, where: str) -> UserError:
    """The error for a setting with a value that is not taken."""
    if key in CODE_KEYS:
        what = f"The adapter's configuration names code to be run ({key}), which is never done here."
        return UserError(what, where=where, how=f"Remove {key} from it.", code="adapter-code")
    return UserError(
        f"The adapter uses a setting that is not supported: {key} = {value!r}.",
        where=where,
        how="Train it without that setting: it changes the base, or cannot be switched off exactly.",
        code="adapter-unsupported",
    )
