"""The facts behind the demonstration corpus: what the data files say, as typed records.

Cardiology facts exist in two registers: *lay* words for patients, *clinical* words for
professionals. General topics have one wording. Made for demonstration; not medical advice.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"

CARDIOLOGY_KINDS = ("what_is", "signs", "treatment", "compare", "overview", "advice")
GENERAL_KINDS = ("what_is", "how", "uses", "compare", "overview", "tips")
REGISTERS = ("lay", "clinical")
LISTS = ("signs", "causes", "tests", "treatments", "advice")


@dataclass(frozen=True)
class Wording:
    """One concept's facts in one register; the lists are in order of importance."""

    definition: str
    mechanism: str
    signs: tuple[str, ...]
    causes: tuple[str, ...]
    tests: tuple[str, ...]
    treatments: tuple[str, ...]
    advice: tuple[str, ...]
    danger: str


@dataclass(frozen=True)
class Concept:
    """A cardiology concept with its names and its facts in both registers."""

    key: str
    clinical: str
    lay: str
    abbreviation: str | None
    wordings: dict[str, Wording]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a question may use: clinical, lay and, where there is one, the abbreviation."""
        names = (self.clinical, self.lay)
        return (*names, self.abbreviation) if self.abbreviation else names


@dataclass(frozen=True)
class Topic:
    """A topic of everyday knowledge."""

    key: str
    name: str
    definition: str
    steps: tuple[str, ...]
    uses: tuple[str, ...]
    activity: str
    tips: tuple[str, ...]
    fact: str


@dataclass(frozen=True)
class HeldOut:
    """What the adapter's data leave out: whole concepts, whole topics, and (concept, kind) pairs."""

    concepts: frozenset[str]
    topics: frozenset[str]
    kinds: frozenset[tuple[str, str]]

    def covers(self, keys: tuple[str, ...], kind: str) -> bool:
        """Whether a question of this kind about these concepts or topics is held out."""
        whole = self.concepts | self.topics
        return any(key in whole or (key, kind) in self.kinds for key in keys)


@dataclass(frozen=True)
class Facts:
    """Everything the corpus is written from.

    Attributes:
        concepts: Cardiology concepts by key.
        topics: General topics by key.
        wording: Phrasings of questions and forms of answers, as in ``wording.toml``.
        pairs: Pairs of keys to compare, by domain (``cardiology`` or ``general``).
        held_out: What the adapter never sees.
    """

    concepts: dict[str, Concept]
    topics: dict[str, Topic]
    wording: dict[str, Any]
    pairs: dict[str, tuple[tuple[str, str], ...]]
    held_out: HeldOut


def load_facts(folder: Path = DATA) -> Facts:
    """Read the data files.

    Raises:
        KeyError: A concept names an entry that ``lexicon.toml`` does not have.
    """
    lexicon = _read(folder / "lexicon.toml")
    wording = _read(folder / "wording.toml")
    held_out = wording["held_out"]
    return Facts(
        concepts={
            key: _concept(key, entry, lexicon) for key, entry in _read(folder / "cardiology.toml").items()
        },
        topics={key: _topic(key, entry) for key, entry in _read(folder / "general.toml").items()},
        wording=wording,
        pairs={
            domain: tuple((first, second) for first, second in pairs)
            for domain, pairs in wording["pairs"].items()
        },
        held_out=HeldOut(
            concepts=frozenset(held_out["concepts"]),
            topics=frozenset(held_out["topics"]),
            kinds=frozenset((key, kind) for key, kinds in held_out["kinds"].items() for kind in kinds),
        ),
    )


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _concept(key: str, entry: dict[str, Any], lexicon: dict[str, Any]) -> Concept:
    return Concept(
        key=key,
        clinical=entry["clinical"],
        lay=entry["lay"],
        abbreviation=entry.get("abbreviation"),
        wordings={register: _wording(entry, lexicon, side) for side, register in enumerate(REGISTERS)},
    )


def _wording(entry: dict[str, Any], lexicon: dict[str, Any], side: int) -> Wording:
    lists = {name: tuple(lexicon[name][item][side] for item in entry[name]) for name in LISTS}
    return Wording(
        definition=entry["definition"][side],
        mechanism=entry["mechanism"][side],
        danger=lexicon["dangers"][entry["danger"]][side],
        **lists,
    )


def _topic(key: str, entry: dict[str, Any]) -> Topic:
    return Topic(
        key=key,
        name=entry["name"],
        definition=entry["definition"],
        steps=tuple(entry["steps"]),
        uses=tuple(entry["uses"]),
        activity=entry["activity"],
        tips=tuple(entry["tips"]),
        fact=entry["fact"],
    )
