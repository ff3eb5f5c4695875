"""All that passes between the live page and its presenter: views in, intents out. No system goes through."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class LiveSignals(QObject):
    """Signals only: neither end holds the other.

    To the page:
        raters_known: tuple of the names of the study's raters.
        shown: a ``LiveView``; what it shows is stored.
        saved: a vote or an undo is stored; a ``LiveView`` follows.
        refused: an ``FTCompareError``: there is no view, because the page cannot be used as things are.
        prompt_added: the study has a further prompt; a ``LiveView`` follows.
        failed: an ``FTCompareError`` that stopped a vote or an undo; nothing of it is stored.

    From the page:
        ask_raters: answered by ``raters_known``.
        begin: a rater's name.
        ask: a prompt to be answered, and whether it goes on with the conversation of the last pair.
        cancel: stop what is being written.
        vote: ``AllocationId``, ``Verdict``.
        pass_by: no vote on the pair that is shown.
        undo: of the present rater.
        add_prompt: ``AllocationId`` of a pair of this session, whose prompt is to be one of the study's.
        explain: say more of the problem, where systems may be named.
        rest: the page is in the back.
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
