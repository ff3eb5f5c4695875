"""Mathematics as a picture, or not at all."""

from __future__ import annotations

import pytest

from ftcompare.markup.formula import LONGEST, MOST_EFFORT, draw, drawable, effort
from tests.builders import present


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{a}{b}",
        r"\sum_{i=1}^n x_i < 5",
        r"\begin{pmatrix}a & b \\ c & d\end{pmatrix}",
        r"\begin{aligned}a &= b \\ &= c\end{aligned}",
        r"\text{d\_model <b> & c} \leq 5\%",
        r"P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}",
    ],
)
def test_mathematics_is_drawn(tex: str) -> None:
    drawing = present(draw(tex, display=True))
    assert drawing.svg.startswith("<svg")
    assert 0 < drawing.width < 20
    assert 0 < drawing.ascent + drawing.descent < 5


@pytest.mark.parametrize(
    "tex",
    [
        "",
        r"\frac{1}{",
        "x_",
        r"\unknown{x}",
        r"\ce{H2O}",
        "你好",
        r"\text{你好}",
        r"\hspace{1000cm}x",
        r"\rule{1000em}{1em}",
        r"\newcommand{\x}{y}",
        "x" * (LONGEST + 1),
        r"\frac{" * 40 + "x" + "}{y}" * 40,
        "{" * 200,
    ],
)
def test_what_cannot_be_drawn_is_left_as_written(tex: str) -> None:
    assert draw(tex, display=False) is None


def test_nesting_is_what_makes_a_formula_hard_to_draw() -> None:
    assert effort("{{x}}") > 2 * effort("{x}") > 2 * effort("x")
    assert effort(r"\left(x\right)") > effort("(x)")
    assert not drawable("{" * 20 + "x" + "}" * 20)
    assert effort(r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}") < MOST_EFFORT / 10


def test_a_drawing_names_nothing_outside() -> None:
    drawing = draw(r"\href{http://127.0.0.1/x}{y} \color{url(file:///x)}{z}", display=False)
    assert drawing is None or ("http://127" not in drawing.svg and "href" not in drawing.svg)
