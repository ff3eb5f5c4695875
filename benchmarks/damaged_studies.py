"""A damaged or hostile study or pack, under every command: refused in one line, or what it says is true.

    python benchmarks/damaged_studies.py [--seconds 120] [--seed 1]

Copies of a study in which everything has happened, and of a rater pack with judgments, are damaged in
turn: bytes flipped, the end cut off, pages exchanged or emptied; triggers, views, generated columns,
collations and conditions put in; values of a wrong type, impossible numbers and times, JSON that is
nested, cut or of another shape, with every rule of the file switched off meanwhile. Every command then
has each copy to itself, in a process of its own with a deadline and a limit of memory.

The promises: exit status 0, 1, 2 or 3, one line on stderr where it is 2 or 3; never over the deadline or
out of memory; and where `check` finds nothing, the judgments that `export` writes are the ones that were
judged. Exits with 1 if one does not hold. POSIX only.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not to be forked
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas
from machine import machine

from ftcompare.cli.main import run
from tests.store.integrity.tampering import make_full_study
from tests.store.pack.pack_studies import Worker, make, new_study

for slow in ("scipy.stats", "sqlite_utils"):  # loaded once, and not in each fork
    importlib.import_module(slow)

# With its first text pandas has Arrow set aside 1 GiB of addresses, of which it uses next to nothing: before
# the limit of memory, which counts addresses, and not within it.
pandas.Series(["a text"])

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DEADLINE = 30.0
MEMORY = 2**30
"""Bytes that a command may take beyond what the process has at its start."""

PAGE = 4096
ENDLESS = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
DOCUMENTED = (0, 1, 2, 3)

STUDY_COMMANDS = (
    ("info",),
    ("info", "--json"),
    ("results", "--json"),
    ("raters list",),
    ("terms compare", "--json"),
    ("gate", "--system", "tuned", "--against", "plain", "--min-win-rate", "0.1"),
    ("export", "--format", "judgments", "OUT"),
    ("export", "--format", "outputs", "OUT"),
    ("check",),
)
PACK_COMMANDS = (("info",), ("check",), ("merge", "INTO"))

RULES = (
    f"CREATE TRIGGER hostile BEFORE UPDATE ON {{table}} BEGIN SELECT ({ENDLESS}); END",
    f"CREATE TRIGGER hostile BEFORE INSERT ON {{table}} BEGIN SELECT ({ENDLESS}); END",
    "CREATE TRIGGER hostile BEFORE INSERT ON {table} BEGIN SELECT RAISE (ABORT, 'no'); END",
    f"CREATE VIEW hostile AS {ENDLESS}",
    "CREATE TABLE hostile (a, b AS (zeroblob(400000000)))",
    "CREATE INDEX hostile ON {table} (hex({column}))",
    "DROP TABLE {table}",
    "ALTER TABLE {table} ADD COLUMN hostile AS (zeroblob(400000000))",
    "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'TEXT COLLATE nowhere') WHERE name = '{table}'",
    "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', 'CHECK (0)') WHERE name = '{table}'",
    "UPDATE sqlite_master SET sql = 'CREATE TABLE x (' WHERE name = '{table}'",
    f"UPDATE sqlite_master SET sql = 'CREATE VIEW rated_here AS {ENDLESS}' WHERE name = 'rated_here'",
    "UPDATE sqlite_master SET rootpage = 2 WHERE name = '{table}'",
)
"""SQL of whoever made the file."""

VALUES: tuple[str | float | bytes, ...] = (
    *("", "{", "null", "5", "[]", "{}", "[1]", '"x"', '{"a": {"b": 1}}', '[{"role": 1}]', "[[[]]]"),
    *("[" * 100_000, '{"a":' * 100_000, "9" * 5000, '{"seed": 1e999}', "NaN", "\x00", "x" * 3_000_000),
    *("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "yesterday", "\u202e", "left", "judgment"),
    *(-1, 0, 1, 2, 99, 2**31, 2**63 - 1, -(2**63), 1.5, -1.0, 1.7e308, float("inf"), 5e-324),
)
"""What is stored in a column that holds something else."""


@dataclass
class Tally:
    """What came of it so far."""

    tried: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


def main() -> int:
    """Damage, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    tally, rng = Tally(), Random(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FTCOMPARE_HOME"] = str(folder / "home")
        study, packed, pack = _honest(folder)
        judged = _judgments(folder, study)
        end = time.monotonic() + chosen.seconds
        while time.monotonic() < end:
            _try_study(folder, study, judged, rng, tally)
            _try_pack(folder, packed, pack, rng, tally)
    print(f"machine: {machine()}; seed {chosen.seed}")
    told = ", ".join(f"{count:,} times {status}" for status, count in sorted(tally.statuses.items()))
    print(f"{tally.tried:,} damaged files; exit status {told}; {len(tally.failed)} promises not held")
    print(*tally.failed[:50], sep="\n")
    return 1 if tally.failed else 0


def _honest(folder: Path) -> tuple[Path, Path, Path]:
    """A full study, a study of which a pack was made, and the pack with judgments."""
    study, packed = folder / "full.ftstudy", folder / "packed.ftstudy"
    make_full_study(study, now=NOW).close()
    with new_study(packed) as made:
        pack = make(made).path
    Worker(pack).judge(3)
    return study, packed, pack


def _judgments(folder: Path, study: Path) -> bytes:
    out = folder / "judgments.jsonl"
    status, said = _command(("export", "--format", "judgments", "OUT"), folder, study, out)
    if status:
        raise RuntimeError(f"the study is refused as it is: {said}")
    return out.read_bytes()


def _try_study(folder: Path, honest: Path, judged: bytes, rng: Random, tally: Tally) -> None:
    damaged = folder / "damaged.ftstudy"
    what = _damage(honest, damaged, rng)
    tally.tried += 1
    statuses, outputs = {}, {}
    for number, command in enumerate(STUDY_COMMANDS):
        copy, out = folder / "copy.ftstudy", folder / f"out-{number}"
        shutil.copyfile(damaged, copy)
        out.unlink(missing_ok=True)
        statuses[command], said = _command(command, folder, copy, out)
        outputs[command] = out.read_bytes() if out.exists() else None
        _judge(what, command, statuses[command], said, tally)
    export = STUDY_COMMANDS[6]
    if statuses[("check",)] == 0 and statuses[export] == 0 and outputs[export] != judged:
        tally.failed.append(f"{what}: judgments were altered, and check finds nothing")


def _try_pack(folder: Path, packed: Path, honest: Path, rng: Random, tally: Tally) -> None:
    damaged = folder / "damaged.ftpack"
    what = f"pack: {_damage(honest, damaged, rng)}"
    tally.tried += 1
    for command in PACK_COMMANDS:
        copy, into = folder / "copy.ftpack", folder / "into.ftstudy"
        shutil.copyfile(damaged, copy)
        shutil.copyfile(packed, into)
        status, said = _command(command, folder, copy, into)
        _judge(what, command, status, said, tally)


def _judge(what: str, command: tuple[str, ...], status: int, said: str, tally: Tally) -> None:
    tally.statuses[status] += 1
    lines = said.strip().splitlines()
    if status not in DOCUMENTED:
        tally.failed.append(f"{what}: {' '.join(command)}: status {status}: {said[-300:]}")
    elif status in (2, 3) and (len(lines) != 1 or "memory" in said):
        tally.failed.append(f"{what}: {' '.join(command)}: status {status}, {len(lines)} lines: {said[:300]}")


# Damage.


def _damage(honest: Path, target: Path, rng: Random) -> str:
    """Writes a damaged copy, and says in words what is wrong with it."""
    shutil.copyfile(honest, target)
    way: Callable[[Path, Random], str] = rng.choice((_bytes, _size, _pages, _rule, _value, _value, _value))
    try:
        return way(target, rng)
    except sqlite3.Error as error:  # SQLite does not let this one be made
        return f"as it was ({error})"


def _bytes(path: Path, rng: Random) -> str:
    content = bytearray(path.read_bytes())
    places = [rng.randrange(len(content)) for _ in range(rng.choice((1, 2, 50)))]
    if rng.random() < 0.3:
        places = [rng.randrange(100)]
    for place in places:
        content[place] ^= rng.randrange(1, 256)
    path.write_bytes(content)
    return f"bytes {places[:5]} flipped"


def _size(path: Path, rng: Random) -> str:
    size = rng.randrange(path.stat().st_size)
    size = size // PAGE * PAGE if rng.random() < 0.5 else size
    os.truncate(path, size)
    return f"cut to {size} bytes"


def _pages(path: Path, rng: Random) -> str:
    content = path.read_bytes()
    pages = [content[start : start + PAGE] for start in range(0, len(content), PAGE)]
    one, other = (rng.randrange(len(pages)) for _ in range(2))
    if rng.random() < 0.5:
        pages[one], pages[other] = pages[other], pages[one]
    else:
        pages[one] = bytes(len(pages[one])) if rng.random() < 0.5 else rng.randbytes(len(pages[one]))
    path.write_bytes(b"".join(pages))
    return f"pages {one} and {other} exchanged or overwritten"


def _rule(path: Path, rng: Random) -> str:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        table = rng.choice(_tables(raw))
        column = rng.choice(raw.execute(f"PRAGMA table_info({table})").fetchall())[1]
        statement = rng.choice(RULES).format(table=table, column=column)
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(statement)
    return statement


def _value(path: Path, rng: Random) -> str:
    """Any value in any column that SQLite itself stores there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        table = rng.choice(_tables(raw))
        column = rng.choice(raw.execute(f"PRAGMA table_info({table})").fetchall())[1]
        value = rng.choice(VALUES)
        where = "" if rng.random() < 0.5 else "WHERE _rowid_ = 1"
        with suppress(sqlite3.Error):
            raw.execute(f"UPDATE {table} SET {column} = ? {where}", (value,))
        for _, sql in triggers:
            raw.execute(sql)
    return f"{table}.{column} = {value!r:.40}"


def _tables(raw: sqlite3.Connection) -> list[str]:
    rows = raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    )
    return [name for (name,) in rows if raw.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]]


# Commands.


def _command(command: tuple[str, ...], folder: Path, path: Path, other: Path) -> tuple[int, str]:
    """Exit status of a command on a file, and what it said on stderr; 124 past the deadline."""
    name, *options = command
    arguments = [*name.split(), str(path), *(str(other) if option == "OUT" else option for option in options)]
    if name == "merge":
        arguments = [name, str(other), str(path)]
    said = folder / "said"
    child = os.fork()
    if child == 0:
        os._exit(_in_child(arguments, said))
    return _status(child), said.read_text(encoding="utf-8", errors="replace")


def _in_child(arguments: list[str], said: Path) -> int:
    out = os.open(os.devnull, os.O_WRONLY)
    err = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(err, 2)
    resource.setrlimit(resource.RLIMIT_AS, (_size_now() + MEMORY,) * 2)
    try:
        status = run(arguments)
    except BaseException as error:  # noqa: BLE001 - told to the parent, which counts it as a failure
        print(repr(error), file=sys.stderr)
        status = 99
    sys.stderr.flush()
    return status


def _size_now() -> int:
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + MEMORY
    return int(pages.read_text().split()[0]) * resource.getpagesize()


def _status(child: int) -> int:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 124


if __name__ == "__main__":
    sys.exit(main())
