"""A glossary with a term of every status, and a text with its terms found."""

from __future__ import annotations

from ftcompare.app.review.terminology import ReviewedText
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Matcher, adherence
from ftcompare.terms.word_diff import Span

GLOSSARY = (
    GlossaryTerm("atrial fibrillation", TermStatus.PREFERRED, "af", note="ESC 2024"),
    GlossaryTerm("palpitation", TermStatus.ADMITTED, "af"),
    GlossaryTerm("quiver", TermStatus.DEPRECATED, "af"),
    GlossaryTerm("auricular fibrillation", TermStatus.SUPERSEDED, "af"),
)


def side(text: str, only: tuple[Span, ...] = ()) -> ReviewedText:
    found = Matcher(GLOSSARY).find(text)
    return ReviewedText(text, found, only, adherence(found), ())
