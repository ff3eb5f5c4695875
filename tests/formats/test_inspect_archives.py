"""Inspect's ``.eval`` logs: a real one, each method of compression, and damaged or hostile archives."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile
from zlib import crc32

import pytest

from ftcompare.core.errors import EnvironmentFault, FTCompareError
from ftcompare.core.trace import steps
from ftcompare.formats import inspect_log
from ftcompare.formats.record_fields import ImportNotes
from ftcompare.formats.registry import recognised_format
from ftcompare.formats.text_files import MAX_LINE_BYTES
from tests.builders import present, refuses
from tests.formats.judged_rows import answers
from tests.formats.test_evaluation_logs import LOGGED, RUN, document

REAL = Path(__file__).with_name("inspect_0.3.285.eval")
REAL_WITH_TOOLS = Path(__file__).with_name("inspect_tools_0.3.285.eval")
SAMPLES: list[dict[str, Any]] = [LOGGED, LOGGED | {"epoch": 2}, LOGGED | {"id": "ü", "input": "How?"}]


def files(header: str = "header.json", run: object = RUN, samples: list[Any] = SAMPLES) -> dict[str, str]:
    """Names and texts of the files of a log; with others that hold no samples."""
    written = {f"samples/{number}_epoch_1.json": json.dumps(one) for number, one in enumerate(samples)}
    return {"summaries.json": "[]", **written, "samples/": "", header: json.dumps(run), "scans/x.bin": "\0"}


def packed(texts: dict[str, str], method: int = ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with ZipFile(data, "w", method) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return data.getvalue()


def zstandard(texts: dict[str, str], size: int | None = None) -> bytes:
    """An archive of Zstandard frames, two in each file; ``size`` is stated instead of the real one."""
    pyarrow = pytest.importorskip("pyarrow")
    frames = {}
    for name, text in texts.items():
        halves = text.encode()[: len(text) // 2], text.encode()[len(text) // 2 :]
        frames[name] = b"".join(pyarrow.compress(half, codec="zstd", asbytes=True) for half in halves)
    data = io.BytesIO()
    with ZipFile(data, "w", ZIP_STORED) as archive:
        for name, frame in frames.items():
            archive.writestr(name, frame)
            info, content = archive.getinfo(name), texts[name].encode()
            info.compress_type, info.CRC = inspect_log.ZSTANDARD, crc32(content)
            info.file_size = len(content) if size is None else size
    return data.getvalue()


def written(folder: Path, data: bytes) -> Path:
    (folder / "log.eval").write_bytes(data)
    return folder / "log.eval"


def test_a_real_log(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    notes = ImportNotes()
    found = answers(inspect_log.IMPORT, REAL, notes)
    assert [(one.prompt.key, one.sample, one.response[:8]) for one in found] == [
        ("lay/q1", 0, "Answer 0"),
        ("lay/q2", 0, "Answer 1"),
        ("lay/3", 0, "Answer 2"),
        ("lay/q1", 1, "Answer 3"),
        ("lay/q2", 1, "Answer 4"),
        ("lay/3", 1, "Answer 5"),
    ]
    assert [message.role for message in found[1].prompt.messages] == ["system", "user"]
    assert (found[1].prompt.reference, found[1].system) == ("a\nb", "mockllm/model")
    assert (notes.read, dict(notes.unread)) == (6, {"scores": 6})
    assert present(recognised_format(REAL)).form is inspect_log.IMPORT


def test_calls_of_tools_in_a_real_log(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    found = answers(inspect_log.IMPORT, REAL_WITH_TOOLS)
    assert [one.response for one in found] == ["You are booked on the RE 12."] * 2
    assert [len(one.prompt.messages) for one in found] == [1, 3]
    assert [(step.name or step.result, step.result) for step in steps(found[0].earlier) if step.name] == [
        ("search_trains", "RE 12 to Trier, 9:05"),
        ("book", "booked RE 12"),
    ]


CALL: dict[str, Any] = {
    "role": "assistant",
    "source": "generate",
    "content": "",
    "tool_calls": [{"id": "1", "function": "search", "arguments": {"to": "attachment://a"}}],
}
RESULT = {"role": "tool", "content": "9:05", "function": "search", "tool_call_id": "1"}
SAID = {"role": "assistant", "source": "generate", "content": "So."}
ASKED = {"role": "user", "content": "Why?"}


@pytest.mark.parametrize(
    ("messages", "called", "answer", "unread"),
    [
        ([ASKED, CALL, RESULT, SAID], ['search({"to": "Trier"})'], "So.", {}),
        ([ASKED, CALL, RESULT], ['search({"to": "Trier"})'], "So.", {}),
        ([ASKED, CALL], ['search({"to": "Trier"})'], "So.", {}),
        ([ASKED, SAID], [], "So.", {}),
        ([ASKED, CALL, RESULT, ASKED, SAID], [], "So.", {"messages": 1}),
        ([ASKED, {**CALL, "tool_calls": "f"}, 5], [], "So.", {}),
    ],
)
def test_messages_of_a_sample_are_its_steps(
    tmp_path: Path, messages: list[Any], called: list[str], answer: str, unread: dict[str, int]
) -> None:
    sample = LOGGED | {"messages": messages, "attachments": {"a": "Trier"}}
    notes = ImportNotes()
    (found,) = answers(
        inspect_log.IMPORT, document(tmp_path / "log.json", RUN | {"samples": [sample]}), notes
    )
    assert [step.call for step in steps(found.earlier)] == called
    assert (found.response, dict(notes.unread)) == (answer, unread)


@pytest.mark.parametrize("pack", [packed, zstandard, lambda texts: packed(texts, ZIP_STORED)])
@pytest.mark.parametrize("header", ["header.json", "_journal/start.json"])
def test_an_archive_gives_what_the_json_log_gives(
    tmp_path: Path, pack: Callable[[dict[str, str]], bytes], header: str
) -> None:
    path = written(tmp_path, pack(files(header)))
    assert answers(inspect_log.IMPORT, path) == answers(
        inspect_log.IMPORT, document(tmp_path / "log.json", RUN | {"samples": SAMPLES})
    )


def patched(data: bytes, signature: bytes, at: int, value: bytes) -> bytes:
    start = data.rindex(signature) + at
    return data[:start] + value + data[start + len(value) :]


LOG = packed(files())
LONG = json.dumps(LOGGED | {"input": "x" * MAX_LINE_BYTES})
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "no archive": (lambda: b"PK but no archive", "bad-archive"),
    "empty": (lambda: b"", "bad-archive"),
    "no header": (lambda: packed({"samples/a.json": "{}"}), "bad-line"),
    "no samples": (lambda: packed(files(samples=[])), "file-empty"),
    "no object": (lambda: packed(files(samples=[[1]])), "bad-line"),
    "no JSON": (lambda: packed(files() | {"samples/z.json": "{"}), "bad-line"),
    "deep": (lambda: packed(files() | {"samples/z.json": "[" * 10_000}), "bad-line"),
    "not UTF-8": (lambda: LOG.replace(b"{", b"\xff"), "bad-archive"),
    "a bomb": (lambda: packed(files() | {"samples/z.json": LONG}), "file-too-large"),
    "a bomb of Zstandard": (lambda: zstandard(files() | {"samples/z.json": LONG}, size=9), "bad-archive"),
    "another size": (lambda: zstandard(files(), size=9), "bad-archive"),
    "another text": (lambda: patched(packed({"header.json": "{}"}), b"PK\1\2", 16, b"abcd"), "bad-archive"),
    "encrypted": (lambda: patched(zstandard({"header.json": "{}"}), b"PK\1\2", 8, b"\1"), "bad-archive"),
    "unknown method": (lambda: patched(packed({"header.json": "{}"}), b"PK\1\2", 10, b"\x63"), "bad-archive"),
    "a long list": (lambda: patched(LOG, b"PK\5\6", 12, b"\0\0\0\x7f"), "file-too-large"),
    "64 bits": (lambda: LOG.replace(b"PK\5\6", b"PK\6\7" + bytes(16) + b"PK\5\6"), "file-too-large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_and_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    make, code = HOSTILE[name]
    path = written(tmp_path, make())
    with refuses(code):
        answers(inspect_log.IMPORT, path)


def test_stated_sizes_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_log, "MAX_BYTES", 64 * 1024)
    path = written(tmp_path, packed(files() | {f"x{number}": "0" * 9_000 for number in range(8)}))
    with refuses("file-too-large"):
        answers(inspect_log.IMPORT, path)


def test_cut_and_changed_archives_raise_errors_for_the_user_only(tmp_path: Path) -> None:
    rng, refused = Random(1), 0
    for data in (LOG, zstandard(files())):
        for number in range(150):
            changed = bytearray(data[: rng.randrange(len(data))] if number % 3 == 0 else data)
            for _ in range(number % 3 * 4):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            try:
                answers(inspect_log.IMPORT, written(tmp_path, bytes(changed)))
            except FTCompareError:
                refused += 1
    assert refused > 150


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python unpacks Zstandard itself")
def test_zstandard_without_pyarrow_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, zstandard(files()))
    monkeypatch.setattr("ftcompare.core.optional_module.find_spec", lambda _: None)
    with pytest.raises(EnvironmentFault, match=r"pip install pyarrow.*inspect log convert"):
        answers(inspect_log.IMPORT, path)
