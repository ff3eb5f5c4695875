"""The texts of a page for browsers: as Markdown and as written, and where their words stand in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import EXPECTED_WORDS, Passage
from ftcompare.core.conversation import ANSWER, SPEAKERS, judged_words, last_answer_name, turns_before
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.rating_design import ConversationJudged, PracticeItem
from ftcompare.core.study import Message
from ftcompare.formats.browser_pack.page import (
    PageErrorType,
    PageItem,
    PagePractice,
    PageScheme,
    PageSeverity,
    PageText,
)
from ftcompare.formats.browser_pack.shown_text import shown_text
from ftcompare.markup.blocks import Block
from ftcompare.markup.html import HtmlWriter
from ftcompare.markup.mapped_texts import mapped
from ftcompare.markup.parser import parse
from ftcompare.markup.visible_text import visible_text
from ftcompare.store.pack.contents import PackItem

if TYPE_CHECKING:
    from ftcompare.terms.word_diff import Span

LONGEST_ID = 60
"""Characters of a passage's name that are shown."""
MOST_ALIGNED = 48_000
"""Characters of an answer whose words are found again in its Markdown, as in the window; longer ones are
marked as they are written."""


class PageTexts:
    """Writes the texts of one page: as Markdown, by the parser of the window, and as they are.

    Args:
        marked: errors may be marked in the answers.
    """

    def __init__(self, *, marked: bool = False) -> None:
        self._html, self._marked = HtmlWriter(), marked

    def rules(self) -> str:
        """Style rules for what was written so far."""
        return self._html.rules()

    def of(self, who: str, text: str) -> PageText:
        """Hidden characters are spelled out after reading: entities of Markdown may make them anew."""
        blocks: tuple[Block, ...] = mapped(parse(text), visible_text)
        return PageText(who, str(self._html.blocks(blocks)), visible_text(text))

    def item(self, covered: PackItem, shown: BlindItem, judged: ConversationJudged) -> PageItem:
        """A pair of the pack."""
        turns = len(shown.later_turns) + 1
        left = self._turns(shown.left_earlier, shown.later_turns, shown.left)
        right = self._turns(shown.right_earlier, shown.later_turns, shown.right)
        return PageItem(
            covered.item,
            covered.digest(),
            covered.messages,
            covered.left,
            covered.right,
            covered.guess_due,
            covered.reference,
            covered.beside,
            identical=shown.identical,
            characters=shown.characters,
            prompt=self._messages(shown.messages),
            leftShown=left,
            rightShown=right,
            context=self._context(shown.context),
            referenceShown=self.of("", shown.reference) if shown.reference.strip() else None,
            expected=EXPECTED_WORDS[shown.expects],
            leftWords=self._words(shown.left, left[-1]),
            rightWords=self._words(shown.right, right[-1]),
            judged=judged_words(turns, judged) if shown.later_turns else "",
        )

    def practice(self, item: PracticeItem) -> PagePractice:
        """A pair to practise on."""
        expected = item.expected.value if item.expected else ""
        texts = self._messages(item.messages), self.of("", item.left), self.of("", item.right)
        return PagePractice(*texts, expected, visible_text(item.because))

    def _messages(self, messages: Sequence[Message]) -> tuple[PageText, ...]:
        """A single message stands without the name of who speaks."""
        alone = len(messages) == 1
        return tuple(self.of("" if alone else _speaker(one.role), one.content) for one in messages)

    def _turns(self, earlier: Sequence[str], later: Sequence[str], last: str) -> tuple[PageText, ...]:
        """The answers to all turns of a conversation, with what the user said between them."""
        if not later:
            return (self.of("", last),)
        before = [
            self.of(ANSWER if one.role == "assistant" else _speaker(one.role), one.content)
            for one in turns_before(earlier, later)
        ]
        return (*before, self.of(last_answer_name(len(later) + 1), last))

    def _context(self, passages: Sequence[Passage]) -> tuple[PageText, ...]:
        """Each of several passages has a name, one alone that which the owner gave it, if any."""
        several = len(passages) > 1
        return tuple(
            self.of(_shortened(visible_text(one.id)) or (f"Passage {number}" if several else ""), one.text)
            for number, one in enumerate(passages, start=1)
        )

    def _words(self, text: str, shown: PageText) -> tuple[int, ...] | None:
        if not self._marked or len(text) > MOST_ALIGNED:
            return None
        from ftcompare.terms.word_diff import aligned_words

        return word_places(aligned_words(text, shown_text(shown.html)))


def word_places(pairs: Iterable[tuple[Span, Span]]) -> tuple[int, ...]:
    """Where words stand in a text and in what is shown of it, in few numbers.

    A word that stands one character behind the one before, in both, is its length. Any other is three
    numbers: minus what parts it from the one before in the text, less one; the same of what is shown, not
    negative; its length. The first is parted from the beginning.
    """
    found: list[int] = []
    ends = (0, 0)
    for one, other in pairs:
        gaps = one.start - ends[0], other.start - ends[1]
        found += (one.end - one.start,) if gaps == (1, 1) else (-1 - gaps[0], gaps[1], one.end - one.start)
        ends = one.end, other.end
    return tuple(found)


def page_scheme(scheme: ErrorScheme) -> PageScheme:
    """What may be marked, with nothing hidden in what is shown of it."""
    types = tuple(
        PageErrorType(kind.key, visible_text(kind.label), visible_text(kind.note), spanless=kind.spanless)
        for kind in scheme.types
    )
    levels = (
        PageSeverity(level.key, visible_text(level.label), float(level.weight)) for level in scheme.severities
    )
    return PageScheme(types, tuple(levels))


def _speaker(role: str) -> str:
    return SPEAKERS.get(role, visible_text(role))


def _shortened(name: str) -> str:
    one_line = " ".join(name.split())
    return one_line if len(one_line) <= LONGEST_ID else f"{one_line[: LONGEST_ID - 1]}…"
