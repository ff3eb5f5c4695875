"""All that passes between the rating page and its presenter: views of the study in, intents out."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal


class Intent(StrEnum):
    """What led to a view, or to a refusal."""

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
"""What leads to a view without an act of the rater that *Saved* could be said of."""

READ_BEFORE = (Intent.UNDO, Intent.LOOK)
"""What leads back to a pair that the rater has read before."""


class RatingSignals(QObject):
    """Signals only: neither end holds the other.

    To the page:
        raters_known: the study's ``KnownRaters``.
        shown: a ``RatingView`` and the `Intent` that led to it; what it shows is stored.
        draft_saved: the draft is stored.
        answers_listed: the rater's ``GivenAnswer``s, the newest first.
        marks_listed: the ``PackMarks`` of the open pack, and what was done, in words.
        refusals_listed: the rater's ``RefusalsView``; of nobody where no name was given.
        refusals_refused: an ``FTCompareError`` of what was to be said; nothing of it is stored.
        marks_refused: an ``FTCompareError`` of what was to be marked; nothing of it is stored.
        refused: an ``FTCompareError`` and the `Intent` that it stopped; nothing of it is stored.

    From the page:
        ask_raters: answered by ``raters_known``.
        begin: a rater's name; empty in a pack, whose rater is known.
        judge: ``AllocationId``, ``Verdict``.
        skip: ``AllocationId``, reason, ``Draft``, active seconds or None.
        guess: ``AllocationId``, ``Guess``, active seconds or None.
        practised: the present rater has read the instructions and done the practice.
        list_answers: answered by ``answers_listed``.
        look_again: ``AllocationId`` of a judged pair, to be answered again or left as it is.
        leave_answer: the pair that was looked at again stays as it is.
        undo, return_to_skipped: of the present rater.
        leave_skipped: the present rater goes on to the last questions without the skipped pairs.
        save_draft: ``AllocationId``, ``Draft``.
        list_marks: answered by ``marks_listed``, as are the next four.
        keep_mark: a ``Mark``, and the number of the mark in whose place it is put, or None.
        take_back_mark: the number of a mark.
        undo_mark: the newest mark is taken back.
        look_through: a ``MarkedSide`` of the pack, and whether it was looked through.
        list_refusals: a rater's name, or none; answered by ``refusals_listed``, as are the next two.
        label_refusal: a rater's name, ``ResponseId``, ``RefusalSaid``.
        undo_refusal: a rater's name; the newest that was said is taken back.
        missed: an ``FTCompareError`` that came when the page was in the back already.
        prefer_markdown: how texts are to be shown from now on.
        go: id of a command of the window.
        show_file: a path that the rater wants to see in the system's file manager.
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
