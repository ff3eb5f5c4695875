"""Source of a Python file that checks answers as this program does, with the standard library alone.

The file holds the code of the checks themselves: the functions that trainers call, in `standalone_rules`, and
every function, class, and constant that they use. `standalone_rules` has the replacements of other libraries.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache

from ftcompare.checks import prompt_checks, standalone_rules
from ftcompare.checks.refusal_rule import phrases_text
from ftcompare.core import prompt_check

CALLED = ("reward", "share_of_checks", "grade")  # the functions of the file that trainers call
_PHRASES = ("refusal_openings.toml", "context_phrases.toml")
_OURS = "ftcompare."
_RULES = standalone_rules.__name__
_ANNOTATIONS = ("annotation", "returns")
_OMITTED = re.compile(r"\bprompt_check\.|  # type:.*$", re.MULTILINE)
_HEAD = '''"""Rewards for answers: 1 if an answer passes every check of its prompt, else 0.

`reward` and `share_of_checks` are reward functions for TRL's GRPOTrainer, `grade` is OpenAI's Python grader.
The checks of a prompt are JSON in its column ``grader``. FTCompare wrote this file; it needs Python 3.11.
"""

from __future__ import annotations

'''


def is_standalone(check: prompt_check.AnyPromptCheck) -> bool:
    """Return whether the file can compute a check; `re` must know a regular expression, too."""
    if isinstance(check, prompt_check.RegexCheck):
        try:
            re.compile(check.pattern)
        except (re.error, RecursionError, OverflowError):
            return False
    return type(check) in prompt_checks.TEXT_RULES


@cache
def reward_source() -> str:
    bundle = _Bundle()
    for name in CALLED:
        bundle.add(_RULES, name)
    return "\n\n".join([_HEAD + "\n".join(sorted(bundle.imports)), *bundle.parts]) + "\n"


class _Bundle:
    """Code in the order in which Python can run it; names of this program's modules are left out."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.parts: list[str] = []
        self._modules: dict[str, str] = {}

    def add(self, module: str, name: str) -> None:
        """Add the definition of a name in a module, after those that it uses."""
        replacement = _definitions(_RULES).get(name)
        if replacement is not None and not isinstance(replacement, ast.ImportFrom):
            module = _RULES
        match _definitions(module).get(name):
            case None:  # a built-in name, or one of the function's own
                return
            case ast.ImportFrom(module=str(of)) if of.startswith(_OURS):
                if f"{of}.{name}" not in sys.modules:
                    self.add(of, name)
            case ast.Import() | ast.ImportFrom() as node:
                self.imports.add(_import(node, name))
            case node:
                self._add_code(module, name, node)

    def _add_code(self, module: str, name: str, node: ast.stmt) -> None:
        if name in self._modules:
            if self._modules[name] != module:
                raise LookupError(name, module, self._modules[name])  # two definitions of one name
            return
        self._modules[name] = module
        for of, used in _used(node, module):
            self.add(of, used)
        phrases = f"{name} = { ({file: phrases_text(file) for file in _PHRASES})!r}"
        self.parts.append(phrases if name == "PHRASES" else _code(node, module))


def _import(node: ast.Import | ast.ImportFrom, name: str) -> str:
    one = ast.ImportFrom(node.module, [ast.alias(name)], 0) if isinstance(node, ast.ImportFrom) else node
    return ast.unparse(one)


@cache
def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    """Return the statement that defines each name at the top of a module."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(_source(module)).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = node
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {one.name: node for one in names}
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = node
    return found


def _used(node: ast.AST, module: str) -> Iterator[tuple[str, str]]:
    """Yield names that a definition uses, with their modules; those of annotations are never evaluated."""
    match node:
        case ast.Attribute(value=ast.Name(id=alias), attr=name):
            of = _definitions(module).get(alias)
            if isinstance(of, ast.ImportFrom) and f"{of.module}.{alias}" in sys.modules:
                yield f"{of.module}.{alias}", name
        case ast.Name(id=name):
            yield module, name
    for field, value in ast.iter_fields(node):
        for part in (value if isinstance(value, list) else [value]) if field not in _ANNOTATIONS else ():
            if isinstance(part, ast.AST):
                yield from _used(part, module)


def _code(node: ast.stmt, module: str) -> str:
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    lines = _source(module).splitlines()[first - 1 : node.end_lineno]
    return _OMITTED.sub("", "\n".join(lines))
