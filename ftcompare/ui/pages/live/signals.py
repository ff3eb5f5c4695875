"""All signals between the live page and its presenter: views in, intents out. They carry no system names."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class LiveSignals(QObject):
    """The signals; neither side holds a reference to the other.

    To the page:
        raters_known: tuple of the names of the study's raters.
        shown: a ``LiveView``; what it shows is stored.
        saved: a vote or an undo is stored; a ``LiveView`` follows.
        refused: an ``FTCompareError``; there is no view, because the page cannot be used now.
        prompt_added: a prompt was added to the study; a ``LiveView`` follows.
        failed: an ``FTCompareError`` of a vote or an undo, which was not stored.

    From the page:
        ask_raters: answered by ``raters_known``.
        begin: a rater's name.
        ask: a prompt, and whether it continues the conversation of the last pair.
        cancel: stop writing the answers.
        vote: ``AllocationId``, ``Verdict``.
        pass_by: no vote on the pair that is shown.
        undo: for the current rater.
        add_prompt: ``AllocationId`` of a pair of this session, whose prompt is to be added to the study.
        explain: show details of the problem outside the page, where systems may be named.
        rest: another page is shown.
    """

    raters_known = Signal(object)
    shown = Signal(object)
    saved = Signal()
    refused = Signal(object)
    failed = Signal(object)

    prompt_added = Signal()

    ask_raters = Signal()
    begin = Signal(str)
    ask = Signal(str, bool)
    cancel = Signal()
    vote = Signal(object, object)
    pass_by = Signal()
    undo = Signal()
    add_prompt = Signal(object)
    explain = Signal()
    rest = Signal()
