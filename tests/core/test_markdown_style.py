"""How much Markdown a text uses."""

from __future__ import annotations

import pytest

from ftcompare.core.markdown_style import MarkdownStyle, markdown_style


@pytest.mark.parametrize(
    ("text", "headers", "list_items", "bold"),
    [
        ("", 0, 0, 0),
        ("Take 10 mg - at most - a day.\n2024 was a year.", 0, 0, 0),
        ("# Dose\n\n### Adults\r\n#no\n####### seven", 2, 0, 0),
        ("- one\n  * two\n+ three\n1. four\n2) five\n-six", 0, 5, 0),
        ("**10 mg** a day, __never__ more, ** 3 ** 4", 0, 0, 2),
        ("**Dose:** a\n- **Adults:** b", 0, 1, 2),
        ("f(**options) calls `__init__` and `**x**`, a__b__c", 0, 0, 0),
        ("**one mark\nthe other**", 0, 0, 0),
        ("# a\n```python\n# no\n- no **no**\n```\n# b", 2, 0, 0),
        ("~~~\n# no\n```\n# no\n~~~\n- yes", 0, 1, 0),
        ("````\n```\n# no\n````\n- yes", 0, 1, 0),
        ("1. do:\n    ```sh\n    # no\n    ```\n2. done", 0, 2, 0),
        ("- yes\n```\n# never closed", 0, 1, 0),
        ("```x``` is code\n# yes", 1, 0, 0),
    ],
)
def test_headers_items_and_bold_are_counted_outside_of_code(
    text: str, headers: int, list_items: int, bold: int
) -> None:
    assert markdown_style(text) == MarkdownStyle(headers, list_items, bold)


@pytest.mark.parametrize("part", ["\n ", "**a ", "__a", "` ", "```\n", "```a\n~~~b\n", "\n######", "\n1"])
def test_a_long_hostile_text_is_counted_in_a_moment(part: str) -> None:
    assert markdown_style(part * 200_000)
