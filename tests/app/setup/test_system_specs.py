"""Systems as they are written in one line: served ones with their address, full models by their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.app.setup.system_specs import is_full_model, is_served, served_system
from ftcompare.core.errors import UserError
from ftcompare.core.study import SystemKind, SystemSpec


def test_a_served_model_has_an_address_and_a_name() -> None:
    found = served_system("theirs", "http://localhost:8000/v1/#org/model-7b")
    assert found == SystemSpec(
        "theirs", SystemKind.SERVED, model="org/model-7b", url="http://localhost:8000/v1"
    )
    assert found.is_base
    assert not found.fine_tuned


def test_a_served_adapter_names_its_base_too() -> None:
    found = served_system("mine", "https://gpu.example:8443/v1#model=llama&adapter=cardiology")
    assert (found.model, found.adapter, found.url) == ("llama", "cardiology", "https://gpu.example:8443/v1")
    assert found.fine_tuned
    assert not found.is_base


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8000/v1",
        "http://localhost:8000/v1#",
        "http:///v1#name",
        "http://user:secret@host/v1#name",
        "http://host/v1?key=secret#name",
        "http://host/v1#model=&adapter=x",
    ],
)
def test_an_address_without_a_name_or_with_a_secret_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not the address of a served model") as caught:
        served_system("theirs", text)
    assert caught.value.code == "system-form"


def test_only_addresses_are_served() -> None:
    assert is_served("http://localhost:8000/v1#name")
    assert not any(map(is_served, ("folder", "owner/name", "C:/models/base", "http:name", "ftp://host/x#y")))


def test_a_folder_with_a_configuration_and_no_adapter_is_a_full_model(tmp_path: Path) -> None:
    assert not is_full_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{}", "utf-8")
    assert is_full_model(str(tmp_path))
    (tmp_path / "adapter_config.json").write_text("{}", "utf-8")
    assert not is_full_model(str(tmp_path))
