"""The house keeps its shape: who imports what, how large files get, what the window never loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path

import click
import pytest

from ftcompare.cli.main import GROUPS
from tests.builders import commands_by_name
from tests.source_code import PACKAGE, SOURCES, nodes, parsed
from tests.store.pack.pack_studies import new_study
from tests.thorough import THOROUGH

MODEL_LIBRARIES = {"torch", "transformers", "peft", "accelerate", "safetensors"}


@cache
def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def top_levels(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported_names(path)}


def called_names(path: Path) -> set[str]:
    """The methods of Qt's translation that a file calls on itself or on the application."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in {"self", "QCoreApplication"}:
                found.add(node.func.attr)
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def test_model_libraries_are_imported_only_by_the_local_backend() -> None:
    users = {p for p in SOURCES if top_levels(p) & MODEL_LIBRARIES}
    assert users
    backends = PACKAGE / "engine" / "backends"
    assert all(p.relative_to(backends).parts[0].startswith("local") for p in users)


def test_qt_is_imported_only_by_the_window() -> None:
    users = {room(p) for p in SOURCES if "PySide6" in top_levels(p)}
    assert users == {"ui", "__main__.py"}  # which loads it only to show the window


def test_sql_is_spoken_only_by_the_store() -> None:
    users = {room(p) for p in SOURCES if top_levels(p) & {"sqlite3", "sqlite_utils"}}
    assert users == {"store"}


CONSTANT = re.compile(r"(\w+\.)?_?[A-Z][A-Z0-9_]*")
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|JOIN|ORDER BY|WITH)\b")
PARTS_OF_QUERIES = """a act act.lower() act.split()[0].lower() after alone answered b columns condition first
    fixed had key moment name of_rater order query self._leading self._open several side table table.name
    what"""
"""What the store writes into SQL beside constants: names of tables and columns, and parts of queries."""


def test_values_are_bound_to_queries_and_not_written_into_them() -> None:
    for path in (path for path in SOURCES if room(path) == "store"):
        texts = (node for node in nodes(path) if isinstance(node, ast.JoinedStr))
        queries = (node for node in texts if SQL.search(ast.unparse(node)))
        parts = chain.from_iterable(node.values for node in queries)
        written = {ast.unparse(part.value) for part in parts if isinstance(part, ast.FormattedValue)}
        values = {one for one in written if not (CONSTANT.fullmatch(one) or ".join(" in one)}
        assert values <= {*PARTS_OF_QUERIES.split()}, path


@pytest.mark.parametrize("folder", ["stats", "terms", "checks", "formats", "store", "engine"])
def test_rooms_above_core_use_core_and_nothing_else_of_ours(folder: str) -> None:
    for path in (PACKAGE / folder).rglob("*.py"):
        ours = {name for name in imported_names(path) if name.startswith("ftcompare.")}
        strangers = {n for n in ours if n.split(".")[1] not in {"core", folder}}
        assert not strangers, path


@pytest.mark.parametrize("folder", ["ui", "cli", "api"])
def test_window_command_line_and_api_stand_on_app_and_core(folder: str) -> None:
    carries_the_protocol = PACKAGE / "ui" / "engine"
    for path in (PACKAGE / folder).rglob("*.py"):
        below = (
            {"stats", "store"} if path.is_relative_to(carries_the_protocol) else {"stats", "store", "engine"}
        )
        ours = {name for name in imported_names(path) if name.startswith("ftcompare.")}
        assert not {name for name in ours if name.split(".")[1] in below}, path


ASKING_WHETHER_BLINDED = ("core/disclosure.py", "core/study.py", "app/study/", "store/", "api/records.py")
"""What may ask whether a study is blinded. All else shows what it is given, and why something is withheld.

The records of the API have the field ``blinded`` of ``info --json``.
"""


def identifiers(path: Path) -> set[str]:
    fields = ("id", "attr", "name", "arg", "asname")
    named = {getattr(node, field, None) for node in nodes(path) for field in fields}
    return {name for name in named if isinstance(name, str)}


def test_only_the_disclosure_asks_whether_a_study_is_blinded() -> None:
    asking = {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if any("blinded" in name.lower() for name in identifiers(path))
    }
    assert "core/disclosure.py" in asking
    assert {path for path in asking if not path.startswith(ASKING_WHETHER_BLINDED)} == set()


OWN_FILES = {
    "app/export/importing.py": "a new study",
    "app/demo.py": "a new study",
    "app/self_test/steps.py": "a new study in a temporary folder",
    "app/setup/consent.py": "a file of FTCompare's own folder",
    "app/study/backup_restore.py": "a new study beside the damaged one",
    "app/unfinished_files.py": "a file of FTCompare's own folder",
    "app/user_settings.py": "the settings file",
    "cli/setup.py": "a new study",
    "ui/pages/setup/page.py": "a new study",
}
"""What writes files without the overwrite guard, and which: never a file that was there and is the user's."""

WRITERS = ("write_", "atomic_text", "all_or_none", "whole_folder", "create_study")
METHODS = (".write_text", ".write_bytes", ".hand_out")


def writes_files(path: Path) -> bool:
    """Whether a module imports a function that writes a file, or writes one itself."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            from_writers = str(node.module).startswith(("ftcompare.formats", "ftcompare.app.setup.new_study"))
            if from_writers and any(alias.name.startswith(WRITERS) for alias in node.names):
                return True
        if isinstance(node, ast.Call) and node.args:
            function = ast.unparse(node.func)
            modes = {one.value for one in node.args if isinstance(one, ast.Constant)}
            opens = function.endswith("open") and modes & {"w", "wb", "x", "xb", "a", "ab", "r+b", "w+b"}
            if opens or function.endswith((*METHODS, "fdopen")) or function.startswith("shutil.copy"):
                return True
    return False


def test_no_module_writes_a_file_of_the_user_without_the_overwrite_guard() -> None:
    outer = {p.relative_to(PACKAGE).as_posix(): p for p in SOURCES if room(p) in {"app", "cli", "ui"}}
    guard = "ftcompare.app.overwrite_guard"
    writing = {name for name, path in outer.items() if writes_files(path)}
    unguarded = {name for name in writing if guard not in imported_names(outer[name])}
    assert unguarded - {"app/overwrite_guard.py"} == OWN_FILES.keys()


def test_files_stay_under_700_lines() -> None:
    long = {p.name: n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 700}
    assert not long


def test_no_file_name_says_nothing() -> None:
    unclear = {"words", "parts", "material", "other", "common", "utils", "helpers", "misc"}
    assert not [path for path in SOURCES if path.stem in unclear]


def test_no_text_waits_for_a_translation_that_nobody_keeps() -> None:
    assert not [path for path in SOURCES if {"tr", "translate"} & called_names(path) and room(path) == "ui"]


def test_no_two_public_classes_have_one_name() -> None:
    classes = (node for path in SOURCES for node in parsed(path).body if isinstance(node, ast.ClassDef))
    found = Counter(node.name for node in classes if not node.name.startswith("_"))
    assert [name for name, times in found.items() if times > 1] == []


def test_no_module_gives_one_name_to_two_constants() -> None:
    twice = {}
    for path in SOURCES:
        assigned = [node for node in parsed(path).body if isinstance(node, ast.Assign)]
        targets = chain.from_iterable(ast.walk(one) for node in assigned for one in node.targets)
        names = Counter(
            one.id for one in targets if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        )
        twice[path.name] = [name for name, times in names.items() if times > 1]
    assert {path: names for path, names in twice.items() if names} == {}


def test_every_module_says_what_it_owns() -> None:
    silent = [p for p in SOURCES if not ast.get_docstring(parsed(p))]
    assert not silent


def loaded_modules(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_is_quick_and_its_names_load_no_heavy_library() -> None:
    ours = {name for name in loaded_modules("import ftcompare") if name.startswith("ftcompare")}
    assert ours == {"ftcompare", "ftcompare.core", "ftcompare.core.version"}
    loaded = loaded_modules("import ftcompare\nftcompare.open_study, ftcompare.log_to_mlflow")
    assert not loaded & (MODEL_LIBRARIES | {"PySide6", "matplotlib", "scipy", "pandas", "click"})


def test_the_window_process_never_loads_a_model_library() -> None:
    named = ("setup", "generate", "rate", "live", "raters", "results", "review", "export")
    pages = ["study.welcome_page", "study.audit_page", *(f"{name}.page" for name in named)]
    statement = "\n".join(
        ["import ftcompare.ui.shell.application", *(f"import ftcompare.ui.pages.{page}" for page in pages)]
    )
    assert not loaded_modules(statement) & (MODEL_LIBRARIES - {"safetensors"})


@pytest.mark.thorough
def test_the_benchmark_for_a_card_needs_no_package_beside_the_model_libraries() -> None:
    """It runs on machines where only torch, transformers, and PEFT are installed."""
    absent = ["babel", "click", "keyring", "matplotlib", "platformdirs", "scipy", "sqlite_utils", "PySide6"]
    statement = f"""
import sys
sys.modules.update(dict.fromkeys({absent}))
sys.path.insert(0, {str(PACKAGE.parent / "benchmarks")!r})
import cuda_decoding"""
    assert loaded_modules(statement) >= MODEL_LIBRARIES


def test_the_window_comes_up_without_the_libraries_of_the_results_page() -> None:
    assert not loaded_modules("import ftcompare.ui.shell.application") & {"matplotlib", "scipy"}


def test_the_program_for_raters_comes_up_without_results_and_terms() -> None:
    late = ("ftcompare.app.results", "ftcompare.app.review", "ftcompare.terms")
    loaded = loaded_modules("import ftcompare.ui.shell.rater_application")
    assert [name for name in loaded if name.startswith(late)] == []


def test_a_window_that_is_shown_has_loaded_neither_models_nor_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path))
    shown = (
        "from random import Random\n"
        "from ftcompare.ui.shell.application import make_application, open_window, utc_now\n"
        "application = make_application()\n"
        "with open_window(application, clock=utc_now, rng=Random(1)) as window:\n"
        "    window.show()\n"
        "    application.processEvents()\n"
        "    assert window.isVisible()"
    )
    loaded = loaded_modules(shown)
    assert "PySide6.QtWidgets" in loaded
    assert not loaded & (MODEL_LIBRARIES | {"matplotlib", "scipy", "numpy", "openpyxl", "PIL"})


COMMAND_LIBRARIES = MODEL_LIBRARIES | {"PySide6", "matplotlib", "scipy", "openpyxl", "rdflib", "jinja2"}


@pytest.mark.parametrize(
    ("arguments", "unused", "most"),
    [
        (["--version"], {"numpy", "sqlite_utils", "sqlite3"}, 40),
        (["--help"], {"numpy", "sqlite_utils", "sqlite3"}, 40),
        (["measures", "--help"], {"numpy", "sqlite_utils", "sqlite3"}, 40),
        (["info", "STUDY"], set(), 200),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_loads_only_what_it_needs(
    tmp_path: Path, arguments: list[str], unused: set[str], most: int
) -> None:
    """Fast commands stay fast: no unused library, and at most this number of our own modules."""
    new_study(tmp_path / "a.ftstudy").close()
    named = [str(tmp_path / "a.ftstudy") if one == "STUDY" else one for one in arguments]
    program = (
        "import contextlib, io\nfrom ftcompare.cli.main import run\n"
        f"with contextlib.redirect_stdout(io.StringIO()) as shown: status = run({named!r})\n"
        "assert status == 0 and shown.getvalue()"
    )
    loaded = loaded_modules(program)
    assert not loaded & (COMMAND_LIBRARIES | unused)
    assert 10 < sum(name.startswith("ftcompare.") for name in loaded) <= most


def test_every_command_is_registered_with_the_module_that_has_it() -> None:
    entries = [entry for commands in GROUPS.values() for entry in commands.items()]
    assert {name for name, (module, _) in entries if module} == set(commands_by_name())
    assert sum(" " not in name for name, _ in entries) <= 25  # `next` is a verb as `new` is
    for module in {module for _, (module, _) in entries if module}:
        members = vars(import_module(f"ftcompare.cli.{module}"))
        commands = (*members.get("MADE", ()), *members.values())
        made = {one.name for one in commands if isinstance(one, click.Command)}
        assert made == {name.split()[-1] for name, (where, _) in entries if where == module}, module


def test_what_make_test_leaves_out_is_there() -> None:
    for name in THOROUGH:
        path, _, beginning = name.partition("[")[0].partition("::")
        assert f"def {beginning}" in (PACKAGE.parent / path).read_text("utf-8"), name
