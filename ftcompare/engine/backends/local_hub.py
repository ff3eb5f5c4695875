"""Fetching a model or adapter that the user named by its hub id: the one place that uses the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.engine.model_folder import looks_like_hub_id

WANTED_FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "README.md")
UNWANTED_FILES = ("*/*",)


def local_folder(text: str, *, allow_hub: bool) -> str:
    """The folder of a model or adapter: the text itself, or where a hub id was downloaded to.

    Raises:
        UserError: ``hub-off`` (a hub id, and the hub was not allowed), ``hub-missing``.
        EnvironmentFault: ``hub-unreachable``.
    """
    if not looks_like_hub_id(text):
        return text
    if not allow_hub:
        raise UserError(
            f"There is no folder {text!r}; it may be the name of a model on the hub.",
            how="Choose a folder, or allow the download from the hub.",
            code="hub-off",
        )
    return _download(text)


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
