"""Reads text files: numbered lines, limits, and errors that name file and line."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.language import tr

MIB = 1024**2
MAX_LINE_BYTES = 16 * MIB  # longest line that any reader accepts, with its line end
BLOCK_BYTES = 256 * 1024  # read at a time where a line may have any length

_NUL = "The text is not UTF-8: it contains NUL characters, as UTF-16 and binary files do."
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"\r\n?")
_SHOWN_NAME = 80
_BOM = b"\xef\xbb\xbf"
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
BAD_PATH = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
BAD_PATH |= {errno.EINVAL, errno.ELOOP, errno.EEXIST}


def printable(text: str) -> str:
    """Replace control characters, bidi controls and lone surrogates by visible escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def xml_text(text: str) -> str:
    """Return text for XML 1.0 (https://www.w3.org/TR/xml/#charsets), other characters as visible escapes."""
    return _NO_XML.sub(lambda match: repr(match[0])[1:-1], _LINE_END.sub("\n", text))


def place(path: Path, line: int, unit: str = "line") -> str:
    """Return the position of a line, or of a row of a sheet, from 1, for ``where`` of an error."""
    return f"{_shown_name(path)}, {tr(unit)} {line}"


@lru_cache(1)
def _shown_name(path: Path) -> str:
    """Return the name; cached, for it is read with every line of one file after another."""
    return printable(path.name)


def read_lines(path: Path, *, max_bytes: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a UTF-8 file with their numbers from 1, with line ends, one at a time.

    A byte-order mark is removed. Only LF ends a line (a CR before it stays with it), so a line may
    contain U+2028 and similar separators.
    """
    with open_binary(path, max_bytes=max_bytes) as handle:
        number = read = 0
        while raw := handle.readline(MAX_LINE_BYTES + 1):
            number += 1
            read += len(raw)
            _check_size(read, path, max_bytes)
            yield number, _text_of(raw.removeprefix(_BOM) if number == 1 else raw, path, number)


def first_bytes(path: Path, count: int) -> bytes:
    """Return the first bytes, without a byte-order mark; none of a pipe, which would wait for a writer."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(count).removeprefix(_BOM)
    except OSError:
        return b""


@contextmanager
def open_binary(path: Path, *, max_bytes: int) -> Iterator[BinaryIO]:
    """Open a file's bytes; failures while reading are converted as well."""
    if "\0" in str(path):  # the system's functions raise no OSError for it
        raise reading_failed(OSError(errno.EINVAL, ""), path)
    try:
        with _opened(path, max_bytes) as handle:
            yield handle
    except OSError as error:
        raise reading_failed(error, path) from error


def read_blocks(path: Path, *, max_bytes: int) -> Iterator[str]:
    """Yield the text of a UTF-8 file, a block at a time, without its byte-order mark."""
    with open_binary(path, max_bytes=max_bytes) as handle:
        yield from _decoded_blocks(handle, path, max_bytes)


def file_beside(path: Path, name: str, *, key: str = "") -> Path:
    """Return the file that another file at ``path`` names: in that file's own folder or below it.

    The naming file may come from anyone, so it must not make the program read others. ``name`` is the
    name as written there. If its setting ``key`` is given, the named file must exist.
    """
    found = path.parent / name
    # Whether a path is relative and never goes up, on this system and any other.
    forms = (PurePosixPath(name), PureWindowsPath(name))
    anchored = any(form.anchor or ".." in form.parts for form in forms)
    if not (bool(forms[0].parts) and "\0" not in name and not anchored) or not is_below(found, path.parent):
        shown = name if len(name) <= _SHOWN_NAME else f"{name[:_SHOWN_NAME]}…"
        what = f"It names the file {shown!r}, which is not in its folder."
        raise refused(
            path, what, "Put that file into the same folder, and give only its name.", "file-elsewhere"
        )
    if key and not found.exists():
        folder = printable(str(path.absolute().parent))
        what = f"{key} names the file {name!r}, which is not in the folder {folder}."
        raise refused(path, what, f"Put the file there, or correct {key}.", "file-missing")
    return found


def is_below(path: Path, folder: Path) -> bool:
    """Return whether a path leads into a folder after all links are followed."""
    if "\0" in str(path):
        return False
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def require_content(path: Path, *, has_records: bool, wanted: str) -> None:
    """Refuse a file without content; ``wanted`` describes the expected content."""
    if not has_records:
        what = "The file has no records." if first_bytes(path, BLOCK_BYTES).strip() else "The file is empty."
        raise refused(path, what, f"Give a file with {wanted}.", "file-empty")


def _opened(path: Path, max_bytes: int) -> BinaryIO:
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise refused(path, "This is not a file.", "Choose a file.", "file-unreadable")
    _check_size(info.st_size, path, max_bytes)
    return path.open("rb")


def _check_size(size: int, path: Path, max_bytes: int) -> None:
    if size > max_bytes:
        what = f"The file is larger than {max_bytes // MIB} MiB."
        raise refused(path, what, "Split it into smaller files.", "file-too-large")


def _decoded_blocks(handle: BinaryIO, path: Path, max_bytes: int) -> Iterator[str]:
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    read, line = 0, 1
    while True:
        raw = handle.read(BLOCK_BYTES)
        read += len(raw)
        _check_size(read, path, max_bytes)
        try:
            text = decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            at = line + error.object[: error.start].count(b"\n")
            what = f"The text is not UTF-8: it contains the byte 0x{error.object[error.start]:02X}."
            raise _not_utf8(what, path, at) from error
        if "\0" in text:
            raise _not_utf8(_NUL, path, line + text[: text.index("\0")].count("\n"))
        line += text.count("\n")
        if text:
            yield text
        if not raw:
            return


def _not_utf8(what: str, path: Path, line: int) -> UserError:
    return UserError(what, where=place(path, line), how="Save the file as UTF-8.", code="not-utf8")


def _text_of(raw: bytes, path: Path, line: int) -> str:
    if len(raw) > MAX_LINE_BYTES:
        what, how = (
            f"The line is longer than {MAX_LINE_BYTES // MIB} MiB.",
            "Check that each line contains one record.",
        )
        raise UserError(what, where=place(path, line), how=how, code="line-too-long")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"The text is not UTF-8: byte {error.start + 1} of the line is 0x{raw[error.start]:02X}."
        raise _not_utf8(what, path, line) from error
    if "\0" in text:
        raise _not_utf8(_NUL, path, line)
    return text


def reading_failed(error: OSError, path: Path) -> FTCompareError:
    if error.errno in BAD_PATH:
        return refused(path, "There is no such file.", "Check the path.", "file-missing")
    if error.errno in FORBIDDEN:
        return refused(path, "The file may not be read.", "Check who may read it.", "file-unreadable")
    what = f"The file could not be read ({reason(error)})."
    return EnvironmentFault(what, where=printable(path.name), code="read-failed")


def refused(path: Path, what: str, how: str, code: str) -> UserError:
    return UserError(what, where=printable(path.name), how=how, code=code)


def reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
