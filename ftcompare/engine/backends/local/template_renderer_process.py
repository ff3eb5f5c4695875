"""Process that renders chat templates, which are programs written by the model's author.

It reads one request per line from stdin and writes one answer per line to stdout, both JSON. Its memory is
limited as soon as its libraries are loaded, and it ends at once when stdin is closed. The time limit is
enforced by `ftcompare.engine.backends.local.template_renderer`. It renders with transformers' own function,
in Jinja's sandbox, and does not import torch.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

MEMORY_BYTES = 2**29  # maximum memory for rendering beyond that of the libraries
LONGEST = 16 * 2**20  # maximum number of characters of a rendered prompt, beyond four times the prompt's own

READY = b"ready\n"


def fill_in(request: dict[str, Any]) -> dict[str, str]:
    """Return ``text``, ``error`` (the template's message) or ``excess`` ("memory" or "text").

    A request has ``template``, ``messages``, ``variables`` (special tokens and options by name) and
    ``answered`` (whether the messages end with the answer).
    """
    render: Any = importlib.import_module("transformers.utils.chat_template_utils").render_jinja_template
    messages = request["messages"]
    try:
        rendered, _ = render(
            [messages],
            chat_template=request["template"],
            add_generation_prompt=not request["answered"],
            **request["variables"],
        )
    except MemoryError:
        return {"excess": "memory"}
    except Exception as error:  # noqa: BLE001  (a template may raise anything)
        return {"error": f"{error}"[:2000] or type(error).__name__}
    if len(rendered[0]) > LONGEST + 4 * sum(len(message["content"]) for message in messages):
        return {"excess": "text"}
    return {"text": rendered[0]}


def limit_memory() -> None:
    """Let the operating system limit memory, where it can; elsewhere only the parent watches it."""
    statm = Path("/proc/self/statm")
    if sys.platform != "linux" or not statm.exists():
        return
    import resource

    most = int(statm.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def read_requests(stream: BinaryIO, put: Any) -> None:
    for line in stream:
        put(line)
    os._exit(0)


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    importlib.import_module("transformers.utils.chat_template_utils")
    importlib.import_module("jinja2.sandbox")
    limit_memory()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=read_requests, args=(sys.stdin.buffer, requests.put), daemon=True).start()
    answers.write(READY)
    while True:
        answer = fill_in(json.loads(requests.get()))
        answers.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
