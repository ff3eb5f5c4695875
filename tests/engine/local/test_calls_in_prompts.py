"""Prompts in whose history a tool was called, as chat templates get them."""

from __future__ import annotations

import json

import pytest

from ftcompare.core.conversation import tool_turn
from ftcompare.core.hashing import Json
from ftcompare.core.study import Message
from ftcompare.engine.backends.local.template_renderer import RENDERER
from tests.traced_answers import call, result

PROMPT = (
    Message("user", "When?"),
    tool_turn(call("search_trains", to="Trier")),
    tool_turn(result("9:05")),
    Message("user", "Book it."),
)
QWEN = """{%- for message in messages %}
    {%- if message.role == "user" or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- set tool_call = tool_call.function %}
            {{- '\\n<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}"""
"""The turns of the template of Qwen 2.5."""

PLAIN = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param(
            QWEN,
            "<|im_start|>user\nWhen?<|im_end|>\n"
            "<|im_start|>assistant\n<tool_call>\n"
            '{"name": "search_trains", "arguments": {"to": "Trier"}}\n</tool_call><|im_end|>\n'
            "<|im_start|>user\n<tool_response>\n9:05\n</tool_response><|im_end|>\n"
            "<|im_start|>user\nBook it.<|im_end|>\n",
            id="a template with calls",
        ),
        pytest.param(
            PLAIN,
            '[user] When?\n[assistant] search_trains({"to": "Trier"})\n[tool] 9:05\n[user] Book it.\n',
            id="a template that leaves calls out",
        ),
    ],
)
def test_templates_get_calls_in_their_form_or_as_text(template: str, expected: str) -> None:
    assert RENDERER.text(template, PROMPT, {}, where="model") == expected


@pytest.mark.parametrize("arguments", ["not JSON", json.dumps([1])])
def test_other_arguments_are_passed_on(arguments: str) -> None:
    function: dict[str, Json] = {"name": "f", "arguments": arguments}
    said: dict[str, Json] = {"role": "assistant", "tool_calls": [{"function": function}]}
    template = "{% for m in messages %}{% for c in m.tool_calls %}{{ c.function }}{% endfor %}{% endfor %}"
    assert "'name': 'f'" in RENDERER.text(template, (PROMPT[0], tool_turn(said)), {}, where="model")
