"""TRL's rows, standard and conversational: preference, unpaired preference, supervised; reward rows.

Sources: TRL's "Dataset formats and types", and "Reward Modeling" for the column ``margin``. A row names no
system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ftcompare.core.hashing import Json
from ftcompare.formats.export_format import (
    AnyExportFormat,
    ExportContext,
    ExportFormat,
    FormatGroup,
    RowKind,
)
from ftcompare.formats.record_fields import messages_json
from ftcompare.formats.training.columns import (
    answer_columns,
    answer_of,
    one_turn_alone,
    pair_columns,
    prompt_of,
)
from ftcompare.formats.training.exchange import asked, completion
from ftcompare.formats.training.rows import PreferenceRow, TrainingAnswer


def preference(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    return {
        "prompt": prompt_of(row, context),
        "chosen": answer_of(row.prompt, row.chosen, row.chosen_earlier, context),
        "rejected": answer_of(row.prompt, row.rejected, row.rejected_earlier, context),
        **pair_columns(row, context),
    }


def reward(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    """Return a pair of whole conversations, which `RewardTrainer` scores as they are."""
    if not context.conversational:
        return preference(row, context)
    before = messages_json(asked(row.prompt))
    return {
        "chosen": [*before, *completion(row.prompt, row.chosen, row.chosen_earlier)],
        "rejected": [*before, *completion(row.prompt, row.rejected, row.rejected_earlier)],
        **pair_columns(row, context),
    }


def unpaired(row: TrainingAnswer, context: ExportContext) -> dict[str, Json]:
    return {
        "prompt": prompt_of(row, context),
        "completion": answer_of(row.prompt, row.text, row.earlier, context),
        "label": row.label,
        **answer_columns(row, context),
    }


def supervised(row: TrainingAnswer, context: ExportContext) -> dict[str, Json]:
    columns = answer_columns(row, context)
    if context.conversational:
        turns = [*messages_json(asked(row.prompt)), *completion(row.prompt, row.text, row.earlier)]
        return {"messages": turns, **columns}
    return {"prompt": prompt_of(row, context), "completion": row.text, **columns}


def _trl_format(
    name: str,
    title: str,
    description: str,
    rows: RowKind,
    stem: str,
    to_object: Callable[..., Mapping[str, Json]],
) -> AnyExportFormat:
    return ExportFormat(
        id=name,
        title=title,
        description=description,
        group=FormatGroup.TRAINING,
        task="text-generation",
        rows=rows,
        stem=stem,
        to_object=to_object,
        names_systems=False,
        plain_form=True,
        unfit=one_turn_alone,
        holds_turns=True,
    )


PREFERENCE = _trl_format(
    "trl-preference",
    "TRL preference (DPO)",
    "Prompt, chosen and rejected answer of each pair with a clear winner. For DPO.",
    RowKind.PREFERENCE,
    "preferences",
    preference,
)
UNPAIRED = _trl_format(
    "trl-unpaired",
    "TRL unpaired (KTO)",
    "Single answers marked good or bad: winners are good, losers are bad, and both answers of a pair where "
    "both are bad. For KTO.",
    RowKind.LABELLED,
    "answers good and bad",
    unpaired,
)
SUPERVISED = _trl_format(
    "trl-sft",
    "TRL supervised (SFT)",
    "The preferred answer of each pair with a clear winner, once each. For fine-tuning.",
    RowKind.WINNER,
    "preferred answers",
    supervised,
)
REWARD = _trl_format(
    "reward",
    "Reward model (TRL)",
    "Chosen and rejected conversation of each pair with a clear winner, and by what margin.",
    RowKind.PREFERENCE,
    "reward rows",
    reward,
)
