"""FTCompare: blind comparison of a language model and its fine-tuned models, judged by people.

The names of `ftcompare.api` are also names of this package. They are loaded when one is first used, because
the command line and the window import this package, too.
"""

from typing import TYPE_CHECKING, Any

from ftcompare.core.version import VERSION as __version__

if TYPE_CHECKING:
    from ftcompare.api import *  # noqa: F403 - the names of the API

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    from importlib.util import find_spec

    # The import system looks names of modules up here before it imports them.
    if not name.startswith("_") and not find_spec(f"{__name__}.{name}"):
        from ftcompare import api

        if name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from ftcompare import api

    return sorted([*globals(), *api.__all__])
