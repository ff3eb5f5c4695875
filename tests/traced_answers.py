"""Answers of agents: chat messages with calls of tools, their results, and a final answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import ConversationJudged, RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft
from ftcompare.core.trace import stored_step
from ftcompare.store.study.study_file import StudyFile
from tests.builders import import_systems


def call(name: str, key: str = "call_1", **arguments: Json) -> dict[str, Json]:
    """Return a message of the assistant that calls a tool, in OpenAI's form."""
    function: dict[str, Json] = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": key, "type": "function", "function": function}],
    }


def result(content: str, key: str = "call_1") -> dict[str, Json]:
    return {"role": "tool", "tool_call_id": key, "content": content}


def answer(content: str) -> dict[str, Json]:
    return {"role": "assistant", "content": content}


BOOKED: list[Json] = [
    call("search_trains", "call_vendor_a_1", origin="Bonn", to="Trier"),
    result('[{"id": "RE 12", "from": "9:05"}, {"id": "IC 7", "from": "9:40"}]', "call_vendor_a_1"),
    answer("The first train is earlier."),
    call("book", "call_vendor_a_2", train="RE 12", seats=1),
    result("booked", "call_vendor_a_2"),
    answer("You are booked on **RE 12** at 9:05."),
]
"""Two calls, with a text between them."""

CHECKED: list[Json] = [
    call("search_trains", "chatcmpl-b-1", to="Trier", origin="Bonn"),
    result('[{"id": "RE 12", "from": "9:05"}, {"id": "IC 7", "from": "9:40"}]', "chatcmpl-b-1"),
    call("check_seats", "chatcmpl-b-2", train="IC 7"),
    result("4 free", "chatcmpl-b-2"),
    call("book", "chatcmpl-b-3", train="IC 7", seats=1),
    result("booked", "chatcmpl-b-3"),
    answer("You are booked on the IC 7 at 9:40, which is faster."),
]
"""The same first call and result under another id, a call of another tool, and other arguments."""


TRACES: tuple[list[Json], ...] = (BOOKED, CHECKED, [answer("There is no train.")])
"""The paths of three agents, one without any step."""


def traced_study(
    path: Path,
    now: datetime,
    judged: ConversationJudged,
    scale: Scale | None = None,
    traces: Sequence[list[Json]] = (BOOKED, CHECKED),
) -> Path:
    """Write a study with one prompt, and a system for each trace."""
    scale = scale or Scale()
    with StudyFile.create(path, title="Trains", scale=scale, rng=Random(7), now=now) as study:
        systems = import_systems(study, *("base", "tuned", "third")[: len(traces)])
        (prompt,) = study.prompts.add([PromptSpec("a", (Message("user", "Book a train."),))])
        drafts = [
            ResponseDraft(
                system.id,
                str(last["content"]),
                FinishReason.IMPORTED,
                earlier=tuple(stored_step(one) for one in path_taken if isinstance(one, dict)),
            )
            for system, (*path_taken, last) in zip(systems, traces, strict=True)
            if isinstance(last, dict)
        ]
        study.responses.store(prompt.id, drafts, run=None)
        study.settings.set_rating(scale, RatingDesign(conversations=judged), now=now)
    return path
