"""Uploads a folder as a data set of the Hugging Face hub: the only module that sends anything there."""

from __future__ import annotations

from pathlib import Path

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.engine.optional_dependencies import require_engine

_SIGN_IN = "Sign in with `hf auth login`, with a token that may write, and check the name."


def upload_dataset(folder: Path, name: str) -> str:
    """Upload a folder to the data set ``OWNER/NAME``, and return its address.

    A data set that does not exist is created, and is private. Files of the same names are replaced in a new
    commit. Raises `UserError` ``hub-refused``, and `EnvironmentFault` ``engine-missing`` or
    ``hub-unreachable``.
    """
    require_engine(("huggingface_hub", "httpx2"))
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    hub = HfApi()
    try:
        address = hub.create_repo(name, repo_type="dataset", private=True, exist_ok=True)
        hub.upload_folder(
            repo_id=name, folder_path=folder, repo_type="dataset", commit_message="Export of FTCompare"
        )
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError) as error:
        what = "The hub refused the upload."
        if isinstance(error, HfHubHTTPError):
            what = f"The hub refused the upload (status {error.response.status_code})."
        raise UserError(what, where=name, how=_SIGN_IN, code="hub-refused") from error
    except (HTTPError, OSError) as error:
        how = f"Check the network. Or upload it later: hf upload {name} {folder} --repo-type dataset"
        what = "The hub cannot be reached, and nothing was uploaded."
        raise EnvironmentFault(what, where=name, how=how, code="hub-unreachable") from error
    return str(address)
