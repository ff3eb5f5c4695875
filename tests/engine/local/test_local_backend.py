"""Real tiny models: the right systems are loaded, verified and written with."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local.backend import REUSED
from ftcompare.engine.backends.local.devices import (
    ALL_THREADS,
    choose_device,
    choose_dtype,
    choose_threads,
    device_name,
    memory_free,
    seconds_per_step,
)
from ftcompare.engine.backends.local.loading import load_adapter, load_base
from ftcompare.engine.models import weight_digests
from ftcompare.engine.models.model_folder import SMALL_MODEL, inspect_adapter, inspect_model
from ftcompare.engine.protocol import GenerationSettings, Load, Stage, SystemRequest
from tests.builders import refusal_code
from tests.engine.local.local_driver import ITEMS, SETTINGS, Driver, item, ready, reference
from tests.engine.tiny_models import CONTEXT, SHAPES, build_adapter, build_model, change_json, change_tensors

Spoil = Callable[[str], Path]
DEMO = Path(__file__).parents[3] / "resources" / "demo"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pair_is_what_each_model_writes_by_itself(tiny: Path, shape: str) -> None:
    base, adapter = tiny / shape / "base", tiny / shape / "adapter"
    pairs = ready(base, adapter).write()
    assert set(pairs) == {one.key for one in ITEMS}
    for one in ITEMS[:3]:
        responses = pairs[one.key]
        mine = responses["base"], responses["a0"]
        assert [(r.text, r.tokens) for r in mine] == [
            reference(base, one, 10),
            reference(base, one, 10, adapter),
        ]
    assert all(pair["base"].text != pair["a0"].text for pair in pairs.values())


def test_a_second_start_says_that_a_seal_is_that_of_the_first(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_digests, "LARGE", 1)
    first, second = (Driver().load(tiny / "llama" / "base").systems[0] for _ in range(2))
    assert second.digest == first.digest
    assert (*first.notes, REUSED) == second.notes


def test_several_adapters_of_one_base(tiny: Path) -> None:
    root = tiny / "llama"
    driver = ready(root / "base", root / "adapter", root / "second")
    pairs = driver.write(ITEMS[:1])
    assert pairs["p0"]["a1"].text == reference(root / "base", ITEMS[0], 10, root / "second")[0]
    assert pairs["p0"]["a0"].text == reference(root / "base", ITEMS[0], 10, root / "adapter")[0]
    assert list(pairs["p0"]) == ["base", "a0", "a1"]


def test_what_was_loaded_is_reported(tiny: Path) -> None:
    driver = Driver()
    loaded = driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter")
    base, adapter = loaded.systems
    assert (loaded.device, loaded.dtype) == ("cpu", "float32")
    assert loaded.dtype_reason == ""
    assert loaded.versions["torch"] == torch.__version__
    assert (base.architecture, base.rank, base.targets) == ("LlamaForCausalLM", None, ())
    assert adapter.rank == 4
    assert "q_proj" in adapter.targets
    assert len({base.digest, adapter.digest, base.tokenizer_digest, base.template_digest}) == 4
    assert base.tokenizer_digest == adapter.tokenizer_digest
    assert base.template_digest == adapter.template_digest
    assert any(isinstance(event, Stage) for event in driver.events)


def test_a_digest_changes_with_a_single_weight(tiny: Path, spoil: Spoil) -> None:
    def digest(base: Path) -> str:
        return Driver().load(base).systems[0].digest

    other = spoil("llama/base")
    assert digest(other) == digest(tiny / "llama" / "base")
    change_tensors(other / "model.safetensors", lambda t: t["model.norm.weight"][0].add_(1e-6))
    assert digest(other) != digest(tiny / "llama" / "base")


def test_a_forced_arithmetic_is_used(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter", dtype="bfloat16")
    assert driver.write(ITEMS[:1])["p0"]["base"].tokens > 0


def test_adapters_of_peft_beyond_plain_lora(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    dora = build_adapter(tmp_path / "dora", base, targets=["q_proj"], use_dora=True)
    saved = build_adapter(tmp_path / "saved", base, targets=["v_proj"], modules_to_save=["lm_head"])
    change_tensors(
        saved / "adapter_model.safetensors", lambda t: t["base_model.model.lm_head.weight"].mul_(-1)
    )
    driver = Driver()
    notes = [one.notes for one in driver.load(base, dora, saved).systems]
    assert notes[1:] == [
        ("The adapter is a DoRA, which generates more slowly.",),
        ("The adapter adds complete layers (modules_to_save).",),
    ]
    (loading,) = (e.text for e in driver.events if isinstance(e, Stage) and "million" in e.text)
    assert re.search(r"\(0\.0\d+ million parameters, float32\)", loading)
    assert all(one.ok for one in driver.verify().systems)
    pairs = driver.write(ITEMS[:2])
    for one in ITEMS[:2]:
        assert pairs[one.key]["base"].text == reference(base, one, 10)[0]
        assert pairs[one.key]["a0"].text == reference(base, one, 10, dora)[0]
        assert pairs[one.key]["a1"].text == reference(base, one, 10, saved)[0]


def refusal(act: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        act()
    return caught.value


def test_weights_that_are_no_numbers_are_refused(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_tensors(
        adapter / "adapter_model.safetensors",
        lambda t: next(iter(t.values())).view(-1)[3:4].fill_(float("nan")),
    )
    error = refusal(lambda: Driver().load(tiny / "llama" / "base", adapter))
    assert error.code == "adapter-broken"
    assert "not finite" in error.what


def test_an_adapter_with_layers_the_base_lacks_is_refused(tiny: Path) -> None:
    error = refusal(lambda: Driver().load(tiny / "llama" / "base", tiny / "gpt2" / "adapter"))
    assert error.code == "adapter-other-base"
    assert "no layer" in error.what


def test_an_adapter_whose_names_only_the_model_knows_is_checked_too(tiny: Path, tmp_path: Path) -> None:
    """The files' check cannot match names; the loaded model's can."""
    base = tiny / "llama" / "base"
    other = build_model(tmp_path / "other", "llama", hidden=48)
    adapter = build_adapter(tmp_path / "adapter", other, targets=["q_proj"])
    loaded = load_base(inspect_model(str(base)), torch.device("cpu"), torch.float32)
    error = refusal(lambda: load_adapter(inspect_adapter(str(adapter)), loaded))
    assert error.code == "adapter-other-base"
    assert "4 × 48" in error.what


def test_settings_that_do_not_go_with_the_weights_are_refused(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", r=8)
    driver = Driver()
    driver.load(tiny / "llama" / "base", adapter)
    error = refusal(driver.verify)
    assert error.code == "adapter-broken"
    assert "size mismatch" in error.what
    assert "\n" not in error.what
    change_json(adapter / "adapter_config.json", r=4, target_modules=["q_proj"])
    driver.load(tiny / "llama" / "base", adapter)
    assert refusal(driver.verify).code == "adapter-broken"
    change_json(adapter / "adapter_config.json", target_modules=5)
    assert (
        refusal(lambda: (driver.load(tiny / "llama" / "base", adapter), driver.verify())).code
        == "adapter-broken"
    )


def test_nothing_but_the_chosen_base_is_ever_opened(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / "adapter_config.json", base_model_name_or_path="/nowhere/at-all", revision="main")
    driver = Driver()
    loaded = driver.load(tiny / "llama" / "base", adapter)
    assert "at-all" in " ".join(loaded.systems[1].notes)
    assert all(verification.ok for verification in driver.verify().systems)


def test_a_model_that_lacks_weights_is_refused(spoil: Spoil) -> None:
    base = spoil("llama/base")
    change_tensors(base / "model.safetensors", lambda t: t.pop("model.norm.weight"))
    error = refusal(lambda: Driver().load(base))
    assert error.code == "model-broken"
    assert "model.norm.weight" in error.what


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("config.json", {"model_type": "nonesuch"}),
        ("config.json", {"hidden_size": 40}),
        ("config.json", {"hidden_size": 41}),
        ("config.json", {"hidden_size": "wide"}),
        ("config.json", {"num_attention_heads": 0}),
        ("tokenizer.json", {"model": {"type": "nonesuch"}}),
    ],
)
def test_a_broken_model_is_refused_in_one_line(spoil: Spoil, name: str, change: dict[str, object]) -> None:
    base = spoil("llama/base")
    change_json(base / name, **change)
    error = refusal(lambda: Driver().load(base))
    assert error.code == "model-broken"
    assert "\n" not in error.what


def test_a_hub_id_needs_leave(monkeypatch: pytest.MonkeyPatch, tiny: Path) -> None:
    assert refusal(lambda: Driver().load(Path("owner/name"))).code == "hub-off"
    asked: list[str] = []

    def download(hub_id: str, **_: object) -> str:
        asked.append(hub_id)
        return str(tiny / "llama" / "base")

    monkeypatch.setattr("ftcompare.engine.backends.local.hub_download.snapshot_download", download)
    Driver().load(Path("owner/name"), fetch=("owner/name",))
    assert asked == ["owner/name"]


def test_what_was_downloaded_before_needs_no_leave(
    monkeypatch: pytest.MonkeyPatch, tiny: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    place = tmp_path / "models--owner--name"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("0" * 40, "ascii")
    shutil.copytree(tiny / "llama" / "base", place / "snapshots" / ("0" * 40))
    (found,) = Driver().load(Path("owner/name")).systems
    assert found.digest == Driver().load(tiny / "llama" / "base").systems[0].digest
    error = refusal(lambda: Driver().load(Path("owner/other")))
    assert (error.code, error.where) == ("hub-off", "owner/other")
    assert "--agree owner/other" in error.how
    assert "generate" not in error.how  # a judge's model is asked for by another command


@pytest.mark.parametrize("lost", ["model.safetensors", "config.json", "model-2.safetensors"])
def test_a_download_that_was_not_finished_is_told(
    monkeypatch: pytest.MonkeyPatch, spoil: Spoil, lost: str
) -> None:
    folder = spoil("llama/base")
    if lost == "model-2.safetensors":
        names = {"a": "model-1.safetensors", "b": lost}
        (folder / "model.safetensors").rename(folder / names["a"])
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}), "utf-8")
    else:
        (folder / lost).unlink()
    download = "ftcompare.engine.backends.local.hub_download.snapshot_download"
    monkeypatch.setattr(download, lambda *_, **__: str(folder))
    error = refusal(lambda: Driver().load(Path("owner/name")))
    assert (error.code, error.where) == ("hub-off", "owner/name")
    assert f"{lost} is not on this machine" in error.what
    with pytest.raises(EnvironmentFault) as caught:
        Driver().load(Path("owner/name"), fetch=("owner/name",))
    assert f"{lost} is missing" in caught.value.what


@pytest.mark.parametrize("requests", [(), (SystemRequest("a", "m"), SystemRequest("a", "m"))])
def test_a_load_that_makes_no_sense(requests: tuple[SystemRequest, ...]) -> None:
    driver = Driver()
    with pytest.raises(BugError):
        driver.backend.load(Load(requests))


def test_every_step_can_be_cancelled(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base", tiny / "llama" / "adapter")
    driver.is_cancelled = lambda: True
    with pytest.raises(Cancelled):
        driver.write()
    with pytest.raises(Cancelled):
        driver.verify()
    with pytest.raises(Cancelled):
        driver.load(tiny / "llama" / "base")
    assert not driver.pairs


def test_nothing_is_written_before_load_and_proof(tiny: Path) -> None:
    driver = Driver()
    with pytest.raises(BugError):
        driver.write()
    with pytest.raises(BugError):
        driver.verify()
    driver.load(tiny / "llama" / "base")
    assert refusal(driver.write).code == "proof-failed"
    assert refusal(lambda: driver.verify(())).code == "no-prompts"
    assert refusal(lambda: driver.verify((item("p", "x", roles=["system"]),))).code == "no-prompts"


def test_the_models_own_wishes_for_generation_are_not_taken(tiny: Path, spoil: Spoil) -> None:
    base = spoil("llama/base")
    change_json(base / "generation_config.json", repetition_penalty=9.0, do_sample=True, temperature=2.0)
    assert ready(base).write()["p1"]["base"] == ready(tiny / "llama" / "base").write()["p1"]["base"]


def test_the_context_limits_what_is_written(tiny: Path) -> None:
    driver = ready(tiny / "gpt2" / "base")
    long = item("long", "heart " * 200)
    near = item("near", "?" * (CONTEXT - 6))
    pairs = driver.write((long, near, ITEMS[0]), SETTINGS)
    assert set(pairs) == {"near", "p0"}
    assert f"context has {CONTEXT}" in driver.failures["long"]
    assert (pairs["near"]["base"].tokens, pairs["near"]["base"].finish_reason) == (5, "length")


class Response:
    """As much of an answer over HTTP as the hub's errors want."""

    headers: ClassVar[dict[str, str]] = {}
    request = None


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (RepositoryNotFoundError, UserError, "hub-missing"),
        (GatedRepoError, UserError, "hub-missing"),
        (HfHubHTTPError, EnvironmentFault, "hub-unreachable"),
        (ConnectionError, EnvironmentFault, "hub-unreachable"),
        (LocalEntryNotFoundError, EnvironmentFault, "hub-unreachable"),
    ],
)
def test_a_hub_that_does_not_give_is_reported(
    monkeypatch: pytest.MonkeyPatch, error: Any, kind: type[FTCompareError], code: str
) -> None:
    offline = constants.HF_HUB_OFFLINE

    def download(*_: object, **__: object) -> str:
        assert not constants.HF_HUB_OFFLINE
        raise error("no", response=Response()) if issubclass(error, HfHubHTTPError) else error("no")

    monkeypatch.setattr("ftcompare.engine.backends.local.hub_download.snapshot_download", download)
    with pytest.raises(kind) as caught:
        Driver().load(Path("owner/name"), fetch=("owner/name",))
    assert caught.value.code == code
    assert "If you meant a folder, there is no folder with this name." in caught.value.how
    assert offline == constants.HF_HUB_OFFLINE


def test_no_memory_for_the_model(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> object:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 EiB")

    monkeypatch.setattr("ftcompare.engine.backends.local.loading.load_model", load)
    with pytest.raises(EnvironmentFault) as caught:
        Driver().load(tiny / "llama" / "base")
    assert caught.value.code == "out-of-memory"


def test_the_demo_model() -> None:
    driver = ready(DEMO / "base", DEMO / "adapter")
    one = item("p", "Explain a blood clot in the leg.")
    pair = driver.write((one,), GenerationSettings(max_new_tokens=20))["p"]
    assert min(response.tokens for response in pair.values()) > 10
    assert pair["base"].text != pair["a0"].text


# Device by preference, arithmetic by measuring.


CPU = torch.device("cpu")
LARGE = 2 * SMALL_MODEL


def test_the_best_device_there_is() -> None:
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto") == torch.device(expected)
    assert choose_device("cpu") == CPU
    assert "CPU" in device_name(CPU)
    assert memory_free(CPU) > 0


def test_cuda_comes_first_then_mps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "mps"
    assert device_name(torch.device("mps")) == "Apple GPU"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(UserError):
        choose_device("cuda:2")


@pytest.mark.parametrize("wanted", ["cuda:99", "tpu", "", "cpu:x", "cpu:-1", "cpu:1"])
def test_a_device_that_is_not_there(wanted: str) -> None:
    assert refusal_code(lambda: choose_device(wanted)) == "device-missing"


@pytest.mark.parametrize("wanted", ["float32", "bfloat16", "float16"])
def test_what_is_asked_for_is_taken(wanted: str) -> None:
    choice = choose_dtype(wanted, CPU, LARGE)
    assert choice.name == wanted
    assert "asked" in choice.reason


def test_an_unknown_arithmetic_is_refused() -> None:
    assert refusal_code(lambda: choose_dtype("int3", CPU, LARGE)) == "dtype-unknown"


def test_small_models_are_not_measured() -> None:
    choice = choose_dtype("auto", CPU, SMALL_MODEL - 1)
    assert choice.dtype is torch.float32
    assert choice.reason == ""


@pytest.mark.parametrize(
    ("speedup", "dtype"),
    [(0.5, torch.float32), (1.2, torch.float32), (1.3, torch.bfloat16), (4.0, torch.bfloat16)],
)
def test_the_measurement_decides(speedup: float, dtype: torch.dtype) -> None:
    def measure(measured: torch.dtype, _: torch.device) -> float:
        return speedup if measured is torch.float32 else 1.0

    choice = choose_dtype("auto", CPU, LARGE, measure=measure, free_bytes=lambda _: 10**12)
    assert choice.dtype is dtype
    assert f"{speedup:.1f} times" in choice.reason


def test_a_device_without_bfloat16() -> None:
    def measure(measured: torch.dtype, _: torch.device) -> float:
        if measured is torch.bfloat16:
            raise TypeError
        return 1.0

    choice = choose_dtype("auto", CPU, LARGE, measure=measure, free_bytes=lambda _: 10**12)
    assert choice.dtype is torch.float32


def test_too_little_memory_for_float32() -> None:
    choice = choose_dtype("auto", CPU, 10**9, free_bytes=lambda _: 10**9)
    assert choice.dtype is torch.bfloat16
    assert "4.8 GB" in choice.reason


def test_a_step_takes_time() -> None:
    assert seconds_per_step(torch.float32, CPU) > 0


def test_a_small_model_gets_one_thread() -> None:
    before = torch.get_num_threads()
    try:
        choose_threads(LARGE)
        assert torch.get_num_threads() == ALL_THREADS
        choose_threads(SMALL_MODEL - 1)
        assert device_name(CPU) == "CPU, 1 thread"
    finally:
        torch.set_num_threads(before)
