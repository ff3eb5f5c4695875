"""Inspect: the answers in its logs, JSON or ``.eval``.

Source: ``EvalLog`` and ``EvalSample`` in ``inspect_ai/log/_log.py``, and ``log/_recorders/eval.py``, of
github.com/UKGovernmentBEIS/inspect_ai. An ``.eval`` file is a ZIP archive with a file for each sample.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from errno import EINVAL
from pathlib import Path
from struct import error as StructError
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import crc32
from zlib import error as ZlibError

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.records import OutputRecord
from ftcompare.core.trace import calls_tools
from ftcompare.formats import record_fields
from ftcompare.formats.answer_files import output_of
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.foreign_pairs import MAX_BYTES
from ftcompare.formats.json_files import parse, read_elements
from ftcompare.formats.parquet_file import zstd_unpacked
from ftcompare.formats.text_files import MAX_LINE_BYTES, MIB, open_binary, printable, refused, require_content

MAX_DIRECTORY = 16 * MIB  # size of the list of files, which is held in memory
ZSTANDARD = 93
_ENCRYPTED = 0x1

_END, _END_64 = b"PK\5\6", b"PK\6\7"  # signatures of the end record, and of the locator of the 64-bit one
_END_BYTES = 22 + 65_535  # the end record with the longest comment
_LOCATOR_BYTES = 20
_LOCAL, _LOCAL_BYTES = b"PK\3\4", 30
_DAMAGED = (BadZipFile, ZlibError, StructError, EOFError, RuntimeError, NotImplementedError, ValueError)


class ZipParts:
    """Files of an archive, for use in a ``with`` block; every method raises `UserError` for damaged ones.

    Format: PKWARE, APPNOTE.TXT, 4.3.7 (local header), 4.3.14 to 4.3.16 (end records), 4.4.5 (method 93 is
    Zstandard). Python's zipfile knows Zstandard from version 3.14; pyarrow unpacks it here.

    ``max_bytes``: maximum size of the archive, and of its files once unpacked. ``how``: what to do about an
    archive that cannot be read.
    """

    def __init__(self, path: Path, *, max_bytes: int, how: str) -> None:
        self._path, self._how = path, how
        self._stack = ExitStack()
        with self._damage(), ExitStack() as opening:
            self._handle: BinaryIO = opening.enter_context(open_binary(path, max_bytes=max_bytes))
            self._require_small_directory()
            self._archive = opening.enter_context(ZipFile(self._handle))
            self._infos = {info.filename: info for info in self._archive.infolist() if not info.is_dir()}
            self.names = tuple(self._infos)
            if sum(info.file_size for info in self._infos.values()) > max_bytes:
                what = f"The archive is larger than {max_bytes // MIB} MiB once unpacked."
                raise refused(path, what, how, "file-too-large")
            self._stack = opening.pop_all()

    def __enter__(self) -> ZipParts:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def where(self, name: str) -> str:
        return f"{printable(self._path.name)}, {printable(name)[:80]}"

    def text(self, name: str) -> str:
        info = self._infos[name]
        if max(info.file_size, info.compress_size) > MAX_LINE_BYTES:
            what = f"The file is larger than {MAX_LINE_BYTES // MIB} MiB."
            raise UserError(what, where=self.where(name), how=self._how, code="file-too-large")
        with self._damage():
            unpack = self._zstandard if info.compress_type == ZSTANDARD else self._archive.read
            return unpack(info).decode("utf-8")

    def _zstandard(self, info: ZipInfo) -> bytes:
        """Unpack a file that Python's zipfile may not know; it is never unpacked beyond its stated size."""
        self._handle.seek(info.header_offset)
        local = self._handle.read(_LOCAL_BYTES)
        names = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        self._handle.seek(names, 1)
        data = zstd_unpacked(self._handle.read(info.compress_size), info.file_size, how=self._how)
        encrypted = info.flag_bits & _ENCRYPTED
        if (
            encrypted
            or not local.startswith(_LOCAL)
            or len(data) != info.file_size
            or crc32(data) != info.CRC
        ):
            raise BadZipFile
        return data

    def _require_small_directory(self) -> None:
        """Refuse a long list of files before `ZipFile` reads it whole."""
        self._handle.seek(max(0, self._handle.seek(0, 2) - _END_BYTES - _LOCATOR_BYTES))
        tail = self._handle.read()
        at = tail.rfind(_END)
        size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
        if size > MAX_DIRECTORY or tail[max(0, at - _LOCATOR_BYTES) :].startswith(_END_64):
            what = "The archive contains too many files."
            raise refused(self._path, what, self._how, "file-too-large")

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except (OSError, *_DAMAGED) as error:
            if isinstance(error, OSError) and error.errno != EINVAL:  # of a position before the file
                raise
            raise refused(self._path, "This archive is damaged.", self._how, "bad-archive") from None


FAILED = "samples that ended in an error"
UNANSWERED = "samples without an answer in text"

_TOP = record_fields.field_names(
    "version status eval plan results stats error invalidated log_updates reductions tags metadata"
)
_SAMPLE = record_fields.field_names(
    "id epoch input choices target messages output attachments error uuid events events_data timelines store "
    "sandbox files setup limit model_usage role_usage started_at completed_at total_time working_time "
    "error_retries turn_count"
)
_ATTACHED = "attachment://"
ARCHIVE = ".eval"
_HEADERS = ("header.json", "_journal/start.json")  # the second, of a run that has not ended
_SAMPLE_FILE = re.compile(r"samples/[^/]+\.json")
_CONVERT = "Write it as JSON, and import that: inspect log convert --to json --output-dir FOLDER FILE."


def read(path: Path, notes: record_fields.ImportNotes) -> Iterator[OutputRecord]:
    run, found = record_fields.Record({}, "", 0), False
    ids, responses = record_fields.PromptIds(), record_fields.SeenResponses()
    if path.suffix.lower() == ARCHIVE:
        for run, sample in _archived(path):
            found, notes.read = True, notes.read + 1
            yield from _sample(sample, run, notes, ids, responses)
        require_content(path, has_records=found, wanted="a log of Inspect with samples")
        return
    for element in read_elements(path, [("samples",)], max_bytes=MAX_BYTES):
        match element.path:
            case ("samples",) if element.number:
                found, notes.read = True, notes.read + 1
                yield from _sample(element.record(), run, notes, ids, responses)
            case ("eval",):
                run = element.record()
            case () | ("samples",):
                raise element.error("This is not a log of Inspect: samples must be a list in an object.")
            case (name, *_):
                if name not in _TOP:
                    notes.unread[name[: record_fields.MAX_LABEL]] += 1
    require_content(path, has_records=found, wanted="a log of Inspect with samples")


def _archived(path: Path) -> Iterator[tuple[record_fields.Record, record_fields.Record]]:
    """Yield each sample of an archive with the record of its run."""
    with ZipParts(path, max_bytes=MAX_BYTES, how=_CONVERT) as parts:
        header = next((name for name in _HEADERS if name in parts.names), "")
        if not header:
            raise refused(path, "This is not a log of Inspect: it has no header.json.", _CONVERT, "bad-line")
        run = record_fields.Record(_object(parts, header), parts.where(header), 0).part("eval")
        for name in filter(_SAMPLE_FILE.fullmatch, parts.names):
            yield run, record_fields.Record(_object(parts, name), parts.where(name), 0)


def _object(parts: ZipParts, name: str) -> dict[str, Json]:
    try:
        value = parse(parts.text(name))
    except ValueError as error:
        raise UserError(str(error), where=parts.where(name), how=_CONVERT, code="bad-line") from None
    if not isinstance(value, dict):
        what = f"The file is not an object but {record_fields.shown(value)}."
        raise UserError(what, where=parts.where(name), how=_CONVERT, code="bad-line")
    return value


def _sample(
    record: record_fields.Record,
    run: record_fields.Record,
    notes: record_fields.ImportNotes,
    ids: record_fields.PromptIds,
    responses: record_fields.SeenResponses,
) -> Iterator[OutputRecord]:
    if not run.fields:
        raise record.error("eval, which names the model, is missing or follows the samples.")
    notes.note_unread(record, _SAMPLE)
    answer = _traced(record, notes) or _answer(record)
    if record.has("error") or answer is None:
        notes.leave_out(FAILED if record.has("error") else UNANSWERED)
        return
    fields: dict[str, Json] = {
        "prompt": _input(record),
        "system": run.required_label("model"),
        "response": answer,
        "prompt_id": f"{run.label('task')}/{record.required_label('id')}".lstrip("/"),
        "category": run.label("task"),
        "reference": _target(record),
        "sample": _epoch(record) - 1,
    }
    given = replace(record, fields=fields)
    output = output_of(given)
    ids.check(given, output.prompt.key, output.prompt.messages)
    responses.check(given, output.prompt.messages, output.system, output.response, output.sample)
    yield output


def _epoch(record: record_fields.Record) -> int:
    epoch = record.number("epoch")
    if epoch is None:
        return 1
    if epoch < 1 or epoch != int(epoch):
        raise record.error(f"epoch is {record_fields.shown(epoch)}; it must be a whole number from 1.")
    return int(epoch)


def _input(record: record_fields.Record) -> Json:
    """Return text, or messages without their other fields; with the choices, lettered as Inspect does."""
    given = record.fields.get("input")
    choices = "\n".join(f"{chr(65 + n)}) {text}" for n, text in enumerate(record.texts("choices")))
    if not isinstance(given, list):
        asked = _resolved(record, given)
        return f"{asked}\n\n{choices}" if choices and isinstance(asked, str) else asked
    turns = [_turn(record, turn) for turn in given]
    for number, turn in enumerate(turns, start=1):
        if turn.get("content") is None and not calls_tools(turn):
            raise record.error(f"input, turn {number}: the content is not text.")
    if choices and turns and turns[-1]["content"] is not None:
        turns[-1]["content"] = f"{turns[-1]['content']}\n\n{choices}"
    return [*turns]


def _turn(record: record_fields.Record, message: Json) -> dict[str, Json]:
    """Return a message in OpenAI's form, without the fields that Inspect adds."""
    given = message if isinstance(message, dict) else {}
    turn: dict[str, Json] = {"role": given.get("role"), "content": _content(record, message)}
    calls = given.get("tool_calls")
    if isinstance(calls, list) and calls:
        turn["tool_calls"] = [_call(record, call) for call in calls if isinstance(call, dict)]
    if turn["role"] == "tool":
        turn |= {"tool_call_id": given.get("tool_call_id"), "name": given.get("function")}
    return turn


def _call(record: record_fields.Record, call: dict[str, Json]) -> Json:
    arguments = call.get("arguments")
    if isinstance(arguments, dict):
        arguments = {name: _resolved(record, value) for name, value in arguments.items()}
    written = json.dumps(arguments, ensure_ascii=False)
    function: dict[str, Json] = {"name": call.get("function"), "arguments": written}
    return {"id": call.get("id"), "type": "function", "function": function}


def _traced(record: record_fields.Record, notes: record_fields.ImportNotes) -> Json:
    """Return the messages of an answer that calls tools, as of a trace; None for other answers."""
    given = record.fields.get("messages")
    every = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    written = (n for n, one in enumerate(every) if one.get("source") == "generate")
    path = [_turn(record, one) for one in every[next(written, len(every)) :]]
    if not any(map(calls_tools, path)):
        return None
    if any(turn["role"] not in ("assistant", "tool") for turn in path):
        notes.unread["messages"] += 1  # a user or a program asked again in between
        return None
    answer = _answer(record)
    if path[-1]["role"] != "assistant" or calls_tools(path[-1]):
        path += [{"role": "assistant", "content": answer}] if answer else []
    return [{**turn, "content": turn["content"] or ""} for turn in path]


def _answer(record: record_fields.Record) -> str | None:
    output = record.part("output")
    choices = output.fields.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    text = _content(record, message)
    return text if text is not None else _text(_resolved(record, output.fields.get("completion")))


def _content(record: record_fields.Record, message: Json) -> str | None:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return record_fields.text_of(content)
    return _text(_resolved(record, content))


def _resolved(record: record_fields.Record, text: Json) -> Json:
    """Return the text, or the attachment that a log stores instead of a long text."""
    if not isinstance(text, str) or not text.startswith(_ATTACHED):
        return text
    return record.part("attachments").fields.get(text.removeprefix(_ATTACHED), text)


def _target(record: record_fields.Record) -> str:
    target = record.fields.get("target")
    parts = target if isinstance(target, list) else [target]
    return "\n".join(part for part in parts if isinstance(part, str))


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


IMPORT = ImportFormat(
    id="inspect",
    title="Inspect log",
    description="Answers of an evaluation with Inspect, from its log. Each epoch is a sample.",
    told_by=("eval samples",),
    outputs=read,
    suffixes=(".json", ARCHIVE),
)
