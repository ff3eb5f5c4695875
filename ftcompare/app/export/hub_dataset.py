"""Upload an exported folder to a data set of a hub, after its name was given twice."""

from __future__ import annotations

from ftcompare.app.export.exporting import ExportDone
from ftcompare.core.errors import UserError
from ftcompare.engine.hub_upload import upload_dataset
from ftcompare.engine.models.model_folder import looks_like_hub_id
from ftcompare.formats.export_format import AnyExportFormat


def require_agreed(form: AnyExportFormat, name: str, agreed: str) -> None:
    """Raise `UserError` ``hub-name``, ``hub-format``, or ``hub-agreement``; before anything is written."""
    if not form.folder:
        what = f"The format {form.id} writes a file, and a data set of the hub is a folder."
        raise UserError(what, how="Use --format dataset.", code="hub-format")
    if not looks_like_hub_id(name):
        what = "This is not the name of a data set on the hub."
        raise UserError(what, where=name, how="Write OWNER/DATASET.", code="hub-name")
    if agreed != name:
        what = "The upload sends prompts and answers of the study to the Hugging Face Hub."
        raise UserError(what, where=name, how=f"To allow it, add --agree {name}.", code="hub-agreement")


def upload_export(done: ExportDone, name: str) -> str:
    """Upload the files of an export, and return the address; raises as `upload_dataset`."""
    return upload_dataset(done.path, name)
