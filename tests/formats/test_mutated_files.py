"""Damaged files of every kind are read or refused in words: nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.judgments import read_judgments
from ftcompare.formats.outputs import read_outputs
from ftcompare.formats.prompts import read_prompts

MUTANTS = 300
HOSTILE = [
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b'"',
    b"[" * 70,
    b"1e999",
    b"NaN",
    b"\r",
    b"\t,;|",
]

CHAT = [{"role": "system", "content": "Bréf"}, {"role": "user", "content": "Why?"}]
JUDGMENTS = [
    {
        "prompt": CHAT,
        "system_a": "base",
        "system_b": "new",
        "response_a": "é",
        "response_b": "",
        "rater": f"r{n}",
        "choice": "ab"[n % 2],
        "strength": 2,
        "left": "a",
        "at": "2026-05-31T14:05:00Z",
    }
    for n in range(6)
]
OUTPUTS = [{"prompt": f"q{n}", "system": "s", "response": "x", "split": "trained"} for n in range(6)]
PROMPTS = [{"prompt": "One?", "id": "a"}, {"messages": CHAT, "checks": ["x"]}, {"prompt": "Two?", "id": 5}]


def lines(*values: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


SOUND: dict[str, tuple[Callable[[Path], Iterable[object]], str]] = {
    "judgments.jsonl": (read_judgments, lines(*JUDGMENTS)),
    "outputs.jsonl": (read_outputs, lines(*OUTPUTS)),
    "prompts.jsonl": (read_prompts, lines(*PROMPTS)),
    "prompts.csv": (read_prompts, 'prompt,id,split\r\n"One, ""two""\r\n?",a,trained\r\nThree?,,\r\n'),
    "prompts.tsv": (read_prompts, "prompt\tid\nOne?\ta\nTwo?\tb\n"),
    "prompts.txt": (read_prompts, "Éins?\nTwo?\n"),
    "glossary.csv": (read_glossary, "term,status,concept\na|b,preferred,x\nc,deprecated,x\n"),
    "glossary.tsv": (read_glossary, "term\tstatus\nstent\tpreferred\nrurka\tdeprecated\n"),
    "omegat.txt": (read_glossary, "# glossary\nstent\tproteza\tuwaga\nMI\tzawał\n"),
}


def mutant(sound: bytes, rng: Random) -> bytes:
    """The file after one to four accidents: a byte changed, a span lost or doubled, hostile bytes, no end."""
    data = bytearray(sound)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randint(1, 10)]
            case 2:
                data[at:at] = data[at : at + rng.randint(1, 30)]
            case 3:
                data[at:at] = rng.choice(HOSTILE)
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", SOUND)
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, name: str) -> None:
    read, content = SOUND[name]
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert list(read(path))
    rng = Random(name)
    outcomes = [outcome(read, path, mutant(content.encode(), rng)) for _ in range(MUTANTS)]
    refusals = [error for error in outcomes if error]
    assert 0 < len(refusals) < MUTANTS
    for error in refusals:
        assert error.what
        assert error.how
        assert error.where.startswith(name)
        assert str(error).isprintable()


def outcome(read: Callable[[Path], Iterable[object]], path: Path, data: bytes) -> UserError | None:
    """The refusal of a file; None where something was read from it."""
    path.write_bytes(data)
    try:
        assert list(read(path))
    except UserError as error:
        return error
    return None
