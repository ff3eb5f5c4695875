"""How long it takes from the command to the first pair, against transformers alone, in ratios of one run.

    python benchmarks/start.py [--tokens 64] [--repeats 3]

The model is that of `decoding.py`: a Llama of 135 million parameters with random weights, and an adapter of
rank 16. One side is `ftcompare generate` on a study of one prompt, with seals, verification, and storing:
once with an empty list of digests, and once more. The other is a script that loads base and adapter with
transformers and PEFT in float32, and writes one answer of each. Both are processes of their own with one
thread, in turn, with the files in the page cache. It is processor time that counts; clock time is printed,
too. Exits with 1 if the aim is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from decoding import missed, ratio, tell
from decoding_model import build_135m
from machine import machine

AIM = 1.3
PROMPT = " ".join(f"w{number}" for number in range(10, 50))
ALONE = """
import sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
base, adapter, prompt, tokens = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(base)
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
model = PeftModel.from_pretrained(model, adapter).eval()
ids = tokenizer(prompt, return_tensors="pt").input_ids
with torch.inference_mode():
    for off in (True, False):
        more = dict(input_ids=ids, max_new_tokens=int(tokens), do_sample=False)
        if off:
            with model.disable_adapter():
                model.generate(**more)
        else:
            model.generate(**more)
"""
MODULE = [sys.executable, "-m", "ftcompare"]


def seconds(command: list[str], home: Path) -> tuple[float, float]:
    """Processor time of a process and its children, and clock time."""
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "FTCOMPARE_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **one}, capture_output=True, text=True)
    taken = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{command[:4]}: {done.returncode} {done.stdout[-500:]} {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, taken


def measure(folder: Path, tokens: int, repeats: int) -> None:
    """All three, in turn."""
    base, adapter = build_135m(folder)
    prompts, study, home = folder / "prompts.jsonl", folder / "one.ftstudy", folder / "home"
    prompts.write_text(json.dumps({"id": "p", "prompt": PROMPT}) + "\n", "utf-8")
    new = ["new", str(study), "--base", str(base), "--adapter", str(adapter), "--prompts", str(prompts)]
    seconds([*MODULE, *new], home)
    alone = [sys.executable, "-c", ALONE, str(base), str(adapter), PROMPT, str(tokens)]
    found: list[list[tuple[float, float]]] = [[], [], []]
    for _ in range(repeats):
        shutil.rmtree(home, ignore_errors=True)
        for at in (0, 1):
            copy = shutil.copy(study, folder / f"{at}.ftstudy")
            command = [*MODULE, "generate", str(copy), "--max-new-tokens", str(tokens)]
            found[at].append(seconds(command, home))
        found[2].append(seconds(alone, home))
    for what, taken in zip(("first start", "second start", "transformers alone"), found, strict=True):
        print(f" {what}: {median(p for p, _ in taken):.1f} s of processor time,"
              f" {median(c for _, c in taken):.1f} s by the clock")  # fmt: skip
    first, second, other = ([processor for processor, _ in taken] for taken in found)
    tell("first start / transformers alone", ratio(first, other), AIM)
    tell("second start / transformers alone", ratio(second, other), AIM)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), asked.tokens, asked.repeats)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
