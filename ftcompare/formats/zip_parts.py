"""Text files in a ZIP archive from an untrusted source, unpacked one at a time within limits.

Format: PKWARE, APPNOTE.TXT, 4.3.7 (local header), 4.3.14 to 4.3.16 (end records), 4.4.5 (method 93 is
Zstandard). Python's zipfile knows Zstandard from version 3.14; pyarrow unpacks it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from errno import EINVAL
from pathlib import Path
from struct import error as StructError
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import crc32
from zlib import error as ZlibError

from ftcompare.core.errors import UserError
from ftcompare.formats.parquet_file import zstd_unpacked
from ftcompare.formats.text_files import MAX_LINE_BYTES, MIB, open_binary, printable, refused

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
