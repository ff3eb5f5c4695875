"""The words of the rating page: answers, keys, times."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.scale import Choice, Scale

MINUTE = 60
HOUR = 3600

_KEY_SIGNS = {
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "Return": "Enter",
    "PgUp": "Page Up",
    "PgDown": "Page Down",
}


def overwritten_words(unsaved: str, backup: str, since_opening: int) -> str:
    """That another program wrote to the study, and what is lost; the backup is told last."""
    what = "Another program changed the study file while it was open: {0}"
    lost = "{0} judgments saved since this study was opened are not in the newest backup."
    if since_opening == 1:
        lost = "1 judgment saved since this study was opened is not in the newest backup."
    told = [what.format(unsaved[:1].lower() + unsaved[1:])]
    if since_opening:
        told.append(lost.format(f"{since_opening:,}"))
    return " ".join((*told, backup))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that a scale offers, with the command that gives it."""

    command: str
    choice: Choice
    strength: int | None
    title: str


def answers(scale: Scale) -> tuple[Answer, ...]:
    """What can be answered, from left to right."""
    left, right = _sided(Choice.LEFT, scale), _sided(Choice.RIGHT, scale)
    between = (
        Answer("rate.both_bad", Choice.BOTH_BAD, None, "Both bad"),
        Answer("rate.tie", Choice.TIE, None, "About equal"),
    )
    return (*left, *between, *reversed(right))


def _sided(choice: Choice, scale: Scale) -> list[Answer]:
    """The answers for one side, the strongest first."""
    side = "left" if choice is Choice.LEFT else "right"
    plain = "Left is better" if choice is Choice.LEFT else "Right is better"
    if scale.strengths == 1:
        return [Answer(f"rate.{side}", choice, None, plain)]
    much = "Left is much better" if choice is Choice.LEFT else "Right is much better"
    found = [
        Answer(f"rate.{side}_much", choice, scale.strengths, much),
        Answer(f"rate.{side}", choice, scale.strengths - 1, plain),
    ]
    if scale.strengths > 2:
        slightly = "Left is slightly better" if choice is Choice.LEFT else "Right is slightly better"
        found.append(Answer(f"rate.{side}_slightly", choice, 1, slightly))
    return found


def alike_words() -> str:
    """What to answer where there is next to nothing to choose."""
    return "Two answers can be the same, or nearly so: “About equal” is then the answer."


def choice_words(choice: Choice) -> str:
    """A criterion's answer, as short as it can be."""
    return {
        Choice.LEFT: "Left",
        Choice.TIE: "Equal",
        Choice.BOTH_BAD: "Both bad",
        Choice.RIGHT: "Right",
    }[choice]


def expected_words(choice: Choice) -> str:
    """An answer without its strength."""
    plain = {answer.choice: answer.title for answer in answers(Scale())}
    return plain[choice]


def key_words(sequence: str) -> str:
    """A key sequence as it stands on a key cap: ``Ctrl+Z`` is ``Ctrl Z``, ``Left`` is an arrow."""
    parts = [*sequence[:-1].split("+"), "+"] if sequence.endswith("++") else sequence.split("+")
    return " ".join(_KEY_SIGNS.get(part, part) for part in parts if part)


def progress_words(position: int, total: int, seconds_left: float | None) -> str:
    """``17 of 120 · about 24 min left``."""
    place = "{} of {}".format(f"{position:,}", f"{total:,}")
    return place if seconds_left is None else f"{place}  ·  {left_words(seconds_left)}"


def practice_words(number: int, total: int) -> str:
    """``Practice 1 of 3 · not counted``."""
    return f"Practice {number} of {total}  ·  not counted"


def end_guess_words(number: int, total: int) -> str:
    """``Last questions: 3 of 5``."""
    return f"Last questions: {number} of {total}"


def spent_words(seconds: float) -> str:
    """How long a rater has worked; empty below a minute."""
    minutes = round(seconds / MINUTE)
    if minutes < 1:
        return ""
    if minutes == 1:
        return "About a minute of work in all."
    return f"About {minutes} minutes of work in all."


def left_words(seconds: float) -> str:
    """About how long, for a person: minutes, or hours and tens of minutes."""
    if seconds < MINUTE:
        return "less than a minute left"
    if seconds < 1.5 * HOUR:
        return f"about {round(seconds / MINUTE)} min left"
    hours, minutes = divmod(round(seconds / (10 * MINUTE)) * 10, 60)
    return f"about {hours} h {minutes} min left" if minutes else (f"about {hours} h left")


def counted(number: int, one: str, many: str) -> str:
    """``1 pair``, ``1,200 pairs``."""
    return f"{number:,} {one if number == 1 else many}"
