"""Messages between window and worker: frozen dataclasses, one JSON object per line.

A line is ``{"message": "<class name>", <field>: <value>, …}`` in ASCII, ended by a newline. Every field must
be present and no other is allowed: both ends have the same version, which `Hello` states first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal, NoReturn, TypeAlias, get_args

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.generation_settings import (
    GenerationSettings as GenerationSettings,  # part of the protocol
)
from ftcompare.core.hashing import refuse_constant
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.run_record import EngineReport, SystemVerification
from ftcompare.core.study import Message
from ftcompare.core.typed_json import ShapeError, read_record

PROTOCOL_VERSION = 11

FaultKind: TypeAlias = Literal["user", "environment", "bug"]
End: TypeAlias = Literal["end", "length", "no_answer"]
Quantisation: TypeAlias = Literal["", "8bit", "4bit"]
Template: TypeAlias = Literal["", "own"]


class ProtocolError(BugError):
    """Raised for a line that is not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class SystemRequest:
    """System to load. All systems of one `Load` share ``model``, ``url`` and ``quantisation``."""

    key: str
    model: str  # folder or hub id; where ``url`` is given, the name of a served model
    adapter: str = ""  # folder or hub id; "" for the model itself
    url: str = ""  # address of an OpenAI-compatible server; "" to load the model here
    quantisation: Quantisation = ""  # 8 or 4 bits for loading the weights; "" for unchanged weights
    template: Template = ""  # "" for the base's chat template, "own" for the one in the adapter's folder
    template_options: tuple[tuple[str, TemplateOption], ...] = ()  # arguments for the chat template by name
    recipe: str = ""  # digest of the recipe; distinguishes systems that are the same model
    reasoning_markers: tuple[tuple[str, str], ...] = ()  # opening and closing, in addition to the known ones


@dataclass(frozen=True, slots=True)
class Item:
    """Prompt for every loaded system. ``key`` identifies it in events and seeds its draws."""

    key: str
    messages: tuple[Message, ...]
    samples: tuple[int, ...] = (0,)  # indexes of the samples to generate, from 0
    own: dict[str, tuple[Message, ...]] = field(default_factory=dict, hash=False)  # by system key
    later_turns: tuple[str, ...] = ()  # user turns, each asked after the answer to the one before

    def messages_for(self, system: str) -> tuple[Message, ...]:
        return self.own.get(system, self.messages)

    @property
    def forms(self) -> tuple[tuple[Message, ...], ...]:
        return tuple(dict.fromkeys((self.messages, *self.own.values())))


@dataclass(frozen=True, slots=True)
class Load:
    """Load the systems. Ends with `Loaded` or `Fault`."""

    systems: tuple[SystemRequest, ...]
    allow_network: bool = False  # whether a server on another machine may be contacted
    fetch: tuple[str, ...] = ()  # hub ids that may be downloaded; others must be in the local cache
    device: str = "auto"  # "auto", "cpu", "mps", "cuda" or "cuda:1"
    dtype: str = "auto"  # "auto" (measured), "float32", "bfloat16" or "float16"
    also: tuple[str, ...] = ()  # addresses of further servers that serve the same systems
    backend: str = "local"  # "local", "served", "reward", "similarity" (one model), or MODULE:CLASS


@dataclass(frozen=True, slots=True)
class Verify:
    """Verify on these prompts that base and adapters work as such. Ends with `Verified` or `Fault`."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer the items with every loaded system. Ends with `Finished` or `Fault`."""

    items: tuple[Item, ...]
    settings: GenerationSettings


@dataclass(frozen=True, slots=True)
class TextToScore:
    """Text after a prompt, to be scored by its probability under every loaded system."""

    key: str
    messages: tuple[Message, ...]
    text: str
    own: dict[str, tuple[Message, ...]] = field(default_factory=dict, hash=False)  # as in `Item`


@dataclass(frozen=True, slots=True)
class Score:
    """Score the texts with every loaded system, each as a `Scored`. Ends with `Finished` or `Fault`."""

    texts: tuple[TextToScore, ...]


@dataclass(frozen=True, slots=True)
class Reward:
    """Score the texts with the reward model, each as a `Rewarded`. Ends with `Finished` or `Fault`."""

    texts: tuple[TextToScore, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Measure each loaded system separately on these items. Ends with `Benchmarked` or `Fault`."""

    items: tuple[Item, ...]
    settings: GenerationSettings
    repeats: int = 1  # how often each system answers each item


@dataclass(frozen=True, slots=True)
class TaskToEvaluate:
    """Task of lm-evaluation-harness. A function is an object with the single field ``!function``."""

    name: str
    settings: str = ""  # content of its file, as JSON; "" for a task that the harness includes
    folder: str = ""  # folder of its data


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Let systems do a task in turn: `EvaluatedItem`s and an `EvaluatedTask` each, then `Finished`."""

    task: TaskToEvaluate
    systems: tuple[str, ...]  # keys
    limit: int = 0  # number of items of the task, from its start; 0 for all
    fewshot: int | None = None  # examples before each item; None for the task's own number
    seed: int = 0  # seed of the choice of examples, and of draws
    chat: bool = False  # whether items are asked through each system's chat template
    allow_network: bool = False  # whether data may be downloaded from the hub
    allow_code: bool = False  # whether functions of the task's folder may run


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the running command. Always answered by one ``Finished(cancelled=True)``."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Exit."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The worker's first message."""

    version: int
    pid: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Present work in words, for a progress line."""

    text: str


@dataclass(frozen=True, slots=True)
class Loaded(EngineReport):
    """The systems are in memory."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Verification, one part per system. `Generate` is refused unless every part is ok."""

    systems: tuple[SystemVerification, ...]


@dataclass(frozen=True, slots=True)
class ServerChecked:
    """Requests that checked a server since the last such event, with the server's token counts."""

    requests: int = 0
    prompt_tokens: int = 0  # input tokens, as far as reported; ``tokens`` are the output tokens
    tokens: int = 0

    def __bool__(self) -> bool:
        return self.requests > 0

    def __add__(self, other: ServerChecked) -> ServerChecked:
        return ServerChecked(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.tokens + other.tokens,
        )


@dataclass(frozen=True, slots=True)
class OtherModel:
    """Other model than requested that a server reported. Emitted once for each two names."""

    requested: str
    reported: str


@dataclass(frozen=True, slots=True)
class Written:
    """Response of one system. ``tokens`` counts the answer, without the end token."""

    system: str
    text: str
    finish_reason: End
    tokens: int
    active: str = ""  # as `ResponseDraft.active`
    reasoning: str = ""  # the reasoning before the answer, without its markers
    prompt_tokens: int | None = None  # tokens read; None where unknown
    reasoning_tokens: int | None = None
    earlier: tuple[str, ...] = ()  # answers to turns before the last, or steps; tokens are of all turns

    @property
    def all_tokens(self) -> int:
        return self.tokens + (self.reasoning_tokens or 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Every system's whole response to one sample of one item."""

    item: str
    responses: tuple[Written, ...]
    sample: int = 0


@dataclass(frozen=True, slots=True)
class TextScore:
    """Log-probabilities of a text under one system."""

    system: str
    starts: tuple[int, ...]  # for each token, the index of the character at which it starts, ascending
    logprobs: tuple[float, ...]  # natural logarithms, one per token, at most 0


@dataclass(frozen=True, slots=True)
class Scored:
    """One text under every system."""

    key: str
    scores: tuple[TextScore, ...]


@dataclass(frozen=True, slots=True)
class Rewarded:
    """Score of one text by a reward model, higher is better, or what an encoder returns for it."""

    key: str
    score: float  # finite
    embedding: tuple[float, ...] = ()  # by an encoder, of a text without messages to compare it with


@dataclass(frozen=True, slots=True)
class AnswerTime:
    item: str  # key of the item
    repeat: int  # 0 for the first time that the item was asked
    first_token_seconds: float | None  # None as in `SystemSpeed`
    tokens_per_second: float | None  # after the first token; None where there is no further token


@dataclass(frozen=True, slots=True)
class SystemSpeed:
    """Speed and memory of one system alone; counts are of one answer to each prompt, times of all."""

    system: str
    prompts: int  # number of answered prompts
    prompt_tokens: int | None  # read over all prompts, as ``tokens`` written; None where not reported
    tokens: int | None
    first_token_seconds: float | None  # median from the prompt on; None where responses are not streamed
    tokens_per_second: float | None  # after the first token, over all responses
    memory_bytes: int | None  # maximum memory during generation; None where unknown
    ended: int  # number of responses that ended before the limit; the others were cut there
    answers: tuple[AnswerTime, ...] = ()  # empty where measured by a version that did not store them


@dataclass(frozen=True, slots=True)
class Benchmarked:
    systems: tuple[SystemSpeed, ...]


@dataclass(frozen=True, slots=True)
class EvaluatedItem:
    """Result of one system on one item of a task."""

    system: str
    task: str
    item: str  # index in the task and start of the item's digest
    metrics: dict[str, float]
    record: str  # as JSON: the question, the correct answer, the reply


@dataclass(frozen=True, slots=True)
class EvaluatedTask:
    """One system has done a task: all of its items have been emitted."""

    system: str
    falling: dict[str, tuple[str, ...]]  # by task of the harness, metrics for which a smaller value is better


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """An item that could not be answered, with the reason. The other items continue."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Finished items (including failed ones) of all, and new tokens per second since the start."""

    done: int
    total: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Note:
    """Information for the user; the work continues."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """End of `Generate`, or the answer to `Cancel`."""

    cancelled: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Error: what went wrong, where, and advice. ``fatal``: the worker exits after it."""

    code: str
    what: str
    where: str
    how: str
    fatal: bool
    kind: FaultKind


_ERRORS: dict[FaultKind, type[FTCompareError]] = {
    "user": UserError,
    "environment": EnvironmentFault,
    "bug": BugError,
}


def fault_of(error: FTCompareError, *, fatal: bool = False) -> Fault:
    """Convert an error; one of an unknown class is reported as a bug."""
    kind: FaultKind = next((kind for kind, one in _ERRORS.items() if isinstance(error, one)), "bug")
    return Fault(error.code, error.what, error.where, error.how, fatal, kind)


def raise_fault(fault: Fault) -> NoReturn:
    raise _ERRORS[fault.kind](fault.what, where=fault.where, how=fault.how, code=fault.code)


Command: TypeAlias = Load | Verify | Generate | Score | Reward | Benchmark | Evaluate | Cancel | Shutdown
Event: TypeAlias = (
    Hello | Stage | Loaded | Verified | ServerChecked | OtherModel | Pair | Scored | Rewarded | Benchmarked
    | EvaluatedItem | EvaluatedTask | ItemFailed | Progress | Note | Finished | Fault
)  # fmt: skip
AnyMessage: TypeAlias = Command | Event

Examined: TypeAlias = Scored | Rewarded | Benchmarked | EvaluatedItem | EvaluatedTask  # no generation

_CLASSES: dict[str, type[AnyMessage]] = {c.__name__: c for c in (*get_args(Command), *get_args(Event))}


def encode(message: AnyMessage) -> bytes:
    """Encode a line with its newline. Raises `ProtocolError` for NaN and infinity."""
    body = {"message": type(message).__name__, **asdict(message)}
    try:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except ValueError as error:
        raise ProtocolError(f"A message cannot be written: {error}.", code="protocol") from error
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> AnyMessage:
    """Decode one line. Raises `ProtocolError` if it is not exactly a known message."""
    try:
        body = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("A line is not JSON.", code="protocol") from error
    name = body.pop("message", None) if isinstance(body, dict) else None
    kind = _CLASSES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ProtocolError("A line is not a known message.", code="protocol")
    try:
        return read_record(kind, body, at=kind.__name__)
    except ShapeError as error:
        raise ProtocolError(str(error), code="protocol") from error
