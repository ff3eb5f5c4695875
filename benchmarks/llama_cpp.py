"""The engine against llama.cpp, which a user without a graphics card could take instead.

    python benchmarks/llama_cpp.py [--repeats 5] [--dtypes bfloat16 float32] [--kinds BF16 Q8_0]
        [--only "first token" answer pair bulk]

Installs llama-cpp-python and gguf into build/llama_cpp, where they are missing; it is compiled there, which
takes some minutes, with cmake and a C++ compiler. Both sides have the same weights, a Llama of 135 million
parameters with random weights in bfloat16, and an adapter of rank 16 on all its linear layers. Both write
greedy answers of the same lengths, on one thread each, in turn: it is the processor's time that counts, and a
ratio is the median over the repeats. llama.cpp applies an adapter to all rows of a context. It therefore
writes the base's answers first, and the adapter's after them.

Before measuring, logits of both sides are compared with those of transformers in float32: they differ in
rounding only, or this is no comparison.

first token: a prompt of 40 tokens, for the base. answer: 64 tokens of the base. pair: one of each. bulk: 24
prompts, both systems, 32 rows at a time, lengths as in benchmarks/decoding.py. memory: private memory of the
process once it has loaded the model and written one pair, libraries included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from decoding_model import Trace, build_135m, load, single, trace, write_stacked
from machine import machine, memory_private
from transformers.utils import logging

from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.worker import THRIFTY

ENVIRONMENT = Path(__file__).parent.parent / "build" / "llama_cpp"
ANSWER, ROWS, PROMPTS = 64, 32, 24
PLACES = 320  # tokens of a row: the longest prompt and the longest answer of `trace`
BOTH = ("base", "tuned")
TASKS = {
    "first token": (("base",), single(1), 1),
    "answer": (("base",), single(ANSWER), 1),
    "pair": (BOTH, single(ANSWER), 1),
    "bulk": (BOTH, trace(PROMPTS), ROWS),
}
SAME = 0.05  # largest difference of logits from float32, as a share of the largest logit


def environment() -> Path:
    """Return the Python that has llama.cpp, after installing it where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    if subprocess.run([python, "-c", "import llama_cpp, gguf"], capture_output=True).returncode:
        print(f"Installing llama-cpp-python in {ENVIRONMENT}; compiling takes some minutes …", flush=True)
        options = {**os.environ, "CMAKE_ARGS": "-DLLAVA_BUILD=OFF"}  # without images
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "llama-cpp-python", "gguf"], check=True, env=options
        )
    return python


class LlamaCpp:
    """A process with llama.cpp."""

    def __init__(self, python: Path, folder: Path, kind: str) -> None:
        script = Path(__file__).with_name("llama_cpp_process.py")
        command = [
            str(one) for one in (python, "-P", script, folder, kind)
        ]  # -P: its modules, not those beside the script
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, systems: tuple[str, ...], rows: Trace, at_a_time: int, **more: object) -> dict[str, Any]:
        """Let it write, and return what that took."""
        wanted = [
            {
                "adapter": key == "tuned",
                "prompts": [prompt.ids for prompt in rows.prompts],
                "lengths": rows.of(key),
            }
            for key in systems
        ]
        assert self._process.stdin
        assert self._process.stdout
        request = {"systems": wanted, "rows": at_a_time, "tokens": PLACES, **more}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def seconds(self, task: str) -> float:
        """Processor time of a task."""
        return float(self.ask(*TASKS[task])["seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def write(systems: LoadedSystems, task: str) -> None:
    """Do a task with the engine; llama.cpp's rows are of one system, the engine's of all."""
    keys, rows, at_a_time = TASKS[task]
    write_stacked(systems, keys, rows, max(at_a_time // len(keys), 1))


def processor_seconds(systems: LoadedSystems, task: str) -> float:
    """Processor time of a task."""
    begin = time.process_time()
    write(systems, task)
    return time.process_time() - begin


def compare(found: Mapping[str, LlamaCpp], exact: LoadedSystems) -> None:
    """Exit if a side computes another model."""
    ids = single(1).prompts[0].ids
    for key in BOTH:
        with exact.speaking(key), no_gradients():
            model: Any = exact.base.model
            logits = model(torch.tensor([ids])).logits[0, -1]
        for name, other in found.items():
            theirs = torch.tensor(other.ask((key,), single(1), 1, logits=True)["logits"])
            difference = float((theirs - logits).abs().max() / logits.abs().max())
            print(f"  logits of {key}, {name}: {difference:.4f} of the largest away from transformers'")
            if difference > SAME:
                raise SystemExit("That is another model.")


def memory_of(folder: Path, dtype: torch.dtype) -> None:
    """Print the private bytes of this process, which has written one pair."""
    systems = load(folder / "base", folder / "adapter", dtype)
    write(systems, "pair")
    print(memory_private())


def memory(folder: Path, dtype: str) -> int:
    """Bytes of a process of the engine's own."""
    command = [sys.executable, __file__, "--memory-of", str(folder), "--dtypes", dtype]
    done = subprocess.run(command, env={**THRIFTY, **os.environ}, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


def measure(
    sides: Mapping[str, Callable[[str], float]], repeats: int, tasks: Sequence[str]
) -> dict[str, dict[str, list[float]]]:
    """Seconds of every side for every task, in turn, after one round of short tasks that does not count."""
    found: dict[str, dict[str, list[float]]] = {task: {name: [] for name in sides} for task in tasks}
    for task, taken in found.items():
        for repeat in range(max(repeats // 2, 1) if task == "bulk" else repeats + 1):
            for name, side in sides.items():
                seconds = side(task)
                if repeat or task == "bulk":
                    taken[name].append(seconds)
        print(
            f"  {task}:", {name: [round(one, 3) for one in some] for name, some in taken.items()}, flush=True
        )
    return found


def table(
    found: Mapping[str, Mapping[str, list[float]]],
    held: Mapping[str, int],
    ours: list[str],
    theirs: list[str],
) -> None:
    """Print a table for docs/performance.md: seconds of each, and how many times theirs ours take."""
    ratios = [(mine, other) for mine in ours for other in theirs]
    print("\n| what |", " | ".join((*ours, *theirs)), "|", " | ".join(f"{m} / {o}" for m, o in ratios), "|")
    print("|" + "---|" * (1 + len(ours) + len(theirs) + len(ratios)))
    for task, taken in found.items():
        cells = [f"{median(taken[name]):.2f} s" for name in (*ours, *theirs)]
        cells += [f"{median(a / b for a, b in zip(taken[m], taken[o], strict=True)):.2f}" for m, o in ratios]
        print("|", " | ".join((task, *cells)), "|")
    cells = [f"{held[name] / 1e6:.0f} MB" for name in (*ours, *theirs)]
    print("|", " | ".join(("memory", *cells, *(f"{held[m] / held[o]:.2f}" for m, o in ratios))), "|")


def arguments() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--kinds", nargs="+", default=["BF16", "Q8_0"])
    parser.add_argument("--only", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Measure."""
    asked = arguments()
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    torch.set_num_threads(1)
    if asked.memory_of:
        memory_of(asked.memory_of, getattr(torch, asked.dtypes[0]))
        return 0
    if not ENVIRONMENT.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    python = environment()
    print(f"{machine()}, torch {torch.__version__}, one thread each")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        build_135m(folder)
        compared(asked, folder, python)
    return 0


def compared(asked: argparse.Namespace, folder: Path, python: Path) -> None:
    """All that is asked for."""
    theirs = {f"llama.cpp {kind}": LlamaCpp(python, folder, kind) for kind in asked.kinds}
    compare(theirs, load(folder / "base", folder / "adapter", torch.float32))
    held = {name: int(side.ask(*TASKS["pair"])["memory"]) for name, side in theirs.items()}
    sides: dict[str, Callable[[str], float]] = {name: side.seconds for name, side in theirs.items()}
    for dtype in asked.dtypes:
        systems = load(folder / "base", folder / "adapter", getattr(torch, dtype))
        if reason := unsupported(systems):
            raise SystemExit(reason)
        held[dtype] = memory(folder, dtype)
        sides[dtype] = partial(processor_seconds, systems)
    table(measure(sides, asked.repeats, asked.only), held, asked.dtypes, list(theirs))
    for side in theirs.values():
        side.close()


if __name__ == "__main__":
    sys.exit(main())
