"""What a rater is offered and held to, before any page shows it."""

from __future__ import annotations

import pytest

from ftcompare.core.rating_rules import answers, reading_seconds, stronger
from ftcompare.core.scale import Scale


@pytest.mark.parametrize(
    ("plain", "characters", "seconds"),
    [
        (0.7, 0, 0.7),
        (0.7, 600, 0.7),
        (0.7, 1200, 1.2),
        (0.7, 10**6, 10.0),
        (12.0, 1200, 12.0),
        (0.0, 10**6, 0.0),
    ],
)
def test_the_reading_moment_grows_with_the_length_up_to_ten_seconds(
    plain: float, characters: int, seconds: float
) -> None:
    assert reading_seconds(plain, characters) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("strengths", "command", "second"),
    [
        (1, "left", None),
        (2, "left", "left_much"),
        (3, "right", "right_much"),
        (3, "tie", None),
    ],
)
def test_a_second_press_means_much_better_where_the_scale_has_it(
    strengths: int, command: str, second: str | None
) -> None:
    scale = Scale(strengths=strengths)
    first = next(answer for answer in answers(scale) if answer.command.endswith(command))
    found = stronger(first, scale)
    assert (found.command.removeprefix("rate.") if found else None) == second
