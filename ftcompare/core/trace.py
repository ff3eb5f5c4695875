"""Traces of systems that call tools: the messages between a prompt and its answer, as steps.

The messages are stored, unchanged, among the answers to earlier turns: each as JSON text after a record
separator (RFC 7464), so that none is taken for an answer. `steps` reads the messages of OpenAI's chat format
(``tool_calls``, ``function_call``, and the roles ``tool`` and ``function``), and the calls and results of
ShareGPT files (``function_call``, ``observation``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby, zip_longest

from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, named_value, tr

UNNAMED = "?"  # the name of a call without one
_MARK = "\x1e"
_STEP = "step"  # the role of a step that is shown, see `shown_steps`
_RESULTS = ("tool", "function", "observation")
_LINE = 60  # characters of arguments that are written in one line
_UNSHOWN = ("thought",)  # reasoning is not part of what is judged


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A call of a tool with its result, a text between calls, or a field of a structured answer."""

    name: str = ""  # of the tool or the field; empty for a text
    arguments: str = ""  # of the call: JSON with sorted names, or text that is not JSON
    result: str = ""  # of the call; or the text, or the value of the field
    is_field: bool = False

    @property
    def call(self) -> str:
        """The call as one text; empty for a text."""
        return f"{self.name}({self.arguments})" if self.name else ""


@dataclass(frozen=True, slots=True)
class StepPair:
    """Steps of the left and the right answer that stand side by side; one may be missing."""

    left: TraceStep | None
    right: TraceStep | None
    alone: bool = field(default=False, kw_only=True)  # a step of one answer, with none of another beside it
    label: str = field(default="", kw_only=True)  # in a ranking: its answer, and a number

    @property
    def same(self) -> bool:
        return self.left == self.right

    @property
    def mark(self) -> str:
        """Say whether both steps are the same; empty for a step of one answer."""
        return "" if self.alone else tr(SAME if self.same else DIFFERENT)

    @property
    def of_field(self) -> bool:
        return any(step is not None and step.is_field for step in (self.left, self.right))


def stored_step(message: Mapping[str, Json]) -> str:
    """Return a message as it is stored among the answers to earlier turns."""
    return _MARK + message_text(message)


def message_text(message: Mapping[str, Json]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def is_step(text: str) -> bool:
    return text.startswith(_MARK)


def message_of(stored: str) -> dict[str, Json]:
    """Return the message of a stored step. Text that is not a JSON object becomes its content."""
    try:
        message = json.loads(stored.removeprefix(_MARK))
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {"role": "assistant", "content": stored}


def calls_tools(message: Mapping[str, Json]) -> bool:
    """Return whether a message calls tools in OpenAI's form."""
    return bool(message.get("tool_calls") or message.get("function_call"))


def of_tools(message: Mapping[str, Json]) -> bool:
    """Return whether a message calls tools, or is the result of a call, in OpenAI's form."""
    return calls_tools(message) or message.get("role") in ("tool", "function")


def plain_answers(earlier: Iterable[str]) -> tuple[str, ...]:
    """Return the answers to earlier turns without steps."""
    return tuple(text for text in earlier if not is_step(text))


def steps(earlier: Iterable[str]) -> tuple[TraceStep, ...]:
    """Return the steps of a trace in order, each call with its result."""
    found: list[TraceStep] = []
    waiting: dict[str, int] = {}  # calls without a result: the index of a step by the id of its call
    for message in map(message_of, filter(is_step, earlier)):
        role, text = str(message.get("role")), _content(message.get("content"))
        if role == _STEP:
            name, arguments, result = (str(message.get(key, "")) for key in ("name", "arguments", "result"))
            found.append(TraceStep(name, arguments, result))
        elif role in _RESULTS:
            name = str(message.get("name") or "")
            place = _called(str(message.get("tool_call_id")), name, found, waiting)
            if place is None:
                found.append(TraceStep(name or role, "", text))
            else:
                found[place] = replace(found[place], result=text)
        elif role not in _UNSHOWN:
            calls = list(_calls(message))
            if text.strip() and role != "function_call":
                found.append(TraceStep(result=text))
            for key, step in calls:
                waiting[key or f"\0{len(found)}"] = len(found)
                found.append(step)
    return tuple(found)


def _called(key: str, name: str, earlier: Sequence[TraceStep], waiting: dict[str, int]) -> int | None:
    """Remove a call from those that wait for a result: that with the id, else the first with the name."""
    named = (one for one, place in waiting.items() if name in ("", earlier[place].name))
    return waiting.pop(key if key in waiting else next(named, ""), None)


def _calls(message: Mapping[str, Json]) -> Iterator[tuple[str, TraceStep]]:
    """Yield the calls of a message, each with its id, which may be empty."""
    calls = message.get("tool_calls")
    every: list[Json] = [*calls] if isinstance(calls, list) else []
    if message.get("function_call"):
        every.append(message["function_call"])
    elif message.get("role") == "function_call":
        every.append(_value(message.get("content")))
    for call in every:
        if isinstance(call, dict):
            inner = call.get("function") or call.get("custom")
            told = inner if isinstance(inner, dict) else {**call, "name": inner or call.get("name")}
            given = told.get("arguments", told.get("input"))
            yield str(call.get("id") or ""), TraceStep(str(told.get("name") or UNNAMED), _spelled(given))
        else:
            yield "", TraceStep(_content(call) or UNNAMED)


def _value(text: Json) -> Json:
    """Return the value of a JSON text; any other value as it is."""
    try:
        value: Json = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text
    return value


def _spelled(arguments: Json) -> str:
    value = _value(arguments)
    if value is None or isinstance(value, str):
        return value or ""
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return line if len(line) <= _LINE else json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _content(content: Json) -> str:
    """Return a message's content as text; parts that are not text as JSON."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else "" if content is None else _spelled(content)
    texts = [one.get("text") if isinstance(one, dict) else one for one in content]
    return "".join(
        text if isinstance(text, str) else _spelled(one) for text, one in zip(texts, content, strict=True)
    )


def shown_steps(earlier: Iterable[str]) -> tuple[str, ...]:
    """Return answers and steps with only what raters may see of steps.

    Ids of calls and further fields of messages, which may reveal a system, are left out.
    """
    shown: list[str] = []
    for of_steps, group in groupby(earlier, is_step):
        shown += (stored_step({"role": _STEP, **asdict(one)}) for one in steps(group)) if of_steps else group
    return tuple(shown)


def aligned(left: Iterable[str], right: Iterable[str]) -> tuple[StepPair, ...]:
    """Place the steps of two traces side by side: equal ones first, between them calls of one tool."""
    return tuple(_aligned(steps(left), steps(right), (lambda step: step, lambda step: step.name)))


def _aligned(
    left: Sequence[TraceStep], right: Sequence[TraceStep], keys: Sequence[Callable[[TraceStep], Hashable]]
) -> Iterator[StepPair]:
    if not keys:
        yield from (StepPair(a, b) for a, b in zip_longest(left, right))
        return
    one, other = ([keys[0](step) for step in side] for side in (left, right))
    for kind, start, end, begin, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        below = () if kind == "equal" else keys[1:]
        yield from _aligned(left[start:end], right[begin:stop], below)


def step_turns(step: TraceStep) -> tuple[tuple[str, str], ...]:
    """Return a step as turns, each with its role and its text in Markdown: arguments and result as code."""
    if not step.name or step.is_field:
        return (("assistant", _fenced(step.result) if step.is_field else step.result),)
    result = (("tool", _fenced(step.result)),) if step.result else ()
    return (("function_call", _fenced(step.arguments or "{}")), *result)


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def step_name(step: TraceStep | None) -> str:
    """Return the name of a step in a list: its tool, its field and value, or the beginning of its text."""
    if step is None:
        return "–"
    beginning = " ".join(step.result[:200].split())
    return named_value(step.name, beginning) if step.is_field else step.name or beginning


def only_fields(pairs: Sequence[StepPair]) -> bool:
    return all(pair.of_field for pair in pairs)


def steps_title(pairs: Sequence[StepPair]) -> str:
    """Return the title of a list of steps or fields, with how many of them are the same."""
    if any(pair.alone for pair in pairs):
        return tr(STEPS)
    title = FIELDS_TITLE if only_fields(pairs) else STEPS_TITLE
    return tr(title, same=sum(pair.same for pair in pairs), number=len(pairs))


STEPS = N_("Steps")
STEPS_TITLE = N_("Steps ({same} of {number} the same)")
FIELDS_TITLE = N_("Fields ({same} of {number} the same)")
SAME, DIFFERENT = N_("Same"), N_("Different")
