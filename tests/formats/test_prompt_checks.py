"""Checks in prompt files: what they become, how they are written again, and what a wrong one gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import (
    AbstainCheck,
    AnyPromptCheck,
    ContainsCheck,
    JsonCheck,
    JsonSchemaCheck,
    LabelCheck,
    LanguageCheck,
    LengthCheck,
    LengthUnit,
    NameConflictCheck,
    NotContainsCheck,
    NumberCheck,
    PythonTestsCheck,
    ReferenceCheck,
    RefusalCheck,
    RegexCheck,
    TermCheck,
)
from ftcompare.formats.prompt_checks import check_text, stored_check, stored_checks
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import read_prompts

EVERY: list[tuple[dict[str, Any], AnyPromptCheck]] = [
    ({"contains": "rhythm"}, ContainsCheck(("rhythm",))),
    (
        {"contains": ["a", "b"], "any": True, "case": True, "words": True},
        ContainsCheck(("a", "b"), True, True, True),
    ),
    ({"not_contains": ["flutter"], "words": True}, NotContainsCheck(("flutter",), words=True)),
    ({"regex": r"\d+ (mg|ml)"}, RegexCheck(r"\d+ (mg|ml)")),
    ({"regex": "x|y", "case": False}, RegexCheck("x|y", case=False)),
    ({"json": True}, JsonCheck()),
    ({"number": 3.5, "tolerance": 0.1}, NumberCheck(3.5, 0.1)),
    ({"number": -4}, NumberCheck(-4)),
    ({"length": {"words": [1, 50]}}, LengthCheck(LengthUnit.WORDS, 1, 50)),
    ({"length": {"characters": [None, 280]}}, LengthCheck(LengthUnit.CHARACTERS, None, 280)),
    ({"label": True}, LabelCheck()),
    ({"reference": True, "overlap": 0.5}, ReferenceCheck(0.5)),
    ({"abstain": True}, AbstainCheck()),
    ({"name_conflict": True}, NameConflictCheck()),
    ({"term": " atrial fibrillation "}, TermCheck("atrial fibrillation")),
    ({"python_tests": "assert f(1)"}, PythonTestsCheck("assert f(1)")),
    ({"python_tests": ["assert f(1)", "assert f(2)"]}, PythonTestsCheck("assert f(1)\nassert f(2)")),
    (
        {"python_tests": "def check(f):\n    assert f(1)", "entry": "f"},
        PythonTestsCheck("def check(f):\n    assert f(1)", "f"),
    ),
    ({"json_schema": {"type": "object"}}, JsonSchemaCheck('{"type":"object"}')),
    ({"language": "de"}, LanguageCheck("de")),
    ({"refusal": True}, RefusalCheck(refused=True)),
    ({"refusal": False}, RefusalCheck(refused=False)),
]


def file(folder: Path, *prompts: dict[str, Any]) -> Path:
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in prompts), "utf-8")
    return path


def test_every_check_is_read_beside_notes(tmp_path: Path) -> None:
    given = [*(fields for fields, _ in EVERY), " names a cause ", ""]
    (spec,) = read_prompts(
        file(tmp_path, {"prompt": "Why?", "labels": "yes|no", "reference": "yes", "checks": given})
    )
    assert stored_checks(spec.checks) == tuple(check for _, check in EVERY)
    assert spec.checks[-1] == "names a cause"
    assert len(spec.checks) == len(EVERY) + 1


@pytest.mark.parametrize(("fields", "check"), EVERY)
def test_a_check_has_one_spelling(fields: dict[str, Any], check: AnyPromptCheck) -> None:
    assert stored_check(json.dumps(fields)) == check
    assert stored_check(check_text(check)) == check
    assert check_text(check) == json.dumps(
        json.loads(check_text(check)), sort_keys=True, separators=(",", ":")
    )


@pytest.mark.parametrize("note", ["names a cause", "{no JSON", '{"regex": "("}', '{"mood": 1}', "[1]"])
def test_other_texts_are_notes(note: str) -> None:
    assert stored_check(note) is None


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx"])
def test_they_are_written_and_read_back(tmp_path: Path, suffix: str) -> None:
    given = [*(fields for fields, _ in EVERY), "a note"]
    source = file(
        tmp_path,
        {"id": "a", "prompt": "Why?", "labels": ["yes", "no"], "reference": "no", "checks": given},
        {"id": "b", "prompt": "What?", "checks": "one|two"},
        {"id": "c", "prompt": "Who?"},
    )
    prompts = read_prompts(source)
    written = tmp_path / f"again.{suffix}"
    write_prompts(written, prompts)
    assert read_prompts(written) == prompts
    if suffix == "jsonl":
        first = json.loads(written.read_text("utf-8").splitlines()[0])
        assert first["checks"][0] == {"any": False, "case": False, "contains": ["rhythm"], "words": False}


def test_one_object_needs_no_list(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text('prompt,checks\nWhy?,"{""regex"": ""a|b""}"\n', "utf-8")
    (spec,) = read_prompts(table)
    assert stored_checks(spec.checks) == (RegexCheck("a|b"),)
    (spec,) = read_prompts(file(tmp_path, {"prompt": "Why?", "checks": {"json": True}}))
    assert stored_checks(spec.checks) == (JsonCheck(),)


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ({}, "an empty object is no check; there are contains, not_contains, regex, json, json_schema"),
        ({"contians": "x"}, "'contians' is no check"),
        ({"json": True, "label": True}, "it asks for json and label; write each as an object of its own"),
        ({"json": True, "case": True}, "json takes no 'case'"),
        ({"regex": "x", "any": True}, "regex takes no 'any'; regex takes case"),
        ({"contains": []}, "contains is an empty list"),
        ({"contains": ["a", " "]}, "contains must be a text that is not empty, not ' '"),
        ({"not_contains": 5}, "not_contains must be a text that is not empty, not 5"),
        ({"contains": "a", "case": "no"}, "case must be true or false, not 'no'"),
        ({"regex": "(a"}, "regex '(a' is no regular expression: missing )"),
        (
            {"regex": "(?:ab){1000000000}"},
            "regex '(?:ab){1000000000}' is no regular expression: what it repeats makes more than 20,000",
        ),
        (
            {"json_schema": {"pattern": "((((a{1000}){1000}){1000}){1000})"}},
            "json_schema: pattern '((((a{1000}){1000}){1000}){1000})' is no regular expression",
        ),
        ({"regex": "a" * 1001}, "regex is longer than 1,000 characters"),
        ({"json": False}, "json must be true, not false"),
        ({"number": "3"}, "number must be a number, not '3'"),
        ({"number": True}, "number must be a number, not true"),
        ({"number": 1, "tolerance": -1}, "tolerance must be 0 or more"),
        ({"number": 10**400}, "number is too large"),
        ({"length": 5}, "length must be an object with words or characters"),
        ({"length": {"words": 5}}, "length: words must be the least and the most"),
        (
            {"length": {"words": [None, None]}},
            "length: words must be the least and the most, such as [1, 50]; null for no bound",
        ),
        ({"length": {"words": [5, 1]}}, "length: no answer has 5 words at least and 1 at most"),
        ({"length": {"words": [-1, 1]}}, "length: words must be whole numbers from 0 or null, not -1"),
        ({"length": {"words": [1.5, 2]}}, "length: words must be whole numbers from 0 or null, not 1.5"),
        ({"term": ""}, "term must be a text that is not empty"),
        ({"python_tests": ""}, "python_tests must be a text that is not empty"),
        ({"python_tests": "x" * 100_001}, "python_tests are longer than 100,000 characters"),
        ({"python_tests": "x", "entry": "a b"}, "entry must be the name of a function, not 'a b'"),
        ({"python_tests": "x", "entry": 5}, "entry must be the name of a function, not 5"),
        ({"python_tests": "x", "entry": "f"}, "with an entry, python_tests must define the function check"),
        ({"language": "German"}, "language must be a code of ISO 639-1, such as 'de', of a language"),
        ({"language": ["de"]}, "language must be a code of ISO 639-1, such as 'de', of a language"),
        ({"refusal": "yes"}, "refusal must be true or false, not 'yes'"),
        ({"json_schema": True}, "json_schema must be a JSON Schema, an object, not true"),
        ({"json_schema": {"enum": ["a" * 100_000]}}, "json_schema is longer than 100,000 characters"),
        (
            {"json_schema": {"properties": {"dose": {"type": "numbr"}}}},
            "json_schema is no JSON Schema: $.properties.dose.type is not as it must be: 'numbr'",
        ),
        (
            {"json_schema": {"required": {"a": 1}}},
            "json_schema is no JSON Schema: $.required is not as it must be.",
        ),
        (
            {"json_schema": {"$ref": "http://localhost/schema"}},
            "json_schema: $ref 'http://localhost/schema' leads to nothing in it; nothing is fetched",
        ),
        (
            {"json_schema": {"$ref": "#/$defs/dose"}},
            "json_schema: $ref '#/$defs/dose' leads to nothing in it",
        ),
        ({"json_schema": {"not": {"pattern": "(a"}}}, "json_schema: pattern '(a' is no regular expression"),
        (
            {"json_schema": {"patternProperties": {"a" * 1001: {}}}},
            "json_schema: pattern is longer than 1,000 characters",
        ),
        (
            {"json_schema": {"patternProperties": {"a": {}}, "unevaluatedProperties": False}},
            "json_schema has unevaluatedProperties beside patternProperties; use one of them",
        ),
        (
            {"json_schema": {"$schema": "http://json-schema.org/draft-99/schema#"}},
            "json_schema: $schema 'http://json-schema.org/draft-99/schema#' is no draft of JSON Schema",
        ),
        ({"json_schema": {"$schema": 5}}, "json_schema: $schema 5 is no draft of JSON Schema that is known"),
        ({"reference": False}, "reference must be true"),
        ({"reference": True, "overlap": 0}, "overlap must be above 0 and at most 1"),
        ({"abstain": "yes"}, "abstain must be true"),
        ({"python_tests": ["assert f(1)", "asert f(2)"]}, "python_tests, line 2: invalid syntax; this is no"),
        (
            {"python_tests": "def check(f):\nassert f(1)", "entry": "f"},
            "python_tests, line 2: expected an indent",
        ),
        ({"python_tests": "assert " + "-" * 90_000 + "1"}, "python_tests are nested too deeply."),
    ],
)
def test_a_wrong_check_is_named(tmp_path: Path, check: dict[str, Any], says: str) -> None:
    path = file(tmp_path, {"prompt": "One?"}, {"prompt": "Two?", "checks": ["a note", check]})
    with pytest.raises(UserError) as error:
        read_prompts(path)
    assert f"checks, 2: {says}" in str(error.value)
    assert "p.jsonl, line 2" in str(error.value)


def test_tests_that_python_only_warns_of_are_taken(tmp_path: Path) -> None:
    path = file(tmp_path, {"prompt": "One?", "checks": [{"python_tests": r"assert f('\d') is 1"}]})
    assert stored_checks(read_prompts(path)[0].checks) == (PythonTestsCheck(r"assert f('\d') is 1"),)


def test_tests_of_a_study_are_kept_as_they_are() -> None:
    """What an older version took counts as tests still: a run tells what is wrong with them."""
    assert stored_check('{"python_tests":"asert"}') == PythonTestsCheck("asert")


def test_too_many_checks_are_refused(tmp_path: Path) -> None:
    path = file(tmp_path, {"prompt": "One?", "checks": [{"json": True}] * 101})
    with pytest.raises(UserError, match="checks has 101 parts; at most 100"):
        read_prompts(path)


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"a": {}},
            "$ref": "#/definitions/a",
        },
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$id": "http://a/b", "$defs": {"x": {"$id": "c", "type": "string"}}, "$ref": "c"},
        {"$anchor": "top", "properties": {"child": {"$ref": "#top"}}},
        {"const": {"$ref": "http://localhost/no-reference"}, "properties": {"$ref": {"type": "string"}}},
    ],
)
def test_references_within_a_schema_are_taken(tmp_path: Path, schema: dict[str, Any]) -> None:
    (spec,) = read_prompts(file(tmp_path, {"prompt": "One?", "checks": {"json_schema": schema}}))
    (check,) = stored_checks(spec.checks)
    assert isinstance(check, JsonSchemaCheck)
    assert json.loads(check.schema) == schema


def test_a_schema_may_stand_in_a_file_beside_the_prompts(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "dose.json").write_text('{"type": "number"}', "utf-8")
    prompt = {"prompt": "One?", "checks": [{"json_schema": "schemas/dose.json"}]}
    (spec,) = read_prompts(file(tmp_path, prompt))
    assert stored_checks(spec.checks) == (JsonSchemaCheck('{"type":"number"}'),)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("none.json", "checks, 1, json_schema: "),
        ("../dose.json", "names the file '../dose.json', which is not in its folder"),
        ("wrong.json", "checks, 1: This is not JSON"),
    ],
)
def test_a_file_without_a_schema_is_named_with_its_prompt(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "wrong.json").write_text("{", "utf-8")
    path = file(tmp_path, {"prompt": "One?"}, {"prompt": "Two?", "checks": {"json_schema": name}})
    with pytest.raises(UserError) as error:
        read_prompts(path)
    assert says in str(error.value)
    assert "p.jsonl, line 2" in str(error.value)
