"""The shape of the code: lines by folder, the longest files, how long functions are, and what imports what.

It also counts what could be merged: small files with one importer, parameters that are only passed on,
and tiny functions that are used once; ``--list`` names them. Run: ``make house``.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

PACKAGE = Path(__file__).resolve().parents[1] / "ftcompare"
LONGEST_FILE = 700
"""Lines."""
SMALL_FILE = 100
"""Lines; a smaller file that one other file imports could be part of that file."""
LONGEST_FUNCTION = 18
"""Lines, for nine functions of ten: from ``def`` to its end, its docstring not counted."""
SAYS_NOTHING = {"words", "parts", "material", "other", "common", "utils", "helpers", "misc"}


def sources() -> list[Path]:
    """Every module of the product."""
    return sorted(PACKAGE.rglob("*.py"))


def lines_of(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and name of each function of a file, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = ast.get_docstring(node) is not None
            described = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield (node.end_lineno or 0) - node.lineno + 1 - described, node.name


def _documents(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Whether a statement is a docstring, also one after a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def code_lines(path: Path) -> int:
    """Lines of a file without blank lines, comments, docstrings, and imports."""
    text = path.read_text(encoding="utf-8")
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    rest = {number for number, line in lines if line and line[0] != "#"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom) or _documents(node):
            rest -= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return len(rest)


def imported_modules(path: Path) -> set[str]:
    """The dotted names of the modules of ours that a file imports, also by ``from package import module``."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (module := node.module or "").startswith("ftcompare"):
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def small_files(paths: list[Path]) -> list[str]:
    """Files under `SMALL_FILE` lines with one importer."""
    importers = Counter[str](module for path in paths for module in imported_modules(path))
    small = [path for path in paths if path.name != "__init__.py" and lines_of(path) < SMALL_FILE]
    named = {place(p): "ftcompare." + place(p).removesuffix(".py").replace("/", ".") for p in small}
    return [name for name, module in named.items() if importers[module] == 1]


def parameters(path: Path) -> Iterator[bool]:
    """For each parameter of each function, whether the function only passes it on to calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        inner = [n for statement in node.body for n in ast.walk(statement)]
        given = [
            v for n in inner if isinstance(n, ast.Call) for v in (*n.args, *(k.value for k in n.keywords))
        ]
        passed = Counter(v.id for v in given if isinstance(v, ast.Name))
        used = Counter(n.id for n in inner if isinstance(n, ast.Name))
        arguments = node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if one.arg not in ("self", "cls"):
                yield used[one.arg] > 0 and used[one.arg] == passed[one.arg]


def used_once(paths: list[Path]) -> list[str]:
    """Functions without decorators whose body has at most two lines and whose name is used once."""
    uses, tiny = Counter[str](), Counter[str]()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name | ast.Attribute):
                uses[node.id if isinstance(node, ast.Name) else node.attr] += 1
            elif (
                isinstance(node, ast.FunctionDef)
                and not node.decorator_list
                and not node.name.startswith("__")
            ):
                body = node.body[1:] if _documents(node.body[0]) else node.body
                if body and (body[-1].end_lineno or 0) - body[0].lineno < 2:
                    tiny[node.name] += 1
    return sorted(name for name, defined in tiny.items() if defined == 1 and uses[name] == 1)


def percentile(values: list[int], share: float) -> int:
    """The value below which a share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def classes(paths: list[Path]) -> Counter[str]:
    """How many public classes there are of each name."""
    found: Counter[str] = Counter()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.update(n.name for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))
    return found


def identifiers(path: Path) -> set[str]:
    """Every name that a file defines, uses, takes or gives."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    fields = ("id", "attr", "name", "arg", "asname")
    found = {getattr(node, field, None) for node in nodes for field in fields}
    return {name for name in found if isinstance(name, str)}


def imports(path: Path) -> set[str]:
    """The packages of ours that a file imports, by their first two parts."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    modules = (node.module or "" for node in nodes if isinstance(node, ast.ImportFrom))
    return {module.split(".")[1] for module in modules if module.startswith("ftcompare.")}


def place(path: Path) -> str:
    """A file's place in the package."""
    return path.relative_to(PACKAGE).as_posix()


def main() -> int:
    """Print the figures; 1 where a bound is not held."""
    paths = sources()
    rooms = Counter[str]()
    for path in paths:
        rooms[place(path).partition("/")[0]] += lines_of(path)
    code = sum(map(code_lines, paths))
    print(f"{sum(rooms.values()):,} lines in {len(paths)} files, {code:,} of them code")
    for room, lines in rooms.most_common():
        print(f"  {room:<12} {lines:>7,}")
    long_files = {place(p): n for p in paths if (n := lines_of(p)) > LONGEST_FILE}
    print(f"Files over {LONGEST_FILE} lines: {long_files or 'none'}")
    lengths = [n for path in paths for n, _ in functions(path)]
    print(f"Functions: {len(lengths):,}; half have at most {percentile(lengths, 0.5)} lines", end=", ")
    nine_of_ten = percentile(lengths, 0.9)
    print(f"nine of ten at most {nine_of_ten}, the longest has {max(lengths)}")
    passed_on = [only for path in paths for only in parameters(path)]
    print(f"Parameters that are only passed on: {sum(passed_on):,} of {len(passed_on):,}")
    print(f"Functions of at most two lines that are used once: {len(used_once(paths))}")
    small = small_files(paths)
    print(f"Files under {SMALL_FILE} lines with one importer: {len(small)}")
    if "--list" in sys.argv:
        print("\n".join(f"  {name}" for name in (*small, *used_once(paths))))
    unclear = [place(p) for p in paths if p.stem in SAYS_NOTHING]
    print(f"File names that say nothing: {unclear or 'none'}")
    several = {name: n for name, n in classes(paths).items() if n > 1}
    print(f"Public classes of one name: {several or 'none'}")
    asking = [place(p) for p in paths if any("blinded" in name.lower() for name in identifiers(p))]
    print(f"Files that ask whether a study is blinded: {len(asking)}")
    below = {"stats", "store", "engine"}
    reaching = [place(p) for p in (PACKAGE / "ui").rglob("*.py") if imports(p) & below]
    reaching = [name for name in reaching if not name.startswith("ui/engine/")]
    print(f"Files of ui that import stats, store or engine, but for ui/engine: {len(reaching)}")
    return 1 if long_files or unclear or nine_of_ten > LONGEST_FUNCTION else 0


if __name__ == "__main__":
    sys.exit(main())
