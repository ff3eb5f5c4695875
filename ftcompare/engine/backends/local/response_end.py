"""Finds the end of reasoning and response, and splits the generated tokens.

Reasoning is at the start, between markers that are text or special tokens, or was opened by the prompt
(`ftcompare.core.reasoning`). Stop texts apply only after it. If reasoning has its own limit, the answer
may use all of `max_new_tokens`; otherwise both share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import takewhile

from transformers import PreTrainedTokenizerBase

from ftcompare.core.reasoning import KNOWN_MARKERS, Markers, closed_only, may_hold_reasoning, split_reasoning
from ftcompare.engine.backends.local.sampling import StopTexts, plain_text
from ftcompare.engine.protocol import End, GenerationSettings, Written

LEAD = "<|channel|>final<|message|>"  # the text with which gpt-oss begins an answer; not part of the answer
MOST_BLANK = 64  # number of white-space tokens after which a response counts as an answer


class Phase(Enum):
    """Part of a response to which its newest token belongs."""

    BEGINNING = "beginning"  # not decided yet
    REASONING = "reasoning"
    ANSWER = "answer"


class ResponseRules:
    """Conditions that end the responses of one system; ``ends`` are ids of end tokens."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        settings: GenerationSettings,
        ends: Sequence[int],
        markers: Sequence[Markers] = (),
    ) -> None:
        self.tokenizer = tokenizer
        self.settings = settings
        self.ends = frozenset(ends)
        self.own = tuple(markers)
        self.stops = StopTexts(settings.stop, tokenizer)
        every = (*self.own, *KNOWN_MARKERS)
        self.openings = tuple(opening for opening, _ in every)
        self.closings = tuple(closing for _, closing in every)
        # A token has at least one byte of text; the first token of a window may hold part of a character.
        self.window = max(len(closing.encode()) for closing in self.closings) + 16

    def marked_text(self, ids: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        )

    def written(
        self, key: str, row: Sequence[int], progress: ResponseProgress, active: str, prompt_tokens: int
    ) -> Written:
        """Return a response up to the first end token; counts include tokens of stop texts and markers."""
        tokens = list(takewhile(lambda token: token not in self.ends, row))
        ended = len(tokens) < len(row)
        reasoned, reasoning = self._reasoning(tokens, progress)
        if reasoned is None:
            count = len(tokens)
            return Written(key, "", "no_answer", 0, active, reasoning, prompt_tokens, count)
        text = plain_text(tokens[reasoned:], self.tokenizer)
        before = self.stops.cut(text)
        kept = (text if before is None else before).rstrip()
        end: End = "end" if ended or before is not None else "length"
        if reasoned:
            kept = kept.lstrip()
            end = "no_answer" if end == "length" and not kept else end
        answered = len(tokens) - reasoned
        return Written(key, kept, end, answered, active, reasoning, prompt_tokens, reasoned)

    def _reasoning(self, tokens: Sequence[int], progress: ResponseProgress) -> tuple[int | None, str]:
        """Return the reasoning and the number of tokens before the answer (None without an answer)."""
        marked = self.marked_text(tokens)
        begun = progress.opened or progress.answer_from or progress.phase is Phase.REASONING
        if not begun and not may_hold_reasoning(marked, self.own):
            return 0, ""
        found = split_reasoning(marked, self.own, opened=progress.opened)
        if not found.marked:
            return progress.answer_from, ""
        reasoning = self._without_special(found.reasoning)
        if not found.closed:
            return None, reasoning
        return progress.answer_from or self._closed_at(tokens), reasoning

    def _closed_at(self, tokens: Sequence[int]) -> int:
        """Return the number of tokens up to the closing marker, for reasoning without an opening marker."""
        texts = (self.marked_text(tokens[:count]) for count in range(1, len(tokens) + 1))
        closed = (closed_only(text, (*self.own, *KNOWN_MARKERS)) for text in texts)
        return 1 + next((number for number, one in enumerate(closed) if one), len(tokens) - 1)

    def _without_special(self, text: str) -> str:
        for token in self.tokenizer.all_special_tokens:
            text = text.replace(str(token), "")
        return text.strip()


class ResponseProgress:
    """Follows one response token by token."""

    def __init__(self, rules: ResponseRules, limit: int, *, opened: bool = False) -> None:
        self.opened = opened
        self.phase = Phase.REASONING if opened else Phase.BEGINNING
        self.answer_from = 0
        self._rules = rules
        self._limit = limit

    def is_whole(self, tokens: Sequence[int]) -> bool:
        """Return whether the newest token ends the response. Must be called once after every token."""
        rules = self._rules
        if tokens[-1] in rules.ends or len(tokens) >= self._limit:
            self._advance(tokens)
            return True
        if self.phase is not Phase.ANSWER:
            self._advance(tokens)
        if self._is_full(len(tokens)):
            return True
        return bool(
            self.phase is Phase.ANSWER
            and rules.settings.stop
            and rules.stops.reached(tokens[self.answer_from :])
        )

    def _is_full(self, count: int) -> bool:
        settings = self._rules.settings
        if not settings.max_reasoning_tokens:
            return False
        if self.phase is Phase.REASONING:
            return count >= settings.max_reasoning_tokens
        return count - self.answer_from >= settings.max_new_tokens

    def _advance(self, tokens: Sequence[int]) -> None:
        if self.phase is Phase.REASONING:
            newest = tokens[max(self.answer_from, len(tokens) - self._rules.window) :]
            if any(closing in self._rules.marked_text(newest) for closing in self._rules.closings):
                self.phase, self.answer_from = Phase.BEGINNING, len(tokens)
        elif self.phase is Phase.BEGINNING:
            text = self._rules.marked_text(tokens[self.answer_from :]).lstrip()
            if any(text.startswith(opening) for opening in self._rules.openings):
                self.phase = Phase.REASONING
            elif text.startswith(LEAD):
                self.phase, self.answer_from = Phase.ANSWER, len(tokens)
            elif len(tokens) - self.answer_from >= MOST_BLANK or not any(
                marker.startswith(text) for marker in (*self._rules.openings, LEAD)
            ):
                self.phase = Phase.ANSWER
