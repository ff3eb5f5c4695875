"""Folders that ``datasets.load_dataset`` reads and that dataset hubs accept.

Source: Hugging Face, "Structure your repository" and "Create a dataset card": ``README.md`` with a YAML
header whose ``configs`` name the data files of each part.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from ftcompare.formats import data_card
from ftcompare.formats.data_card import DataCard, render
from ftcompare.formats.export_format import AnyExportFormat, RowKind
from ftcompare.formats.training import trainers

CONFIGS: dict[str, AnyExportFormat] = {
    "preference": trainers.PREFERENCE,
    "unpaired": trainers.UNPAIRED,
    "sft": trainers.SUPERVISED,
}
"""Tables of the folder; the first is the default."""


CARD = "README.md"
_OF_FOLDER = re.compile(rf"data/({'|'.join(CONFIGS)})/\w+\.jsonl")
_DIGEST = "<!-- SHA-256 of the text above: {} -->\n"


def data_file(config: str, part: str) -> str:
    return f"data/{config}/{part}.jsonl"


def readme(card: DataCard, name: str, tables: Mapping[str, Mapping[str, int]]) -> str:
    text = render(card, name)
    _, header, body = text.split("---\n", 2)
    page = f"---\n{header}{_configs(tables)}---\n{body}\n{_usage(name, tables)}\n"
    return page + _DIGEST.format(_digest(page))


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the checksums of the data files in the card of such a folder, by name; else none."""
    told = data_card.read_checksums(folder / CARD)
    return told if all(map(_OF_FOLDER.fullmatch, told)) else {}


def is_card_unchanged(folder: Path) -> bool:
    text = (folder / CARD).read_text(encoding="utf-8", errors="replace")
    page = text[: -len(_DIGEST.format(_digest("")))]
    return text == page + _DIGEST.format(_digest(page))


def _digest(page: str) -> str:
    return hashlib.sha256(page.encode()).hexdigest()


def _configs(tables: Mapping[str, Mapping[str, int]]) -> str:
    lines = ["configs:"]
    for config, parts in tables.items():
        lines.append(f"- config_name: {config}")
        if config == next(iter(tables)):
            lines.append("  default: true")
        lines.append("  data_files:")
        for part in parts:
            lines += [f"  - split: {part}", f"    path: {json.dumps(data_file(config, part))}"]
    return "\n".join(lines) + "\n"


def _usage(name: str, tables: Mapping[str, Mapping[str, int]]) -> str:
    rows = [
        f"| `{config}` | {part} | {count:,} |"
        for config, parts in tables.items()
        for part, count in parts.items()
    ]
    table = "\n".join(["| table | part | rows |", "|---|---|--:|", *rows])
    first = next(iter(tables))
    example = f'from datasets import load_dataset\n\nrows = load_dataset("{Path(name).name}", "{first}")'
    return f"## Tables\n\n{table}\n\n```python\n{example}\n```\n"


EXPORT = trainers.trl_format(
    id="dataset",
    title="Dataset folder",
    description="A folder with a card and TRL's tables (preference, unpaired, supervised), for "
    "load_dataset and for a data set hub.",
    rows=RowKind.PREFERENCE,
    stem="dataset",
    to_object=trainers.preference,
    suffix="",
    file_type="Folder",
    folder=True,
)
