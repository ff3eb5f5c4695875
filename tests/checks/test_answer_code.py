"""Which part of an answer is its code."""

from __future__ import annotations

import pytest

from ftcompare.app.generate.code_run import AnswerCode, answer_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Here:\n```python\nx = 1\n```\nThat is it.", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```sh\npip install x\n```\n```py\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n```\n```python\ny = 2\n```", "x = 1\n"),
        ("```json\n{}\n```", "{}\n"),
        ("~~~Python title\nx = '```'\n~~~", "x = '```'\n"),
        ("````python\n```\nx\n```\n````", "```\nx\n```\n"),
        ("```python\nx = 1\n``` no end\ny = 2", "x = 1\n``` no end\ny = 2"),
        ("```python\nx = 1", "x = 1"),
        ("```python\n```", ""),
    ],
)
def test_of_several_blocks_the_first_python_one(text: str, code: str) -> None:
    assert answer_code(text) == AnswerCode(code, fenced=True)


@pytest.mark.parametrize("text", ["x = 1", "", "`x`", "    ```\n    x"])
def test_without_a_block_it_is_the_whole_answer(text: str) -> None:
    assert answer_code(text) == AnswerCode(text, fenced=False)
