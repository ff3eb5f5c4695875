"""Compiles the device guard of the rehearsal's cards, before a process sees them."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

GUARD = "REHEARSAL_GUARD"  # variable of the environment with the path of the library


def compile_guard(folder: Path) -> Path:
    """Compile the device guard into a library in a folder, which takes two seconds. Needs g++."""
    torch = find_spec("torch")  # its files are needed, and not the module, which takes seconds to import
    assert torch is not None
    assert torch.origin is not None
    root = Path(torch.origin).parent
    library = folder / "device_guard.so"
    source = Path(__file__).with_name("device_guard.cpp")
    flags = ["-O0", "-std=c++20", "-shared", "-fPIC", f"-I{root}/include"]
    linked = [f"-L{root}/lib", "-lc10", f"-Wl,-rpath,{root}/lib"]
    subprocess.run(["g++", *flags, str(source), "-o", str(library), *linked], check=True)
    return library
