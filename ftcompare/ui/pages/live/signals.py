"""All signals between the live page and its presenter: views in, intents out. They carry no system names."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class LiveSignals(QObject):
    """The signals; neither side holds a reference to the other."""

    raters_known = Signal(object)  # tuple of the names of the study's raters
    shown = Signal(object)  # a ``LiveView``; what it shows is stored
    saved = Signal()  # a vote or an undo is stored; a ``LiveView`` follows
    refused = Signal(object)  # an ``FTCompareError``; there is no view, because the page cannot be used now
    failed = Signal(object)  # an ``FTCompareError`` of a vote or an undo, which was not stored

    prompt_added = Signal()  # a prompt was added to the study; a ``LiveView`` follows

    ask_raters = Signal()  # answered by ``raters_known``
    begin = Signal(str)  # a rater's name
    ask = Signal(str, bool)  # a prompt, and whether it continues the conversation of the last pair
    cancel = Signal()  # stop writing the answers
    vote = Signal(object, object)  # ``AllocationId``, ``Verdict``
    pass_by = Signal()  # no vote on the pair that is shown
    undo = Signal()  # for the current rater
    # ``AllocationId`` of a pair of this session, whose prompt is to be added to the study
    add_prompt = Signal(object)
    explain = Signal()  # show details of the problem outside the page, where systems may be named
    rest = Signal()  # another page is shown
