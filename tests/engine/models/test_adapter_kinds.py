"""Every kind of adapter that is taken: on it acts, off it leaves the base; verification tells what it can.

All kinds stand in one study of one tiny Llama, beside a LoRA: each test looks at one of them there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import AutoModelForCausalLM

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.run_record import SystemVerification
from ftcompare.engine.backends.local.merged_adapter_check import directions_of
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.local.verification import equals_its_file
from ftcompare.engine.models.adapter_config import COMMON_NEUTRAL, COMMON_SETTINGS, KINDS, LORA, REFUSED
from ftcompare.engine.models.model_folder import inspect_adapter
from ftcompare.engine.protocol import GenerationSettings, Loaded
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.tiny_adapters import TARGETS, build_kind, config_class
from tests.engine.tiny_models import build_adapter, build_model, change_json, change_tensors

Spoil = Callable[[str], Path]
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
IDS = torch.tensor([[2, 70, 33, 120, 3, 44]])

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:peft")  # on settings of training
every_kind = pytest.mark.parametrize("kind", KINDS)


@dataclass
class Study:
    """A base with a LoRA (``a0``) and an adapter of every other kind, verified."""

    folder: Path
    driver: Driver
    loaded: Loaded
    verifications: dict[str, SystemVerification]

    @property
    def systems(self) -> LoadedSystems:
        """As they are in memory."""
        return self.driver.backend._loaded_systems()

    def key(self, kind: str) -> str:
        """The system of a kind."""
        return f"a{list(KINDS).index(kind) + 1}"

    def logits(self, key: str) -> torch.Tensor:
        model: Any = self.systems.base.model
        with self.systems.speaking(key), torch.inference_mode():
            found: torch.Tensor = model(input_ids=IDS).logits
        return found


@pytest.fixture(scope="module")
def study(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("kinds")
    base = tiny / "llama" / "base"
    adapters = [build_kind(folder / kind, base, kind) for kind in KINDS]
    driver = Driver()
    loaded = driver.load(base, tiny / "llama" / "adapter", *adapters)
    verifications = {verification.key: verification for verification in driver.verify().systems}
    return Study(folder, driver, loaded, verifications)


def separately(base: Path, adapter: Path | None = None) -> torch.Tensor:
    """Logits of a model that is loaded for this alone."""
    load: Any = AutoModelForCausalLM.from_pretrained
    model: Any = load(str(base)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=IDS).logits
    return found


def refusal(act: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        act()
    return caught.value


def test_every_kind_of_peft_is_taken_or_refused_with_a_reason() -> None:
    known = {str(kind.value) for kind in PEFT_TYPE_TO_CONFIG_MAPPING}
    assert known == {LORA} | KINDS.keys() | REFUSED.keys()
    assert not KINDS.keys() & REFUSED.keys()


@every_kind
def test_every_setting_of_a_kind_is_known_and_no_other(kind: str) -> None:
    settings = {field.name for field in fields(config_class(kind))}
    assert settings <= KINDS[kind].known
    assert KINDS[kind].known - COMMON_SETTINGS - COMMON_NEUTRAL.keys() <= settings


@every_kind
def test_it_acts_and_equals_its_folder(study: Study, kind: str) -> None:
    verification = study.verifications[study.key(kind)]
    assert verification.ok, verification.statement
    assert verification.largest_difference > 0.01
    assert equals_its_file(study.systems, study.key(kind))


@every_kind
def test_on_it_is_what_peft_makes_of_it_and_off_it_is_the_base(study: Study, tiny: Path, kind: str) -> None:
    base = tiny / "llama" / "base"
    assert torch.equal(study.logits(study.key(kind)), separately(base, study.folder / kind))
    assert torch.equal(study.logits("base"), separately(base))


def test_the_base_is_proved_with_each_of_them_off(study: Study) -> None:
    assert study.verifications["base"].ok
    assert study.verifications["base"].largest_difference == 0
    assert "exactly the same values" in study.verifications["base"].statement


@every_kind
def test_what_the_statement_says_of_merging(study: Study, kind: str) -> None:
    statement = study.verifications[study.key(kind)].statement
    assert ("The base does not contain it already" in statement) is KINDS[kind].adds
    assert (f"For {KINDS[kind].title}, the weights do not show" in statement) is not KINDS[kind].adds


@pytest.mark.parametrize("kind", [kind for kind, found in KINDS.items() if found.adds])
def test_one_that_was_merged_into_the_base_is_seen(study: Study, kind: str) -> None:
    """By PEFT's own merging; a base that holds this one is not taken to hold another."""
    systems, key = study.systems, study.key(kind)
    model: Any = systems._with(key).peft.base_model
    before = {name: one.clone() for name, one in model.state_dict().items() if "base_layer" in name}
    model.merge_adapter()
    mine = systems.share_in_base(key, no_check)
    other = systems.share_in_base("a0", no_check)
    systems._with(key)
    model.unmerge_adapter()
    model.load_state_dict(before, strict=False)
    assert mine is not None
    assert mine.merged
    assert mine.share == pytest.approx(1, abs=0.1)
    assert other is not None
    assert not other.merged


def no_check() -> None:
    pass


def test_each_response_says_what_acted_and_the_note_why_they_take_turns(study: Study) -> None:
    (responses,) = study.driver.write(ITEMS[:1], GenerationSettings(2)).values()
    digests = [one.digest for one in study.loaded.systems[1:]]
    assert [one.active for one in responses.values()] == ["", *digests]
    assert (
        study.driver.notes[0] == "The systems generate one after another: an adapter is of the kind AdaLoRA."
    )


class Broken(Exception):
    """Something fails in the middle of a pass."""


@every_kind
def test_an_exception_leaves_nothing_on(study: Study, kind: str) -> None:
    clean = study.logits("base")

    def fail(*_: object) -> None:
        raise Broken

    handle = study.systems.base.model.get_submodule("model.layers.1").register_forward_hook(fail)
    with pytest.raises(Broken):
        study.logits(study.key(kind))
    handle.remove()
    assert torch.equal(study.logits("base"), clean)
    assert not torch.equal(study.logits(study.key(kind)), clean)


@every_kind
def test_one_that_stays_on_is_seen(study: Study, kind: str) -> None:
    study.logits(study.key(kind))
    layers = [one for one in study.systems.base.model.modules() if isinstance(one, BaseTunerLayer)]

    def leave_on() -> None:
        with study.systems.speaking("base"):
            assert study.systems.acting() == ""
            layers[0].enable_adapters(enabled=True)
            assert study.systems.acting() == study.loaded.systems[list(KINDS).index(kind) + 2].digest

    with pytest.raises(BugError) as caught:
        leave_on()
    assert caught.value.code == "adapter-state"


def test_detached_the_model_is_the_base_and_attached_again_it_is_the_same(study: Study, tiny: Path) -> None:
    systems = study.systems
    before = study.logits(study.key("LOHA"))
    systems.detach()
    assert not any(isinstance(layer, BaseTunerLayer) for layer in systems.base.model.modules())
    assert torch.equal(study.logits("base"), separately(tiny / "llama" / "base"))
    systems.attach()
    assert torch.equal(study.logits(study.key("LOHA")), before)


@pytest.fixture(scope="module")
def untrained(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SystemVerification]:
    """The verification of adapters of every kind that do nothing, by kind."""
    folder = tmp_path_factory.mktemp("untrained")
    base = tiny / "llama" / "base"
    driver = Driver()
    driver.load(base, *(build_kind(folder / kind, base, kind, trained=False) for kind in KINDS))
    return dict(zip(KINDS, driver.verify().systems[1:], strict=True))


@every_kind
def test_one_that_does_nothing_fails(untrained: dict[str, SystemVerification], kind: str) -> None:
    assert not untrained[kind].ok
    assert "nothing changes" in untrained[kind].statement


def test_the_folder_is_told_in_words(study: Study) -> None:
    found = inspect_adapter(str(study.folder / "LOHA"))
    assert (found.title, found.rank, found.targets) == ("LoHa", 4, ("o_proj", "q_proj", "v_proj"))
    assert found.not_stackable == "it is of the kind LoHa"
    assert found.warnings == ("The adapter is of the kind LoHa, which generates more slowly than LoRA.",)
    scaled = inspect_adapter(str(study.folder / "IA3"))
    assert (scaled.title, scaled.rank, scaled.targets) == ("IA³", 0, ("down_proj", "k_proj", "v_proj"))
    shared = inspect_adapter(str(study.folder / "UNILORA"))
    assert shared.targets == ("o_proj", "q_proj", "v_proj")
    assert "generated from a seed" in shared.warnings[1]
    report = study.loaded.systems[list(KINDS).index("IA3") + 2]
    assert report.rank is None
    assert scaled.warnings[0] in report.notes


@pytest.mark.parametrize("kind", ["PROMPT_TUNING", "XLORA", "ADAMSS", "SHADOW", "OSF", "NEW_KIND"])
def test_other_kinds_are_refused_in_words(spoil: Spoil, kind: str) -> None:
    adapter = spoil("llama/adapter")
    change_json(adapter / CONFIG, peft_type=kind)
    error = refusal(lambda: inspect_adapter(str(adapter)))
    assert error.code == "adapter-unsupported"
    assert REFUSED.get(kind, kind) in error.what
    assert "such as LoRA" in error.how


@pytest.mark.parametrize(
    ("kind", "change", "code", "words"),
    [
        ("IA3", {"lora_alpha": 8}, "adapter-unsupported", "lora_alpha"),
        ("IA3", {"auto_mapping": {"parent_library": "os"}}, "adapter-code", "auto_mapping"),
        ("LOHA", {"r": 10**9}, "adapter-broken", "r = 1000000000"),
        ("LOHA", {"rank_pattern": {"q_proj": "4"}}, "adapter-broken", "rank_pattern"),
        ("VBLORA", {"num_vectors": 10**12}, "adapter-broken", "num_vectors"),
        ("ADALORA", {"init_lora_weights": "pissa"}, "adapter-unsupported", "base was changed"),
        ("ADALORA", {"layer_replication": [[0, 1]]}, "adapter-unsupported", "layer_replication"),
        ("OFT", {"bias": "all"}, "adapter-unsupported", "bias"),
        ("BOFT", {"boft_n_butterfly_factor": 2}, "adapter-unsupported", "boft_n_butterfly_factor"),
        ("PVERA", {"sample_at_inference": True}, "adapter-unsupported", "sample_at_inference"),
    ],
)
def test_settings_that_are_not_taken(
    study: Study, tmp_path: Path, kind: str, change: dict[str, object], code: str, words: str
) -> None:
    folder = copy_of(study.folder / kind, tmp_path)
    change_json(folder / CONFIG, **change)
    error = refusal(lambda: inspect_adapter(str(folder)))
    assert error.code == code
    assert words in error.what
    assert CONFIG in error.where


def copy_of(folder: Path, place: Path) -> Path:
    copy = place / folder.name
    copy.mkdir()
    for name in (WEIGHTS, CONFIG):
        (copy / name).write_bytes((folder / name).read_bytes())
    return copy


def test_weights_of_another_kind_are_refused(study: Study, tmp_path: Path) -> None:
    folder = copy_of(study.folder / "LOHA", tmp_path)
    (folder / WEIGHTS).write_bytes((study.folder / "IA3" / WEIGHTS).read_bytes())
    error = refusal(lambda: inspect_adapter(str(folder)))
    assert (error.code, error.what) == ("adapter-broken", "The adapter's weights contain no LoHa.")


def test_an_adapter_that_lacks_a_tensor_is_refused_and_the_others_stay(
    study: Study, tiny: Path, tmp_path: Path
) -> None:
    folder = copy_of(study.folder / "IA3", tmp_path)
    change_tensors(folder / WEIGHTS, lambda tensors: tensors.pop(next(iter(tensors))))
    driver = Driver()
    driver.load(tiny / "llama" / "base", tiny / "llama" / "adapter", folder)
    error = refusal(driver.verify)
    assert error.code == "adapter-broken"
    assert "do not match its configuration" in error.what
    assert str(folder) in error.where
    systems = driver.backend._loaded_systems()
    assert not systems.attached
    assert systems.adapter("a0").tensors
    assert not any(isinstance(layer, BaseTunerLayer) for layer in systems.base.model.modules())


def test_one_of_another_base_is_refused_with_both_shapes(study: Study, tmp_path: Path) -> None:
    other = build_model(tmp_path / "other", hidden=48)
    driver = Driver()
    driver.load(other, study.folder / "IA3")
    error = refusal(driver.verify)
    assert error.code == "adapter-other-base"
    assert "1 × 64" in error.what
    assert "1 × 96" in error.what
    gpt = build_model(tmp_path / "gpt", "gpt2", template=False)
    error = refusal(lambda: Driver().load(gpt, study.folder / "IA3"))
    assert error.code == "adapter-other-base"
    assert "has no layer model.layers.0" in error.what


def test_one_swapped_after_it_was_loaded_fails(study: Study, tiny: Path, tmp_path: Path) -> None:
    folder = copy_of(study.folder / "IA3", tmp_path)
    driver = ready(tiny / "llama" / "base", folder)
    change_tensors(folder / WEIGHTS, lambda tensors: next(iter(tensors.values())).add_(0.5))
    verification = driver.verify().systems[1]
    assert not verification.ok
    assert "changed after loading" in verification.statement


def test_a_base_folder_with_a_loha_merged_in_fails(study: Study, tiny: Path, tmp_path: Path) -> None:
    merged = build_model(tmp_path / "merged")
    load: Any = AutoModelForCausalLM.from_pretrained
    model: Any = PeftModel.from_pretrained(load(str(tiny / "llama" / "base")), str(study.folder / "LOHA"))
    model.merge_and_unload().save_pretrained(str(merged))
    driver = Driver()
    driver.load(merged, study.folder / "LOHA", study.folder / "IA3")
    assert [verification.ok for verification in driver.verify().systems] == [False, False, True]


def test_two_veras_have_each_its_own_projection(tiny: Path, tmp_path: Path) -> None:
    """PEFT lets adapters of one base share it: then the second would change the first."""
    base = tiny / "llama" / "base"
    first = build_kind(tmp_path / "first", base, "VERA")
    second = build_kind(tmp_path / "second", base, "VERA", projection_prng_key=5, save_projection=False)
    driver = ready(base, first, second)
    study = Study(tmp_path, driver, driver.load(base, first, second), {})
    driver.verify()
    assert torch.equal(study.logits("a0"), separately(base, first))
    assert torch.equal(study.logits("a1"), separately(base, second))
    assert "generated from a seed" in " ".join(inspect_adapter(str(second)).warnings)
    assert "generated from a seed" not in " ".join(inspect_adapter(str(first)).warnings)


@pytest.mark.filterwarnings("ignore:The following rank_pattern keys:RuntimeWarning")
def test_an_adalora_with_ranks_that_were_cut(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    adapter = build_kind(tmp_path / "cut", base, "ADALORA")
    layers = [f"model.layers.{n}.self_attn.{name}" for n in range(2) for name in TARGETS]
    pattern = {f"{layer}.lora_E": [True, False, True, False] for layer in layers}
    change_json(adapter / CONFIG, rank_pattern=pattern)

    def cut(tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in tensors.items():
            kept = tensor[:, ::2] if name.endswith("lora_B") else tensor[::2]
            tensors[name] = kept.contiguous()

    change_tensors(adapter / WEIGHTS, cut)
    driver = ready(base, adapter)
    study = Study(tmp_path, driver, driver.load(base, adapter), {})
    assert driver.verify().systems[1].ok
    assert torch.equal(study.logits("a0"), separately(base, adapter))


def test_a_dora_and_layers_of_its_own_stand_beside_an_ia3(study: Study, tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    dora = build_adapter(tmp_path / "dora", base, targets=["q_proj"], use_dora=True)
    saved = build_kind(tmp_path / "saved", base, "IA3", modules_to_save=["lm_head"])
    driver = ready(base, dora, saved, study.folder / "IA3")
    assert len({one.active for one in driver.write(ITEMS[:1])["p0"].values()}) == 4


def test_a_matrix_that_does_not_go_with_the_weights_says_nothing() -> None:
    weights = torch.zeros(3, 4)
    assert directions_of(weights, torch.ones(4, 3)) is None
    assert directions_of(weights, torch.full((3, 4), torch.inf)) is None
    assert directions_of(weights, torch.ones(3, 4)) is not None


def test_a_lora_that_cannot_stand_beside_another_is_named_and_nothing_stays(
    tiny: Path, tmp_path: Path
) -> None:
    adapter = tiny / "llama" / "adapter"
    broken = copy_of(tiny / "llama" / "second", tmp_path)
    change_tensors(broken / WEIGHTS, lambda tensors: tensors.pop(next(iter(tensors))))
    driver = Driver()
    driver.load(tiny / "llama" / "base", adapter, broken)
    error = refusal(driver.verify)
    assert (error.code, error.where) == ("adapter-broken", str(broken))
    systems = driver.backend._loaded_systems()
    assert systems.adapter("a0").tensors
    assert torch.equal(systems.base.model(input_ids=IDS).logits, separately(tiny / "llama" / "base"))
    assert not hasattr(systems.base.model, "peft_config")
