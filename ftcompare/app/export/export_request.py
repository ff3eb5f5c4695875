"""The user's choices for an export."""

from __future__ import annotations

from dataclasses import dataclass, field

from ftcompare.core.errors import UserError
from ftcompare.formats.export_format import AnyExportFormat, RowKind
from ftcompare.formats.training.filters import Corrections, PairFilters
from ftcompare.formats.training.train_test_parts import Parts


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The user's choices for an export.

    Args:
        filters: for training rows only.
        conversational: prompts as chat messages; only for formats that also have a plain form.
        without_excluded: whether the judgments of excluded raters are left out.
        parts: how training rows are divided into files; None for one file.
        raw_cells: cells without protection against formulas, for tables; as in `ExportContext`.
        reasoning: whether to include the reasoning of answers, in formats that can hold it.
        licence: licence of the texts as an SPDX id, for the data card; may be empty.
        language: language of the texts as a BCP 47 tag, for the data card; may be empty.
    """

    format: AnyExportFormat
    filters: PairFilters = field(default_factory=PairFilters)
    conversational: bool = True
    without_excluded: bool = False
    parts: Parts | None = None
    raw_cells: bool = False
    reasoning: bool = False
    licence: str = ""
    language: str = ""


def require_known(request: ExportRequest) -> None:
    """Refuse filters that the format does not support, instead of ignoring them.

    Raises:
        UserError: code ``filter-not-known``.
    """
    form = request.format
    if not request.conversational and not form.plain_form:
        raise _not_known(form, "has no plain form", "Leave out --standard.")
    if request.raw_cells and not form.takes_raw_cells:
        raise _not_known(form, "marks no cells", "Leave out --raw-cells.")
    if request.reasoning and not form.takes_reasoning:
        raise _not_known(form, "holds no reasoning", "Choose outputs, or leave out --reasoning.")
    if request.filters.corrections is Corrections.ONLY and not form.rows.takes_corrections:
        raise _not_known(form, "holds no corrections", "Choose trl-preference or trl-sft.")
    if form.rows is RowKind.TABLE and request != ExportRequest(form):
        raise _not_known(form, "holds the whole study: it takes no filter", "Leave out the options.")
    if not form.rows.trains and (request.filters != PairFilters() or request.parts):
        how = "Leave out the filters, or choose a format of training rows."
        raise _not_known(
            form, f"holds every {form.rows.value}: it takes no filters of pairs and no parts", how
        )


def _not_known(form: AnyExportFormat, why: str, how: str) -> UserError:
    return UserError(f"The format {form.id} {why}.", how=how, code="filter-not-known")
