"""Sound files of every form that is read, and what accidents and other programs make of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pandas
from openpyxl import Workbook

from ftcompare.formats.inspect_log import ZipParts
from tests.traced_answers import BOOKED, CHECKED

HOSTILE = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\\ud800",
    b'"',
    b"\r",
    b"\t,;|",
    b"1e999",
    b"NaN",
    b"-" + b"9" * 400,
    b"9" * 5000,
    b"0x" + b"f" * 20_000,
    b"[" * 70,
    b"[" * 20_000,
    b'{"a":' * 20_000,
    b"{a=" * 20_000,
    b"a." * 20_000,
    b"\n" * 20_000,
    b"x" * 150_000,
]
"""What is set into a file as it is."""

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


ANNOTATIONS = [
    {
        "instruction": f"q{n}",
        "output_1": "é",
        "generator_1": "base",
        "output_2": "",
        "generator_2": "new",
        "annotator": "gpt",
        "preference": 1.5 + n / 10,
    }
    for n in range(4)
]
TALK = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Só."}]
BATTLE = {"model_a": "base", "model_b": "new", "winner": "tie", "judge": "u", "tstamp": 1717160700.5}
BATTLES = [BATTLE | {"conversation_a": TALK, "conversation_b": TALK} for _ in range(3)]
RATINGS = [{"score": -0.5, "rationale": "é", "is_flipped": True, "custom_fields": {}}, {"score": 1.5}]
EXAMPLE = {"input_text": "Why?", "tags": ["a"], "output_text_a": "x", "output_text_b": "y", "score": 0.5}
COMPARISON = {
    "metadata": {"source_path": "", "custom_fields_schema": []},
    "models": [{"name": "base"}, {"name": "new"}],
    "examples": [EXAMPLE | {"individual_rater_scores": RATINGS, "custom_fields": {}}, EXAMPLE],
}
CHOSEN = {"type": "pairwise", "from_name": "pw", "value": {"selected": "left"}, "meta": {"rater": "é"}}
ANNOTATED = [{"result": [CHOSEN], "completed_by": {"email": "a@b.org"}, "lead_time": 3.5}]
TASKS = [{"data": {"prompt": "Why?", "answer1": "x", "answer2": "y"}, "annotations": ANNOTATED}] * 3
MIN = {"prompt": "Why?", "answer1": "x", "answer2": "y", "id": 1, "preference": [{"selected": "left"}]}
MIN |= {"strength": [{"rating": 2}], "comment": "é", "annotator": "a@b.org", "annotation_id": 7}
"""A record of Label Studio's JSON-MIN, as its own converter writes it."""
PREFERRED = {"preference": [{"value": "a", "user_id": "u1"}], "strength": [{"value": 2, "user_id": "u1"}]}
RECORD_FIELDS = {"prompt": CHAT, "response_a": "x", "response_b": "y"}
RECORDS = [
    {"fields": RECORD_FIELDS, "metadata": {"raters": ["é"]}, "responses": PREFERRED, "suggestions": {}},
    {"fields": RECORD_FIELDS, "suggestions": {"preference": {"value": "b", "score": 0.75, "agent": "m"}}},
]
CHOSEN_ROWS = [
    {"prompt": "Why?", "chosen": "é", "rejected": ""},
    {"prompt": CHAT, "chosen": TALK[1:], "rejected": TALK[1:]},
    {"chosen": TALK, "rejected": TALK},
]
SHARED = [{"from": "human", "value": "Why?"}]
LLAMA_FACTORY = [
    {
        "conversations": SHARED,
        "chosen": {"from": "gpt", "value": "é"},
        "rejected": {"from": "gpt", "value": f"x{n}"},
    }
    for n in range(3)
]
AXOLOTL = [{"messages": CHAT, "chosen": TALK[1], "rejected": TALK[1]} for _ in range(3)]
LABELLED = [{"prompt": "Why?", "completion": f"{n}", "label": n % 2 == 0} for n in range(4)]
OPENAI = {"input": {"messages": CHAT}, "preferred_output": TALK[1:], "non_preferred_output": TALK[1:]}
GENERATED = {"gen_args_0": {"arg_0": "Why?", "arg_1": {"until": []}}}
HARNESS = [{"doc_id": n, "arguments": GENERATED, "resps": [[f"é{n}"]], "target": "x"} for n in range(3)]
LOGGED = {"epoch": 1, "input": CHAT, "target": "x", "output": {"choices": [{"message": TALK[1]}]}}
INSPECT = {"eval": {"model": "new", "task": "t"}, "samples": [LOGGED | {"id": n} for n in range(3)]}
ANSWERED = {"provider": {"id": "new"}, "prompt": {"raw": "Why?"}, "response": {"output": "é"}}
PROMPTFOO = {"evalId": "e", "results": {"version": 3, "results": [ANSWERED, ANSWERED]}}

PATHS, OF_PAIR = (BOOKED, CHECKED), ("response_a", "response_b")


def lines(*values: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


TEXTS = {
    "judgments.jsonl": lines(*JUDGMENTS),
    "outputs.jsonl": lines(*OUTPUTS),
    "outputs.csv": 'prompt,id,base,new\r\n"One, ""two""\r\n?",a,é,x\r\nThree?,b,,y\r\n',
    "outputs.tsv": "prompt\tsystem\tresponse\tsample\nOne?\tnew\té\t1\n",
    "annotations.json": json.dumps(ANNOTATIONS, indent=2, ensure_ascii=False),
    "battles.json": json.dumps(BATTLES),
    "comparison.json": json.dumps(COMPARISON, indent=1, ensure_ascii=False),
    "tasks.json": json.dumps(TASKS, ensure_ascii=False),
    "min.json": json.dumps([MIN | {"prompt": f"q{n}", "lead_time": 4.5} for n in range(3)], indent=2),
    "records.json": lines(*RECORDS),
    "chosen.jsonl": lines(*CHOSEN_ROWS),
    "llama.jsonl": lines(*LLAMA_FACTORY),
    "axolotl.jsonl": lines(*AXOLOTL),
    "labelled.jsonl": lines(*LABELLED),
    "openai.jsonl": lines(OPENAI, OPENAI),
    "harness.jsonl": lines(*HARNESS),
    "inspect.json": json.dumps(INSPECT, indent=1),
    "promptfoo.json": json.dumps(PROMPTFOO),
    "traces.jsonl": lines(*({"prompt": "Book.", "system": "ab"[n], "response": PATHS[n]} for n in (0, 1))),
    "chosen traces.jsonl": lines({"prompt": TALK[:1], "chosen": PATHS[1], "rejected": PATHS[0]}),
    "judged traces.jsonl": lines(*(one | dict(zip(OF_PAIR, PATHS, strict=True)) for one in JUDGMENTS[:2])),
    "votes.csv": 'instruction,input,response1,response2,winner,worker\nOne?,,é,x,a,7\nFour?,"f",,y,tie,Ada\n',
    "prompts.jsonl": lines(*PROMPTS),
    "prompts.csv": 'prompt,id,split\r\n"One, ""two""\r\n?",a,trained\r\nThree?,,\r\n',
    "prompts.tsv": "prompt\tid\nOne?\ta\nTwo?\tb\n",
    "prompts.txt": "Éins?\nTwo?\n",
    "glossary.csv": "term,status,concept\na|b,preferred,x\nc,deprecated,x\n",
    "glossary.tsv": "term\tstatus\nstent\tpreferred\nrurka\tdeprecated\n",
    "omegat.txt": "# glossary\nstent\tproteza\tuwaga\nMI\tzawał\n",
    "training.csv": "instruction,input,output\nOne?,two,three\nFour?,,five\n",
    "training.jsonl": lines({"messages": CHAT}, {"text": "Two?"}),
    "practice.jsonl": lines({"prompt": "Why?", "left": "So.", "right": "Thus.", "expected": "left"}),
    "gold.jsonl": lines({"messages": CHAT, "better": "So.", "worse": "Thus."}),
    "rating.toml": """question = "Which?"
strengths = 2
criteria = ["accuracy"]
raters = 3
judgments_per_pair = 2
repeats = 0.1
instructions = \'\'\'
Read both.\'\'\'
[[practice]]
prompt = "Why?"
left = "So."
right = "Thus."
""",
    "gate.toml": """system = "new"
check = true
min_win_rate = 0.5
min_judgments = 3 # all
agreement = "percent"
min_agreement = 0.6
""",
    "settings.json": '{"theme": "dark", "zoom": 1.25, "break_after": 30, "recent": ["/a"], "rater": "é"}',
}
"""Sound files by their name."""


IMPORTED = {
    "judgments.jsonl": "judgments",
    "outputs.jsonl": "outputs",
    "outputs.csv": "outputs",
    "outputs.tsv": "outputs",
    "annotations.json": "alpaca-eval",
    "battles.json": "arena",
    "comparison.json": "llm-comparator",
    "tasks.json": "label-studio",
    "min.json": "label-studio",
    "records.json": "argilla",
    "chosen.jsonl": "trl-preference",
    "llama.jsonl": "llama-factory",
    "axolotl.jsonl": "axolotl",
    "labelled.jsonl": "trl-unpaired",
    "openai.jsonl": "openai",
    "harness.jsonl": "lm-eval",
    "inspect.json": "inspect",
    "promptfoo.json": "promptfoo",
    "traces.jsonl": "outputs",
    "chosen traces.jsonl": "trl-preference",
    "judged traces.jsonl": "judgments",
    "votes.csv": "table",
}
"""Of those that are imported into a study, the format by their name."""


def _parquet(rows: list[Any]) -> bytes:
    data = io.BytesIO()
    pandas.DataFrame(rows).to_parquet(data)
    return data.getvalue()


def _archive(path: Path) -> bytes:
    """The log of Inspect in the compression of Python's zipfile."""
    data = io.BytesIO()
    with ZipParts(path, max_bytes=10**7, how="") as parts, ZipFile(data, "w", ZIP_DEFLATED) as archive:
        for name in parts.names:
            archive.writestr(name, parts.text(name))
    return data.getvalue()


def _workbook(rows: list[list[str]]) -> bytes:
    book, data = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(data)
    return data.getvalue()


REAL_LOG = Path(__file__).with_name("inspect_0.3.285.eval")
VOTES = [
    ["prompt", "answer1", "answer2", "winner", "rater"],
    *([f"q{n}", "é", "y", "a", "Ada"] for n in range(5)),
]
PARQUET_ROWS: dict[str, list[Any]] = {
    "chosen.parquet": CHOSEN_ROWS[:1] * 3,
    "talks.parquet": CHOSEN_ROWS[2:] * 3,
    "battles.parquet": BATTLES,
    "votes.parquet": [dict(zip(VOTES[0], row, strict=True)) for row in VOTES[1:]],
}
_FORMATS = ("trl-preference", "trl-preference", "arena", "table")
BINARY: dict[str, tuple[bytes, str]] = {
    **{
        name: (_parquet(rows), form)
        for (name, rows), form in zip(PARQUET_ROWS.items(), _FORMATS, strict=True)
    },
    "votes.xlsx": (_workbook(VOTES), "table"),
    "answers.xlsx": (
        _workbook([["prompt", "base", "new"], ["Why?", "é", "x"], ["How?", "", "y"]]),
        "outputs",
    ),
    "log.eval": (REAL_LOG.read_bytes(), "inspect"),
    "deflated.eval": (_archive(REAL_LOG), "inspect"),
}
"""Sound files that are no text, by their name, with the format in which each is imported."""


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


WRONG_VALUES = [
    *(None, True, -1, 0, 2.5, 1e308, 10**30, "", "x", "\0", "\ud800", "2026-13-45", "1e5", "x" * 99_999),
    *([], [None], [1, "x"], [[["x"]]], {}, {"role": "user", "content": 5}, {"a": {"a": [None]}}),
]


def altered(sound: bytes, rng: Random) -> bytes:
    """JSON that remains JSON, with one to three values lost, doubled, renamed, moved or of another type."""
    text = sound.decode()
    try:
        documents = [json.loads(text, object_pairs_hook=_Object)]
    except ValueError:
        documents = [json.loads(line, object_pairs_hook=_Object) for line in text.splitlines()]
    for _ in range(rng.randint(1, 3)):
        within, at = rng.choice([*_places(documents)])
        name, value = within[at] if isinstance(within, _Object) else ("", within[at])
        match rng.randrange(6):
            case 0 if within is not documents:
                del within[at]
            case 1:
                within.insert(at, deepcopy(within[at]))
            case 2 if name:
                within[at] = (f"{name}_", value)
            case 3:
                other, place = rng.choice([*_places(documents)])
                moved = deepcopy(other[place][1] if isinstance(other, _Object) else other[place])
                within[at] = (name, moved) if isinstance(within, _Object) else moved
            case _:
                wrong = deepcopy(rng.choice(WRONG_VALUES))
                within[at] = (name, wrong) if isinstance(within, _Object) else wrong
    return "".join(f"{_json(document)}\n" for document in documents).encode()


class _Object(list[Any]):
    """An object of JSON as names with values, so that a name may be there twice."""


def _places(value: Any) -> Iterator[tuple[list[Any], int]]:
    """Yield every place of a value within a list or an object."""
    for at, inner in enumerate(value):
        yield value, at
        inner = inner[1] if isinstance(value, _Object) else inner
        if isinstance(inner, list):
            yield from _places(inner)


def _json(value: Any) -> str:
    if isinstance(value, _Object):
        return f"{{{', '.join(f'{json.dumps(name)}: {_json(inner)}' for name, inner in value)}}}"
    return f"[{', '.join(map(_json, value))}]" if isinstance(value, list) else json.dumps(value)


def damaged(name: str, sound: bytes, rng: Random) -> bytes:
    """The file after accidents to its bytes, to a file within it, or to its values."""
    suffix = Path(name).suffix
    if rng.random() < 0.3:
        return mutant(sound, rng)
    if suffix in (".json", ".jsonl"):
        return altered(sound, rng)
    if suffix in (".eval", ".xlsx") and name != "log.eval":  # zipfile cannot unpack Zstandard
        return damaged_archive(sound, rng)
    if suffix == ".parquet":
        rows = PARQUET_ROWS[name]
        try:
            return _parquet([json.loads(line) for line in altered(lines(*rows).encode(), rng).splitlines()])
        except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
            # a column of Parquet has one type, and a record at least one field
            return mutant(sound, rng)
    return mutant(sound, rng)


def damaged_archive(sound: bytes, rng: Random) -> bytes:
    """An archive with one of its files damaged before it was packed."""
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(sound)) as old, ZipFile(packed, "w", ZIP_DEFLATED) as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, damaged(name, content, rng) if name == chosen else content)
    return packed.getvalue()
