"""Fetching a model or adapter that the user named by its hub id: the one place that uses the network."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.engine.model_folder import looks_like_hub_id

WANTED_FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "README.md")
UNWANTED_FILES = ("*/*",)


def local_folder(text: str, *, fetch: Collection[str]) -> str:
    """The folder of a model or adapter: the text itself, or where a hub id was downloaded to.

    Args:
        text: folder or hub id.
        fetch: hub ids that may be downloaded now; others only count where they are in the hub's cache.

    Raises:
        UserError: ``hub-off`` (a hub id that is not in the cache and may not be downloaded), ``hub-missing``.
        EnvironmentFault: ``hub-unreachable``.
    """
    if not looks_like_hub_id(text):
        return text
    return _download(text) if text in fetch else _cached(text)


def _cached(hub_id: str) -> str:
    """Where it was downloaded to before; nobody is asked."""
    try:
        return str(snapshot_download(hub_id, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise UserError(
            "The study names a model of the Hugging Face hub that is not on this machine, and you have not "
            "agreed to download it. Only data is downloaded: no program code of a model is ever run.",
            where=hub_id,
            how=f"If that is meant, agree to it (ftcompare generate STUDY --agree {hub_id}).",
            code="hub-off",
        ) from error


def _download(hub_id: str) -> str:
    try:
        with online():
            return str(
                snapshot_download(
                    hub_id, allow_patterns=list(WANTED_FILES), ignore_patterns=list(UNWANTED_FILES)
                )
            )
    except (RepositoryNotFoundError, GatedRepoError, EntryNotFoundError) as error:
        raise UserError(
            "The hub does not give this model.",
            where=hub_id,
            how="Check the name; for a gated model, sign in with `hf auth login` and accept its terms.",
            code="hub-missing",
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise EnvironmentFault(
            "The hub cannot be reached.",
            where=hub_id,
            how="Check the network, or download the model elsewhere and choose its folder.",
            code="hub-unreachable",
        ) from error


@contextmanager
def online() -> Iterator[None]:
    """Within it the hub's library may use the network, which the worker's environment forbids."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = False
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
