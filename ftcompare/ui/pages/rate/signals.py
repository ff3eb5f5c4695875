"""All signals between the rating page and its presenter: views of the study in, intents out."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal


class Intent(StrEnum):
    """The request that led to a view or to an error."""

    BEGIN = "begin"
    JUDGE = "judge"
    SKIP = "skip"
    UNDO = "undo"
    RETURN = "return"
    GO_ON = "go_on"
    DRAFT = "draft"
    GUESS = "guess"
    PRACTISED = "practised"
    LOOK = "look"
    LEAVE = "leave"


NOTHING_STORED = (Intent.BEGIN, Intent.PRACTISED, Intent.LOOK, Intent.LEAVE)
"""Intents after which *Saved* is not shown, because no input of the rater was stored."""

READ_BEFORE = (Intent.UNDO, Intent.LOOK)
"""Intents that lead to a pair that the rater has read before."""


class RatingSignals(QObject):
    """The signals; neither side holds a reference to the other.

    To the page:
        raters_known: the study's ``KnownRaters``.
        shown: a ``RatingView`` and the `Intent` that led to it; what it shows is stored.
        draft_saved: the draft is stored.
        answers_listed: the rater's ``GivenAnswer`` objects, the newest first.
        marks_listed: the ``PackMarks`` of the open pack, and a message about what was done.
        refusals_listed: the ``RefusalsView`` of the rater; of nobody if no name was given.
        refusals_refused: an ``FTCompareError``; the label was not stored.
        marks_refused: an ``FTCompareError``; the mark was not stored.
        refused: an ``FTCompareError`` and the `Intent` that failed; nothing was stored.

    From the page:
        ask_raters: answered by ``raters_known``.
        begin: a rater's name; empty in a pack, whose rater is known.
        judge: ``AllocationId``, ``Verdict``.
        skip: ``AllocationId``, reason, ``Draft``, active seconds or None.
        guess: ``AllocationId``, ``Guess``, active seconds or None.
        practised: the current rater has read the instructions and done the practice.
        list_answers: answered by ``answers_listed``.
        look_again: ``AllocationId`` of a judged pair to open again.
        leave_answer: the pair that was opened again stays unchanged.
        undo, return_to_skipped: for the current rater.
        leave_skipped: the current rater goes on to the last questions without the skipped pairs.
        save_draft: ``AllocationId``, ``Draft``.
        list_marks: answered by ``marks_listed``, as are the next four.
        keep_mark: a ``Mark``, and the number of the mark that it replaces, or None.
        take_back_mark: the number of a mark.
        undo_mark: take back the newest mark.
        look_through: a ``MarkedSide`` of the pack, and whether it was looked through.
        list_refusals: a rater's name, or empty; answered by ``refusals_listed``, as are the next two.
        label_refusal: a rater's name, ``ResponseId``, ``RefusalSaid``.
        undo_refusal: a rater's name; take back the rater's newest label.
        missed: an ``FTCompareError`` that arrived when another page was shown already.
        prefer_markdown: whether texts are to be shown as Markdown from now on.
        go: id of a command of the window.
        show_file: a path to show in the system's file manager.
    """

    raters_known = Signal(object)
    shown = Signal(object, object)
    draft_saved = Signal()
    refused = Signal(object, object)
    answers_listed = Signal(object)
    marks_listed = Signal(object, str)
    marks_refused = Signal(object)
    refusals_listed = Signal(object)
    refusals_refused = Signal(object)

    ask_raters = Signal()
    begin = Signal(str)
    judge = Signal(object, object)
    skip = Signal(object, str, object, object)
    guess = Signal(object, object, object)
    practised = Signal()
    list_answers = Signal()
    look_again = Signal(object)
    leave_answer = Signal()
    undo = Signal()
    return_to_skipped = Signal()
    leave_skipped = Signal()
    save_draft = Signal(object, object)
    list_marks = Signal()
    keep_mark = Signal(object, object)
    take_back_mark = Signal(int)
    undo_mark = Signal()
    look_through = Signal(object, bool)
    list_refusals = Signal(str)
    label_refusal = Signal(str, object, object)
    undo_refusal = Signal(str)
    missed = Signal(object)
    prefer_markdown = Signal(bool)
    go = Signal(str)
    show_file = Signal(object)
