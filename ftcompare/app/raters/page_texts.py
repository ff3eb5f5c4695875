"""The texts of a page for browsers: as Markdown and as written, and where their words stand in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import EXPECTED_WORDS, Passage
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.rating_design import PracticeItem
from ftcompare.core.speakers import SPEAKERS
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
from ftcompare.terms.word_diff import Span, aligned_words

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

    def item(self, covered: PackItem, shown: BlindItem) -> PageItem:
        """A pair of the pack."""
        left = self._turns(shown.left_earlier, shown.later_turns, shown.left)
        right = self._turns(shown.right_earlier, shown.later_turns, shown.right)
        return PageItem(
            covered.item,
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
            leftWords=self._words(shown.left, left[-1]),
            rightWords=self._words(shown.right, right[-1]),
            context=tuple(map(self._passage, shown.context)),
            referenceShown=self.of("", shown.reference) if shown.reference.strip() else None,
            expected=EXPECTED_WORDS[shown.expects],
        )

    def practice(self, item: PracticeItem) -> PagePractice:
        """A pair to practise on."""
        expected = item.expected.value if item.expected else ""
        texts = self._messages(item.messages), self.of("", item.left), self.of("", item.right)
        return PagePractice(*texts, expected, visible_text(item.because))

    def _messages(self, messages: Sequence[Message]) -> tuple[PageText, ...]:
        """A single question stands without the name of who asks."""
        alone = len(messages) == 1 and messages[0].role == "user"
        return tuple(self.of("" if alone else SPEAKERS[one.role], one.content) for one in messages)

    def _turns(self, earlier: Sequence[str], later: Sequence[str], last: str) -> tuple[PageText, ...]:
        """The answers to all turns of a conversation, with what the user said between them."""
        if not later:
            return (self.of("", last),)
        answers = (*earlier, last)
        asked = [self.of(SPEAKERS["user"], turn) for turn in later]
        given = [self.of(SPEAKERS["assistant"], answer) for answer in answers]
        return (given[0], *(turn for pair in zip(asked, given[1:], strict=True) for turn in pair))

    def _words(self, text: str, shown: PageText) -> tuple[int, ...] | None:
        if not self._marked or len(text) > MOST_ALIGNED:
            return None
        return word_places(aligned_words(text, shown_text(shown.html)))

    def _passage(self, passage: Passage) -> PageText:
        return self.of(visible_text(passage.id), passage.text)


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
