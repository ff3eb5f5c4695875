"""Calls a model's modules without torch's overhead around each call.

torch checks for hooks at every call of a module, and looks up attributes slowly; in a small model this takes
as long as some of its arithmetic. During generation, a module without hooks is therefore called by its
``forward``, and a list of modules is replaced by a plain list of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn


class _Direct(partial[Any]):
    """Replaces a module: calls its ``forward``; all other attributes are the module's own."""

    module: nn.Module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


def direct_calls(parent: nn.Module) -> Iterator[tuple[nn.Module, str, object]]:
    """For a model as it is now: parents, names of their parts, and what may stand in these places.

    What lies within PEFT's layers is left out, and so are modules with hooks or with a call of their own.
    """
    for name, child in parent.named_children():
        if isinstance(child, BaseTunerLayer):
            continue
        if isinstance(child, nn.ModuleList):
            yield parent, name, [_direct(part) for part in child]
        elif not isinstance(parent, nn.ModuleList) and _is_plain(child):
            yield parent, name, _direct(child)
        yield from direct_calls(child)


def _direct(module: nn.Module) -> object:
    if not _is_plain(module):
        return module
    found = _Direct(module.forward)
    found.module = module
    return found


def _is_plain(module: nn.Module) -> bool:
    """Whether calling it is the same as calling its ``forward``."""
    hooks = module._forward_hooks or module._forward_pre_hooks  # noqa: SLF001 - torch has no public name
    return not hooks and type(module).__call__ is nn.Module.__call__
