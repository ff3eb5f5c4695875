"""The messages between window and worker: frozen dataclasses, one JSON object a line.

A line is ``{"message": "<class name>", <field>: <value>, …}`` in ASCII, ended by a newline. Every field
is spelled out, none may be added: both ends are of one version, which `Hello` states first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal, NoReturn, TypeAlias, cast, get_args

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.generation_settings import (
    GenerationSettings as GenerationSettings,  # part of the protocol
)
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.run_record import EngineReport, SystemVerification
from ftcompare.core.study import Message
from ftcompare.core.typed_json import ShapeError, read_typed

PROTOCOL_VERSION = 9

FaultKind: TypeAlias = Literal["user", "environment", "bug"]
End: TypeAlias = Literal["end", "length", "no_answer"]
Quantisation: TypeAlias = Literal["", "8bit", "4bit"]
Template: TypeAlias = Literal["", "own"]


class ProtocolError(BugError):
    """A line is not a message of this protocol."""


@dataclass(frozen=True, slots=True)
class SystemRequest:
    """A system to load. All of one `Load` share ``model``, ``url`` and ``quantisation``."""

    key: str
    model: str  # folder or hub id; where ``url`` is given, the name of a served model
    adapter: str = ""  # folder or hub id; "" is the model itself
    url: str = ""  # address of an OpenAI-compatible server that answers; "" to load the model here
    quantisation: Quantisation = ""  # how the weights are loaded: as they are, or in 8 or 4 bits
    template: Template = ""  # "" for the base's chat template, "own" for the one in the adapter's folder
    # given to the chat template by name
    template_options: tuple[tuple[str, TemplateOption], ...] = ()
    recipe: str = ""  # digest of how it is asked; tells systems apart that are one model
    # pairs of what opens and what closes reasoning, beside those that are known
    reasoning_markers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A prompt to be answered by every loaded system. ``key`` names it in events and seeds its draws."""

    key: str
    messages: tuple[Message, ...]
    samples: tuple[int, ...] = (0,)  # which samples are to be written, counted from 0
    # by system key, the messages of those that are asked otherwise
    own: dict[str, tuple[Message, ...]] = field(default_factory=dict, hash=False)
    later_turns: tuple[str, ...] = ()  # the user's, each asked when the one before is answered

    def messages_for(self, system: str) -> tuple[Message, ...]:
        """What one system is asked."""
        return self.own.get(system, self.messages)

    @property
    def forms(self) -> tuple[tuple[Message, ...], ...]:
        """All that is asked, each once."""
        return tuple(dict.fromkeys((self.messages, *self.own.values())))


@dataclass(frozen=True, slots=True)
class Load:
    """Load the systems. Ends with `Loaded` or `Fault`."""

    systems: tuple[SystemRequest, ...]
    allow_network: bool = False  # whether a server on another machine may be asked
    # hub ids that may be downloaded; of others what was downloaded before is taken
    fetch: tuple[str, ...] = ()
    device: str = "auto"  # "auto", "cpu", "mps", "cuda" or "cuda:1"
    dtype: str = "auto"  # "auto" (measured), "float32", "bfloat16" or "float16"
    backend: str = "local"  # "local", "served", "reward" (one reward model) or "fake"


@dataclass(frozen=True, slots=True)
class Verify:
    """Verify on these prompts that base is base and adapters act. Ends with `Verified` or `Fault`."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer the items with every loaded system. Ends with `Finished` or `Fault`."""

    items: tuple[Item, ...]
    settings: GenerationSettings


@dataclass(frozen=True, slots=True)
class TextToScore:
    """A text after a prompt, whose probability under every loaded system is wanted."""

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
    """Have the reward model rate the texts, each as a `Rewarded`. Ends with `Finished` or `Fault`."""

    texts: tuple[TextToScore, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Measure each loaded system by itself on these items. Ends with `Benchmarked` or `Fault`."""

    items: tuple[Item, ...]
    settings: GenerationSettings


@dataclass(frozen=True, slots=True)
class TaskToEvaluate:
    """A task of lm-evaluation-harness. Functions stand as an object with the one field ``!function``."""

    name: str
    settings: str = ""  # what its file says, as JSON; "" for a task that the harness brings
    folder: str = ""  # in which its data lie


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Have some of the loaded systems do a task, one after another.

    Each system's items come as `EvaluatedItem`, then its `EvaluatedTask`. Ends with `Finished` or `Fault`.
    """

    task: TaskToEvaluate
    systems: tuple[str, ...]  # keys
    limit: int = 0  # first items of a task that are done; 0 for all
    fewshot: int | None = None  # examples before each item; None for as many as the task says
    seed: int = 0  # of the choice of examples, and of draws
    chat: bool = False  # whether items are asked through each system's chat template
    allow_network: bool = False  # whether data may be downloaded from the hub
    allow_code: bool = False  # whether functions of the task's folder may run


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up what is under way. Always answered by one ``Finished(cancelled=True)``."""


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
    """What is being done now, in words, for a progress line."""

    text: str


@dataclass(frozen=True, slots=True)
class Loaded(EngineReport):
    """The systems are in memory."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The verification, one part a system. `Generate` is refused unless every part is ok."""

    systems: tuple[SystemVerification, ...]


@dataclass(frozen=True, slots=True)
class ServerChecked:
    """Requests by which a server was looked at since the last such event, beside those for items.

    Token counts as far as the server tells them.
    """

    requests: int
    prompt_tokens: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Written:
    """One system's response. ``tokens`` are of the answer, without the end token."""

    system: str
    text: str
    finish_reason: End
    tokens: int
    # digests of the adapters that truly acted while it was written, parted by blanks; "" where none did;
    # "unknown" where it cannot be known (a served model)
    active: str = ""
    reasoning: str = ""  # what was written before the answer, without its markers
    prompt_tokens: int | None = None  # read; None where that is not known. So ``reasoning_tokens``, written
    reasoning_tokens: int | None = None
    earlier: tuple[str, ...] = ()  # of several turns, the answers to all but the last; tokens are of all

    @property
    def all_tokens(self) -> int:
        """Written, of reasoning and answer."""
        return self.tokens + (self.reasoning_tokens or 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Every system's whole response to one sample of one item."""

    item: str
    responses: tuple[Written, ...]
    sample: int = 0


@dataclass(frozen=True, slots=True)
class TextScore:
    """A text's log-probabilities under one system."""

    system: str
    starts: tuple[int, ...]  # for each token, the character of the text at which it starts, ascending
    logprobs: tuple[float, ...]  # natural logarithms, one a token, at most 0


@dataclass(frozen=True, slots=True)
class Scored:
    """One text under every system."""

    key: str
    scores: tuple[TextScore, ...]


@dataclass(frozen=True, slots=True)
class Rewarded:
    """What a reward model gives one text: any finite number; the higher the better."""

    key: str
    score: float


@dataclass(frozen=True, slots=True)
class SystemSpeed:
    """What one system took, by itself, one prompt at a time."""

    system: str
    prompts: int  # that were answered
    # read, of all prompts; None where the server does not say. So ``tokens``, written
    prompt_tokens: int | None
    tokens: int | None
    # median time from the prompt to its first token; None where not streamed, or where a server holds back
    # its stream and sends it at once
    first_token_seconds: float | None
    tokens_per_second: float | None  # after the first token, of all responses together
    memory_bytes: int | None  # the most that was held while it wrote; None where it cannot be told
    ended: int  # responses that ended by themselves; the others were cut at the limit


@dataclass(frozen=True, slots=True)
class Benchmarked:
    """What each system took."""

    systems: tuple[SystemSpeed, ...]


@dataclass(frozen=True, slots=True)
class EvaluatedItem:
    """What one system made of one item of a task."""

    system: str
    task: str
    item: str  # its place in the task and the beginning of its digest
    metrics: dict[str, float]
    record: str  # as JSON: what was asked, what is right, what was replied


@dataclass(frozen=True, slots=True)
class EvaluatedTask:
    """One system has done a task: all of its items were told."""

    system: str
    # by task (one that the harness brings may be several), the names of metrics of which less is better
    falling: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """One item cannot be answered, and why. The others go on."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Items done (failed ones too) of all, and new tokens a second since the start."""

    done: int
    total: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that stops nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of `Generate`, or the answer to `Cancel`."""

    cancelled: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, where, what to do about it. ``fatal``: the worker ends after it."""

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
    """The message that carries an error; one of no kind here is told as a bug."""
    kind: FaultKind = next((kind for kind, one in _ERRORS.items() if isinstance(error, one)), "bug")
    return Fault(error.code, error.what, error.where, error.how, fatal, kind)


def raise_fault(fault: Fault) -> NoReturn:
    """Raise the error that a fault reports: a `UserError`, `EnvironmentFault` or `BugError`, by its kind."""
    raise _ERRORS[fault.kind](fault.what, where=fault.where, how=fault.how, code=fault.code)


Command: TypeAlias = Load | Verify | Generate | Score | Reward | Benchmark | Evaluate | Cancel | Shutdown
Event: TypeAlias = (
    Hello | Stage | Loaded | Verified | ServerChecked | Pair | Scored | Rewarded | Benchmarked | EvaluatedItem
    | EvaluatedTask | ItemFailed | Progress | Note | Finished | Fault
)  # fmt: skip
AnyMessage: TypeAlias = Command | Event

Examined: TypeAlias = Scored | Rewarded | Benchmarked | EvaluatedItem | EvaluatedTask
"""What comes of examining systems, and never of having them write."""

_CLASSES: dict[str, type[AnyMessage]] = {c.__name__: c for c in (*get_args(Command), *get_args(Event))}


def encode(message: AnyMessage) -> bytes:
    """One line, newline included.

    Raises:
        ProtocolError: a number is NaN or infinite, which JSON cannot spell.
    """
    body = {"message": type(message).__name__, **asdict(message)}
    try:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except ValueError as error:
        raise ProtocolError(f"A message cannot be written: {error}.", code="protocol") from error
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> AnyMessage:
    """The message of one line.

    Raises:
        ProtocolError: the line is not JSON, not a known message, or a field is missing, unknown or
            of the wrong type.
    """
    try:
        body = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("A line is not JSON.", code="protocol") from error
    name = body.pop("message", None) if isinstance(body, dict) else None
    kind = _CLASSES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ProtocolError("A line is not a known message.", code="protocol")
    try:
        return cast("AnyMessage", read_typed(body, kind, kind.__name__))
    except ShapeError as error:
        raise ProtocolError(str(error), code="protocol") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
