"""Downloads a model or adapter given by its hub id: the only module that contacts the hub."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import constants, errors, snapshot_download

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.engine.models import model_folder
from ftcompare.engine.models.folder_files import read_json

WANTED_FILES = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "README.md"]
UNWANTED_FILES = ["*/*"]

FOLDER_MEANT = "If you meant a folder, there is no folder with this name."


def local_folder(text: str, *, fetch: Collection[str]) -> str:
    """Return the folder itself, or the download folder of a hub id.

    Hub ids in ``fetch`` may be downloaded now; others must be in the hub's cache. Raises `UserError`
    ``hub-off`` (incomplete in the cache, download not allowed) or ``hub-missing``, and `EnvironmentFault`
    ``hub-unreachable``.
    """
    if not model_folder.looks_like_hub_id(text):
        return text
    return _downloaded(text) if text in fetch else _cached(text)


def _cached(hub_id: str) -> str:
    how = f"To allow the download, add --agree {hub_id} on the command line. {FOLDER_MEANT}"
    try:
        folder = snapshot_download(hub_id, local_files_only=True)
    except (errors.LocalEntryNotFoundError, errors.HFValidationError, OSError) as error:
        what = (
            "This is a model of the Hugging Face hub that is not on this machine, and you have not agreed to "
            "download it. Only data is downloaded. FTCompare never runs a model's program code."
        )
        raise UserError(what, where=hub_id, how=how, code="hub-off") from error
    if lacking := _lacking(Path(folder)):
        what = (
            f"This is a model of the Hugging Face hub whose download is incomplete: {lacking} is not on "
            "this machine, and you have not agreed to download it. Only data is downloaded."
        )
        raise UserError(what, where=hub_id, how=how, code="hub-off")
    return str(folder)


def _lacking(folder: Path) -> str:
    """Return the first missing file that a model or an adapter needs."""
    if (folder / model_folder.ADAPTER_CONFIG).is_file():
        needed = [model_folder.ADAPTER_WEIGHTS]
    elif (folder / model_folder.MODEL_INDEX).is_file():
        weights = read_json(folder / model_folder.MODEL_INDEX, code="model-broken").get("weight_map")
        named = weights.values() if isinstance(weights, dict) else ()
        needed = ["config.json", *sorted({str(name) for name in named})]
    else:
        needed = ["config.json", model_folder.MODEL_WEIGHTS]
    return next((name for name in needed if not (folder / name).is_file()), "")


def _downloaded(hub_id: str) -> str:
    """Download; where the hub cannot be reached, its library uses the cache."""
    try:
        with online():
            folder = snapshot_download(hub_id, allow_patterns=WANTED_FILES, ignore_patterns=UNWANTED_FILES)
    except errors.LocalEntryNotFoundError as error:  # a subclass of EntryNotFoundError
        raise _unreachable(hub_id) from error
    except (errors.RepositoryNotFoundError, errors.GatedRepoError, errors.EntryNotFoundError) as error:
        what = "The hub does not provide this model."
        how = "Check the name. For a gated model, sign in with `hf auth login` and accept its terms."
        raise UserError(what, where=hub_id, how=f"{how} {FOLDER_MEANT}", code="hub-missing") from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise _unreachable(hub_id) from error
    if lacking := _lacking(Path(folder)):
        how = (
            "If the hub cannot be reached now, try again later to download the rest. If the hub has no "
            "safetensors weights of it, choose another model."
        )
        what = f"The model is incomplete on this machine: {lacking} is missing."
        raise EnvironmentFault(what, where=hub_id, how=how, code="hub-unreachable")
    return str(folder)


def _unreachable(hub_id: str) -> EnvironmentFault:
    what = "The hub cannot be reached, and the model is not on this machine."
    how = (
        f"Check the network. Or download the model elsewhere (hf download {hub_id} --local-dir FOLDER), "
        f"copy that folder here, and make the study with it. {FOLDER_MEANT}"
    )
    return EnvironmentFault(what, where=hub_id, how=how, code="hub-unreachable")


@contextmanager
def online() -> Iterator[None]:
    """Allow the hub's library to use the network, which the worker otherwise disables."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = False
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
