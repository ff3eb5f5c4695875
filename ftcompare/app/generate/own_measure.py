"""A measure that its owner defines: a Python file, a list of phrases, an encoder, or a command.

A Python file defines ``score(prompt, answer, reference)``. A command reads a line of JSON for each answer on
stdin, with ``id`` and the names of these arguments, and writes a line with ``id`` and ``score`` for each. A
score is a number, a truth value, null for none, or an object with several by name. A table with columns
``name`` and ``phrase`` or ``pattern`` gives 1 for each row whose phrase or regular expression occurs in the
answer, else 0.
"""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.fields import setting, word_choices
from ftcompare.core.hashing import Json, digest, file_digest
from ftcompare.core.language import N_, tr
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompt_checks import require_pattern
from ftcompare.formats.tables import SUFFIXES, read_table_file
from ftcompare.formats.text_files import MIB, printable, read_lines, reading_failed, require_content

LONGEST_NAME = 60
ALONE = ""  # name of the number of a measure that has only one


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class OwnMeasureSettings:
    """A measure as its owner describes it."""

    source: str = setting("", "Source", "Python file, table of phrases, folder of an encoder, or command.")
    name: str = setting(
        "", N_("Name"), N_("Name of the measure in results and release checks. Default: that of the file.")
    )
    better: Better = setting(
        Better.HIGHER,
        N_("Better values"),
        N_("Whether higher or lower values are better."),
        choices=word_choices(Better.HIGHER, N_("Higher"), N_("Lower"), N_("Neither")),
    )


@dataclass(frozen=True, slots=True)
class OwnMeasure:
    """A measure that was read from its files. Exactly one of the last four attributes is set."""

    name: str
    better: Better
    source: str  # as the owner wrote it, for results and messages
    folder: Path  # working directory of a command
    content: str = ""  # digest of its files
    code: str = ""  # text of the Python file
    patterns: tuple[tuple[str, str], ...] = ()  # names and regular expressions of phrases
    command: tuple[str, ...] = ()
    encoder: Path | None = None  # folder of a text encoder

    @property
    def digest(self) -> str:
        """Digest of the files and settings: a changed measure is a new one."""
        return digest("own-measure", [self.name, self.better.value, self.content])


def read_own_measure(settings: OwnMeasureSettings, folder: Path = Path()) -> OwnMeasure:
    """Read a measure whose paths are relative to a folder. For phrases, neither direction is better.

    Raises:
        UserError: ``own-measure`` for an invalid name or command; as `read_lines` and `read_table_file`.
    """
    source = settings.source.strip()
    path = folder / Path(source).expanduser()
    found, files = OwnMeasure("", settings.better, source, folder), [path]
    if source and (path / "config.json").is_file():
        found, files = replace(found, encoder=path), [*path.glob("*"), *path.glob("1_Pooling/*")]
    elif path.suffix not in (".py", *SUFFIXES) or (" " in source and not path.is_file()):
        found = replace(found, command=_words(source))
        files = [one for word in found.command if (one := folder / word).is_file()]
        path = files[-1] if files else Path(found.command[0])
    elif path.suffix == ".py":
        found = replace(found, code="".join(line for _, line in read_lines(path, max_bytes=MIB)))
    else:
        found = replace(found, patterns=tuple(_patterns(path)), better=Better.NEITHER)
    name = own_name(settings.name.strip() or path.stem.replace(".", "-"), source)
    digests: list[Json] = [[one.name, _file_digest(one)] for one in sorted(files) if one.is_file()]
    return replace(found, name=name, content=digest("own-files", [[*found.command], digests]))


def _file_digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise reading_failed(error, path) from error


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command, posix=os.name == "posix"))
    except ValueError:
        words = ()
    if not words:
        how = "Name a Python file, a table of phrases, a folder with an encoder, or a command."
        raise _refused("This is no command.", command, how)
    return words


def _patterns(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and the regular expressions of a table; a phrase is matched as whole words."""
    taken, columns = set[str](), ("name", "phrase", "pattern")
    for record in read_table_file(path, max_bytes=MIB, required=columns[1:], known=columns):
        phrase, pattern = (record.text(column).strip() for column in columns[1:])
        name = own_name(record.text("name").strip() or phrase or pattern, record.where)
        if bool(phrase) is bool(pattern) or name in taken:
            raise record.error("A row needs one phrase or pattern, and a name that no other row has.")
        taken.add(name)
        try:
            require_pattern(pattern, "pattern")
        except ValueError as error:
            raise record.error(str(error)) from None
        yield name, pattern or rf"(?<!\w){re.escape(phrase)}(?!\w)"
    require_content(path, has_records=bool(taken), wanted="at least one phrase")


def own_name(name: str, where: str) -> str:
    """Return a name that can be part of a key. Raises ``own-measure``."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or "." in name or name != name.strip():
        what = tr("A name has 1 to {most} characters and no dot: {name}", LONGEST_NAME, repr(printable(name)))
        raise _refused(what, where, "Choose another name.")
    return name


def _refused(what: str, where: str, how: str) -> UserError:
    return UserError(what, where=printable(where), how=how, code="own-measure")


def row_of(prompt: PromptSpec, answer: str) -> dict[str, Json]:
    """Return the arguments of ``score``: ``reference`` is null, a text, or a list if several are accepted."""
    references: list[Json] = [*filter(None, (prompt.reference, *prompt.more_references))]
    reference = references if len(references) > 1 else references[0] if references else None
    return {"prompt": prompt.text, "answer": answer, "reference": reference}


def numbers_of(score: Json) -> Mapping[str, float]:
    """Return the numbers of a score by name; empty for null. Raises `ValueError`, the end of a sentence."""
    named = score if isinstance(score, dict) else {ALONE: score}
    found = {}
    for name, value in named.items():
        if value is not None:
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(tr("{value} is not a finite number", repr(value)[:LONGEST_NAME]))
            found[own_name(name, name) if named is score else name] = float(value)
    return found
