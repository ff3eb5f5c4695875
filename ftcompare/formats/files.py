"""Text files in and out: lines with their numbers and limits, and writing that is whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, TextIO

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.temporary_files import forget_part, part_beside, put_new, sync_file, sync_folder

MIB = 1024**2
MAX_LINE_BYTES = 16 * MIB
"""The longest line that any reader takes, its line end included."""

_SHOWN_NAME = 80
_BOM = b"\xef\xbb\xbf"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_BAD_PATH = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.ELOOP,
    errno.EEXIST,
}


def printable(text: str) -> str:
    """The text with control characters, bidi controls and lone surrogates as visible escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def place(path: Path, line: int) -> str:
    """Where a line stands, for ``where`` of an error. Lines count from 1."""
    return f"{_shown_name(path)}, line {line}"


@lru_cache(1)
def _shown_name(path: Path) -> str:
    """Asked for with every line of one file after another."""
    return printable(path.name)


def read_lines(path: Path, *, max_bytes: int) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file with their numbers from 1, line ends kept, one at a time.

    A byte-order mark is taken off. Only LF ends a line (a CR before it stays with it), so that
    U+2028 and the like may stand inside one.

    Raises:
        UserError: missing or unreadable file, not UTF-8, larger than ``max_bytes``, or a line
            longer than `MAX_LINE_BYTES`.
        EnvironmentFault: the disk could not be read.
    """
    if "\0" in str(path):  # the system's functions raise no OSError for it
        raise _reading_failed(OSError(errno.EINVAL, ""), path)
    try:
        with _opened(path, max_bytes) as handle:
            yield from _decoded(handle, path, max_bytes)
    except OSError as error:
        raise _reading_failed(error, path) from error


def file_beside(path: Path, name: str) -> Path:
    """The file that another file names: in that file's own folder or below it.

    A file may come from anyone, so it must not have others of this machine read.

    Args:
        path: the file that names it.
        name: as it stands there.

    Raises:
        UserError: code ``file-elsewhere``: an absolute path or one of another drive, one with ``..``, one
            that a link leads out of the folder, or a name that no file can have.
    """
    found = path.parent / name
    if not _stays_below(name) or not is_below(found, path.parent):
        raise UserError(
            f"It names the file {_quoted(name)}, which is not in its folder.",
            where=printable(path.name),
            how="Put that file into the same folder, and write its name alone.",
            code="file-elsewhere",
        )
    return found


def is_below(path: Path, folder: Path) -> bool:
    """Whether a path leads to somewhere in a folder after all links are followed."""
    if "\0" in str(path):
        return False
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _stays_below(name: str) -> bool:
    """Whether a path is relative and never goes up, in the way of this system and of any other."""
    forms = (PurePosixPath(name), PureWindowsPath(name))
    anchored = any(form.anchor or ".." in form.parts for form in forms)
    return bool(forms[0].parts) and "\0" not in name and not anchored


def _quoted(name: str) -> str:
    return repr(name if len(name) <= _SHOWN_NAME else f"{name[:_SHOWN_NAME]}…")


def require_content(path: Path, *, found: bool, wanted: str) -> None:
    """Refuse a file in which nothing was found; ``wanted`` says what should be there."""
    if not found:
        raise UserError(
            "The file is empty.",
            where=printable(path.name),
            how=f"Give a file with {wanted}.",
            code="file-empty",
        )


@contextmanager
def atomic_text(path: Path, *, encoding: str = "utf-8", replace: bool = True) -> Iterator[TextIO]:
    """A text file that takes the place of ``path`` at the end, and only if all went well.

    It is written beside ``path``, flushed to the disk and renamed. On any failure nothing is left
    behind and a file that was at ``path`` is unchanged. Line ends are written as given.

    Args:
        path: the place; links are followed.
        encoding: of the text.
        replace: whether a file that is there at the end may go.

    Raises:
        UserError: the folder is missing or may not be written to; ``file-exists``.
        EnvironmentFault: code ``disk-full``, or ``write-failed`` for what else a disk may do.
    """
    target, temporary = _place_and_part(path)
    try:
        handle = temporary.open("x", encoding=encoding, newline="")
        with _closed_quietly(handle):
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
            handle.close()
        _take_place(temporary, target, replace=replace)
    except OSError as error:
        raise _writing_failed(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        forget_part(temporary)


@contextmanager
def all_or_none(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Several new files that take their places beside ``path`` at the end, and only if all went well.

    Each is flushed to the disk before it is renamed.

    Args:
        path: the place of the first.
        replace: whether files that are there at the end may go.

    Yields:
        Where to write meanwhile: ``path``'s name in a folder of its own, in which the other files go too.

    Raises:
        UserError, EnvironmentFault: as `atomic_text`.
    """
    _, folder = _place_and_part(path)
    try:
        folder.mkdir(mode=0o700)
        yield folder / path.name
        files = {file: _place_of(path.with_name(file.name)) for file in folder.iterdir()}
        for file in files:
            sync_file(file)
        if not replace:
            _require_free(files.values())
        for file, target in files.items():
            _take_place(file, target, replace=replace)
    except OSError as error:
        raise _writing_failed(error, path) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        forget_part(folder)


def file_exists(path: Path) -> UserError:
    """A file is there that was not to be replaced."""
    return UserError(
        "There is already a file of this name.",
        where=printable(str(path)),
        how="Choose another name, or say that it is to be replaced.",
        code="file-exists",
    )


def _require_free(places: Iterable[Path]) -> None:
    for place_ in places:
        if os.path.lexists(place_):
            raise file_exists(place_)


def _place_of(path: Path) -> Path:
    """Where a file of this name really lies: links are followed, as by other programs."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    return target


def _place_and_part(path: Path) -> tuple[Path, Path]:
    """Where a file of this name really lies, and the name beside it under which it is written meanwhile."""
    try:
        target = _place_of(path)
    except OSError as error:
        raise _writing_failed(error, path) from error
    return target, part_beside(target)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one that is there is fine.

    Raises:
        UserError, EnvironmentFault: as `atomic_text`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _writing_failed(error, folder) from error


def _opened(path: Path, max_bytes: int) -> BinaryIO:
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise UserError(
            "This is not a file.", where=printable(path.name), how="Choose a file.", code="file-unreadable"
        )
    _check_size(info.st_size, path, max_bytes)
    return path.open("rb")


def _check_size(size: int, path: Path, max_bytes: int) -> None:
    if size > max_bytes:
        raise UserError(
            f"The file is larger than {max_bytes // MIB} MiB.",
            where=printable(path.name),
            how="Split it into smaller files.",
            code="file-too-large",
        )


def _decoded(handle: BinaryIO, path: Path, max_bytes: int) -> Iterator[tuple[int, str]]:
    number = read = 0
    while raw := handle.readline(MAX_LINE_BYTES + 1):
        number += 1
        read += len(raw)
        _check_size(read, path, max_bytes)
        yield number, _text_of(raw.removeprefix(_BOM) if number == 1 else raw, path, number)


def _text_of(raw: bytes, path: Path, line: int) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise UserError(
            f"The line is longer than {MAX_LINE_BYTES // MIB} MiB.",
            where=place(path, line),
            how="Check that each line holds one record.",
            code="line-too-long",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"The text is not UTF-8: byte {error.start + 1} of the line is 0x{raw[error.start]:02X}."
        raise UserError(what, where=place(path, line), how=_SAVE_AS_UTF8, code="not-utf8") from error
    if "\0" in text:
        what = "The text is not UTF-8: it holds NUL characters, as UTF-16 and binary files do."
        raise UserError(what, where=place(path, line), how=_SAVE_AS_UTF8, code="not-utf8")
    return text


_SAVE_AS_UTF8 = "Save the file as UTF-8."


@contextmanager
def _closed_quietly(handle: TextIO) -> Iterator[None]:
    """Close whatever happens; a close that fails after a failure must not hide the first reason."""
    try:
        yield
    finally:
        with suppress(OSError):
            handle.close()


def _take_place(temporary: Path, target: Path, *, replace: bool) -> None:
    if replace:
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    else:
        _put_new(temporary, target)
    sync_folder(target.parent)


def _put_new(temporary: Path, target: Path) -> None:
    try:
        put_new(temporary, target)
    except FileExistsError as error:
        raise file_exists(target) from error


def _reading_failed(error: OSError, path: Path) -> FTCompareError:
    where = printable(path.name)
    if error.errno in _BAD_PATH:
        return UserError("There is no such file.", where=where, how="Check the path.", code="file-missing")
    if error.errno in _FORBIDDEN:
        how = "Check who may read it."
        return UserError("The file may not be read.", where=where, how=how, code="file-unreadable")
    return EnvironmentFault(
        f"The file could not be read ({_reason(error)}).", where=where, code="read-failed"
    )


def _writing_failed(error: OSError, path: Path) -> FTCompareError:
    where = printable(path.name)
    if error.errno in _FULL:
        how = "Free some space, or choose another place."
        return EnvironmentFault("The disk is full.", where=where, how=how, code="disk-full")
    if error.errno in _FORBIDDEN:
        how = "Choose another folder, or close the program that holds the file open."
        return UserError("The file may not be written here.", where=where, how=how, code="file-not-writable")
    if error.errno in _BAD_PATH:
        how = "Choose a file name in a folder that exists."
        return UserError("No file can be written there.", where=where, how=how, code="folder-missing")
    return EnvironmentFault(
        f"The file could not be written ({_reason(error)}).", where=where, code="write-failed"
    )


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
