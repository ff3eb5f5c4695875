"""Finds text that identifies a model: "as an AI language model", "my training data", a system's own name.

A find is no proof: it shows where a rater could have recognized a system, for the owner to look at. Ordinary
words of a subject must not be found, so every phrase requires a context: the first person, or words that are
only used of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

SHORTEST_NAME = 3


class GiveawayKind(StrEnum):
    """How a text identifies a model: it says that it is one, mentions its training, or names a system."""

    SELF = "self"
    TRAINING = "training"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Giveaway:
    """Find: character offsets into the given text, end exclusive, the words there, and the kind."""

    start: int
    end: int
    text: str
    kind: GiveawayKind


_I_AM = "(?:I am|I'm|I was)(?: just| only| merely| simply)?"
_PLAIN = "(?!(?:a|an|and|as|at|but|by|for|from|in|my|of|on|or|that|the|to|using|which|who|with) )[\\w'-]+ "
"""Word that does not begin another phrase: "I am a doctor who uses a language model" is no find."""

_MACHINE = (
    f"an? (?:{_PLAIN}){{0,3}}(?:language model|LLM|chatbot|(?:virtual|digital) assistant"
    "|AI[ -](?:\\w+ )?(?:model|assistant|system|program|tool|chatbot)|artificial intelligence)"
)
_AN_AI = "an (?:AI|artificial intelligence)"
_MAKERS = "OpenAI|Anthropic|Google|Meta|Alibaba|Mistral(?: AI)?|DeepSeek|Microsoft|Hugging ?Face"
_MODELS = (
    *("chatgpt", "gpt-", "gpt4", "claude", "gemini", "gemma", "llama", "qwen"),
    *("mistral", "mixtral", "deepseek", "smollm"),
)
_TUNED = "(?:fine-? ?tuned|instruction-? ?tuned|pre-? ?trained)"
_HAVE_BEEN = "I (?:was|am|have been|'ve been)|I've been|I'm"

_MACHINE_WORDS = ("language", "llm", "bot", "assistant", "ai", "artificial")
_TUNED_WORDS = ("tuned", "trained")

_SELF, _TRAINING = GiveawayKind.SELF, GiveawayKind.TRAINING
_PHRASES: tuple[tuple[GiveawayKind, tuple[str, ...], str], ...] = (
    (_SELF, _MACHINE_WORDS, f"{_I_AM} {_MACHINE}"),
    (_SELF, _MACHINE_WORDS, f"{_I_AM} {_AN_AI}(?= ?(?:[,.;:!?]|$))"),
    (_SELF, _MACHINE_WORDS, f"as (?:just |only )?(?:{_MACHINE}|{_AN_AI})(?=,? (?:I|I'm|my|it is|it's)\\b)"),
    (_SELF, _MACHINE_WORDS, f"I [^.!?\n]{{0,80}}as (?:just )?(?:{_MACHINE}|{_AN_AI})(?= ?(?:[,.;:!?]|$))"),
    (
        _SELF,
        _TUNED_WORDS,
        f"{_I_AM} (?:an?|the|your) (?:{_PLAIN}){{0,3}}(?:model|version|assistant)"
        f" (?:(?:that|which) (?:was|is|has been) )?(?:\\w+ly |further )?(?:{_TUNED}|trained (?:on|by|to))",
    ),
    (_SELF, _MODELS, f"(?:I am|I'm|my name is|call me) \\w*(?:{'|'.join(_MODELS)})[\\w-]*"),
    (
        _SELF,
        (" by",),
        f"(?:{_HAVE_BEEN}|(?:model|assistant|AI),?(?: (?:that|which) (?:was|is))?)"
        f" (?:created|developed|trained|made|built) by (?:{_MAKERS})",
    ),
    (_TRAINING, _TUNED_WORDS, f"(?:{_HAVE_BEEN}) (?:\\w+ly |further |also )?{_TUNED}"),
    (
        _TRAINING,
        _TUNED_WORDS,
        f"(?:{_HAVE_BEEN}) (?:\\w+ly )?trained on (?:(?!(?:and|by|who|with) )[\\w'-]+ ){{0,6}}"
        "(?:data|datasets?|corpus|corpora|texts?|documents?|literature|tokens|dialogues?|conversations)",
    ),
    (
        _TRAINING,
        ("my",),
        "my (?:own )?(?:training (?:data|datasets?|corpus|cut-? ?off)|knowledge cut-? ?off|system prompt"
        "|model weights|(?:fine-? ?tuning|pre-? ?training) (?:data|datasets?|process))",
    ),
    (_TRAINING, ("my",), "(?:during|since|from|in) my (?:fine-? ?tuning|pre-? ?training)"),
    (_TRAINING, ("update",), "(?:as of|since|after|until|at) my (?:last )?(?:knowledge |training )update"),
    (_TRAINING, ("lora",), "(?-i:Q?LoRA)"),
    (
        _SELF,
        ("sprachmodell", "ki-", "als ki"),
        "(?:als|ich bin|bin ich)(?: nur)?(?: eine?)? (?:großes |grosses )?(?:KI[- ])?"
        "(?:Sprachmodell|KI-(?:Modell|Assistent(?:in)?|System))|als KI(?= ?(?:,|kann ich|habe ich|bin ich))",
    ),
    (_TRAINING, ("meine",), "meine[mnr]? (?:Trainingsdaten|Feinabstimmung)"),
    (_SELF, ("langage",), "(?:en tant que|je suis)(?: une?| qu'une?)? (?:grand )?mod[eè]le de langage"),
    (_SELF, ("lenguaje", "idioma"), "(?:como|soy)(?: un)? (?:gran )?modelo de (?:lenguaje|idioma)"),
)
"""Each pattern's kind, words of which a text must contain one to be searched, and the pattern."""


FEW_NAMES = 32  # with more names, only those whose first word is in the text are searched

_WORD = re.compile(r"\w+")
_Pattern = tuple[GiveawayKind, tuple[str, ...], re.Pattern[str]]


class GiveawayFinder:
    """Finds text that identifies a model. Built once for many texts.

    ``names`` are those of systems and of model folders. A name that could be ordinary words, such as
    ``base`` or ``heart-failure``, is found only where a text calls itself by it; so is a name that occurs
    in the ``ordinary`` texts of the study, which no model wrote (its prompts).
    """

    def __init__(self, names: Iterable[str] = (), *, ordinary: Iterable[str] = ()) -> None:
        known = dict.fromkeys(name.strip() for name in names if len(name.strip()) >= SHORTEST_NAME)
        common = _present((name for name in known if _is_distinct(name)), ordinary)
        own = {name for name in known if _is_distinct(name) and name not in common}
        self._patterns = [
            (kind, needs, _bounded(text.replace(" ?", r"\s*").replace(" ", r"\s+")))
            for kind, needs, text in _PHRASES
        ]
        self._names: list[_Pattern] = []
        self._by_word: dict[str, list[int]] = {}
        for place, name in enumerate(known):
            pattern = _whole(name) if name in own else _as_own_name(name)
            self._names.append((GiveawayKind.NAME, (name.lower(),), pattern))
            self._by_word.setdefault(next(iter(_WORD.findall(name.lower())), ""), []).append(place)

    def find(self, text: str, *, prompt: str = "") -> tuple[Giveaway, ...]:
        """Return disjoint finds in order, the longest at each place; none that repeat the ``prompt``."""
        in_prompt = _folded(prompt)
        chosen: list[Giveaway] = []
        for giveaway in sorted(self._all(text), key=lambda g: (g.start, -g.end)):
            if (not chosen or giveaway.start >= chosen[-1].end) and _folded(giveaway.text) not in in_prompt:
                chosen.append(giveaway)
        return tuple(chosen)

    def _all(self, text: str) -> Iterator[Giveaway]:
        plain = text.replace("\u2019", "'")
        lower = plain.lower()
        for kind, needs, pattern in (*self._patterns, *self._possible(lower)):
            for match in pattern.finditer(plain) if any(word in lower for word in needs) else ():
                yield Giveaway(match.start(), match.end(), text[match.start() : match.end()], kind)

    def _possible(self, lower: str) -> list[_Pattern]:
        """Return the patterns to search: all of a few; of many, those with their first word in the text."""
        if len(self._names) <= FEW_NAMES:
            return self._names
        words = {"", *_WORD.findall(lower)}
        places = sorted(place for word in words & self._by_word.keys() for place in self._by_word[word])
        return [self._names[place] for place in places]


def _is_distinct(name: str) -> bool:
    """Return whether a name cannot be ordinary words: it has a digit, ``_`` or a capital within a word."""
    return bool(re.search(r"[\d_]|[a-z][A-Z]", name))


def _present(names: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    patterns = {name: _whole(name) for name in names}
    lower = {name: name.lower() for name in patterns}
    return frozenset(
        name
        for text, plain in ((text, text.lower()) for text in texts)
        for name, pattern in patterns.items()
        if lower[name] in plain and pattern.search(text)
    )


def _folded(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())


def _whole(name: str) -> re.Pattern[str]:
    return _bounded(re.escape(name))


def _as_own_name(name: str) -> re.Pattern[str]:
    """Match a text that calls itself by a name: "I am NAME.", "as the NAME model", "NAME adapter"."""
    called = rf"(?:I\s+am|I'm|my\s+name\s+is|call\s+me)\s+{re.escape(name)}(?=\s*(?:[,.;:!?]|$))"
    spoken_of = (
        rf"(?:I\s+am|I'm|as|this\s+is)\s+(?:the|your|an?)\s+{re.escape(name)}"
        r"\s+(?:fine-?\s?tuned?\b|adapter|model|checkpoint|assistant)"
    )
    return _bounded(f"{called}|{spoken_of}")


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE | re.MULTILINE)
