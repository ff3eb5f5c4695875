"""What a system can do is told from its folder before anything is loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from safetensors.numpy import save_file

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.setup import capabilities
from ftcompare.app.setup.capabilities import (
    Capability,
    CapabilityTable,
    Support,
    capability_json,
    capability_table,
    system_capabilities,
)
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, create_study, find_template, inspect_plan
from ftcompare.app.setup.study_content import content, set_quantisation, set_template
from ftcompare.app.setup.system_groups import generated_groups
from ftcompare.app.setup.system_specs import (
    is_full_model,
    is_served,
    names_model,
    one_line_address,
    served_spec,
    served_system,
    server_place,
    template_choices,
)
from ftcompare.app.study.description import describe, info_json
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    System,
    SystemId,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine.hardware_probe import Device, Hardware
from ftcompare.store.records import TokenScores
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present

DEMO = demo_resources()
BASE = SystemSpec("base", SystemKind.BASE, model=str(DEMO / "base"))
TUNED = replace(BASE, name="tuned", kind=SystemKind.ADAPTER, adapter=str(DEMO / "adapter"))
MISSING = "Loading needs bitsandbytes."
CPU = Device("cpu", "CPU, 2 threads", 18_200_000_000, 25_000_000_000)
MACHINE = Hardware((CPU,), "bfloat16", "Measured.", {"8bit": "", "4bit": MISSING})
ONE_PASS = "one pass with the others"


def can(spec: SystemSpec, survey: Hardware | None = MACHINE) -> dict[str, Capability]:
    return {one.aspect: one for one in system_capabilities(spec, survey)}


def table(*specs: SystemSpec, survey: Hardware | None = MACHINE) -> CapabilityTable:
    systems = [System(SystemId(n), spec, f"System {n}") for n, spec in enumerate(specs, start=1)]
    return capability_table(systems, survey)


def adapter_with(folder: Path, **config: object) -> SystemSpec:
    """The demo's adapter with something else in its configuration."""
    shutil.copytree(DEMO / "adapter", folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **config}), "utf-8")
    return replace(TUNED, adapter=str(folder))


def model_with(folder: Path, **config: object) -> SystemSpec:
    shutil.copytree(DEMO / "base", folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **config}), "utf-8")
    return SystemSpec("other", SystemKind.MODEL, model=str(folder))


def test_a_base_and_its_adapter_can_do_everything_here() -> None:
    for spec in (BASE, TUNED):
        found = can(spec)
        assert found["written"] == Capability("written", Support.YES, "on this machine (CPU, 2 threads)")
        assert found[ONE_PASS].told.startswith("known once loaded: if the layers of Llama")
        every = ("scores", "measured", "several samples", "coupled draws", "strict")
        assert {found[aspect].answer for aspect in every} == {Support.YES}
        assert found["verified"].answer is Support.OPEN
    assert "adapters off" in can(BASE)["verified"].words
    assert "computes differently from the base" in can(TUNED)["verified"].words


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"use_dora": True}, "it is a DoRA"),
        ({"modules_to_save": ["lm_head"]}, "it adds its own layers"),
        ({"trainable_token_indices": [1]}, "it adds its own embeddings"),
        ({"target_parameters": ["experts"]}, "it changes single parameters"),
        ({"lora_bias": True}, "it has biases"),
    ],
)
def test_an_adapter_that_must_write_by_itself_is_known_from_its_configuration(
    tmp_path: Path, config: dict[str, object], words: str
) -> None:
    found = can(adapter_with(tmp_path / "adapter", **config))[ONE_PASS]
    assert found == Capability(ONE_PASS, Support.NO, f"one after another: {words}")


def test_an_adapter_of_another_kind_is_named_and_what_its_proof_leaves_out(tmp_path: Path) -> None:
    folder = tmp_path / "ia3"
    folder.mkdir()
    layer = "base_model.model.model.layers.0.self_attn.k_proj"
    save_file({f"{layer}.ia3_l": np.ones((64, 1), np.float32)}, folder / "adapter_model.safetensors")
    config = {"peft_type": "IA3", "target_modules": ["k_proj"], "feedforward_modules": []}
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    found = can(replace(TUNED, adapter=str(folder)))
    assert found[ONE_PASS].told == "no: one after another: it is of the kind IA³"
    assert found["verified"].words.endswith("whether the base contains it cannot be seen for the kind IA³")


def test_a_quantised_model_writes_by_itself_and_its_proof_says_what_it_leaves_out(tmp_path: Path) -> None:
    on_disk = model_with(tmp_path / "model", quantization_config={"quant_method": "bitnet"})
    for spec in (on_disk, replace(on_disk, model=BASE.model, quantisation="8bit")):
        assert can(spec)[ONE_PASS].told == "no: one after another: the model is quantized"
        assert can(spec)["verified"].words.endswith("except for the quantized ones, which are not compared")
    tuned = can(replace(TUNED, quantisation="8bit"))["verified"].words
    assert tuned.endswith("whether the base contains it cannot be seen")


def test_quantised_loading_is_told_with_what_is_missing() -> None:
    assert can(BASE)["8 or 4 bits"] == Capability("8 or 4 bits", Support.NO, MISSING)
    eight = can(replace(BASE, quantisation="8bit"))["8 or 4 bits"]
    assert eight.told == "yes: it is loaded in 8 bits"
    able = replace(MACHINE, refusals={"8bit": "", "4bit": ""})
    assert can(BASE, able)["8 or 4 bits"].told == "yes: now it is loaded in its original precision"


def test_a_machine_that_is_still_looked_at_is_not_said_to_lack_the_engine() -> None:
    found = can(BASE, None)
    assert found["written"].told == "known once loaded: this machine is being examined"
    assert found["8 or 4 bits"].told == "known once loaded: this machine is being examined"


def test_without_the_engine_nothing_is_written_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capabilities, "missing_libraries", lambda: ("torch",))
    found = can(BASE, None)
    assert found["written"].told == "no: the engine is not installed here"
    assert found["8 or 4 bits"].answer is Support.OPEN


def test_a_served_system_says_what_only_its_server_knows() -> None:
    spec = SystemSpec("served", SystemKind.SERVED, model="m", adapter="tuned", url="http://host:8000/v1")
    found = can(spec)
    assert found["written"].told == "yes: by the server at http://host:8000/v1, as tuned"
    assert {found[aspect].answer for aspect in ("verified", "scores", "coupled draws")} == {Support.OPEN}
    assert table(spec).memory == ()


def test_a_system_without_others_is_not_said_to_write_with_them() -> None:
    """In the study, not by itself: a full model beside a base and its adapter."""
    full = SystemSpec("full", SystemKind.MODEL, model=str(DEMO / "base"), quantisation="8bit")
    served = SystemSpec("served", SystemKind.SERVED, model="m", url="http://host:8000/v1")
    found = {
        one.name: next(can.told for can in one.capabilities if can.aspect == ONE_PASS)
        for one in table(BASE, TUNED, full, served).systems
    }
    assert found["full"] == "no: no other system is of this model"
    assert found["served"] == "no: no other system is on this server"
    assert found["base"] == found["tuned"]
    assert found["base"].startswith("known once loaded")
    assert table(served, replace(served, name="second", model="n")).systems[0].capabilities[1].told == (
        "no: the server decides what it computes together"
    )


def test_imported_responses_are_not_written_and_not_proved() -> None:
    found = can(SystemSpec("theirs", SystemKind.IMPORTED))
    assert {one.answer for one in found.values()} == {Support.NO}


def test_a_hub_id_is_looked_at_when_it_is_fetched() -> None:
    hub = replace(BASE, model="owner/model")
    assert can(hub)[ONE_PASS].answer is Support.OPEN
    (memory,) = table(hub).memory
    assert (memory.plan, memory.words) == (
        None,
        "cannot be determined: a hub id: its files are read when it is downloaded",
    )
    (memory,) = table(BASE, replace(TUNED, adapter="owner/adapter")).memory
    assert memory.plan is None


def test_a_folder_that_is_gone_is_told_and_hides_nothing_else(tmp_path: Path) -> None:
    gone = SystemSpec("gone", SystemKind.MODEL, model=str(tmp_path / "nowhere"))
    found = table(BASE, gone)
    assert "does not exist" in found.systems[1].unreadable
    assert found.systems[1].capabilities[0].answer is Support.NO
    assert not found.systems[0].unreadable
    assert found.memory[0].plan is not None
    assert "The model folder does not exist" in found.memory[1].words
    assert found.together == "The models are written in turn and are never in memory together."


def test_memory_is_told_for_each_group_with_what_is_free(tmp_path: Path) -> None:
    other = model_with(tmp_path / "other")
    found = table(BASE, TUNED, other)
    assert [group.names for group in found.memory] == [("base", "tuned"), ("other",)]
    assert found.memory[0].fits
    assert found.memory[0].words.endswith("at batch size 16 and 1,024 tokens; 18.2 GB are free")
    assert found.together.endswith("and would fit.")
    small = replace(MACHINE, devices=(replace(CPU, free_bytes=200_000_000),))
    assert table(BASE, other, survey=small).together.endswith("and would not fit.")
    tight = table(BASE, survey=replace(MACHINE, devices=(replace(CPU, free_bytes=1_000_000),))).memory[0]
    assert (tight.fits, tight.words[-10:]) == (False, "is refused")
    unknown = table(BASE, survey=None).memory[0]
    assert (unknown.fits, unknown.words[-6:]) == (None, "tokens")
    document = json.loads(json.dumps(capability_json(found)))
    assert document["memory"][0]["systems"] == ["base", "tuned"]
    assert document["systems"][2]["can"]["written"]["answer"] == "yes"


def test_one_that_takes_turns_is_named_beside_the_others_of_its_model(tmp_path: Path) -> None:
    dora = replace(adapter_with(tmp_path / "dora", use_dora=True), name="dora")
    own = replace(TUNED, name="own", template="own")
    other = model_with(tmp_path / "other")
    found = {one.name: one.capabilities for one in table(BASE, TUNED, dora, own, other).systems}
    told = {name: next(c.told for c in some if c.aspect == ONE_PASS) for name, some in found.items()}
    both = "no: one after another, because of dora: it is a DoRA"
    assert told["base"] == told["tuned"] == told["own"] == both
    assert told["dora"] == "no: one after another: it is a DoRA"
    assert "no other system" in told["other"]


# How the systems of an open study are loaded and asked: changed while nothing is written, refused after.


BASE_FOLDER = demo_resources() / "base"
SERVED = SystemSpec("theirs", SystemKind.SERVED, model="m", url="http://localhost:1/v1")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """The demonstration's adapter, with a chat template of its own."""
    copy = Path(shutil.copytree(demo_resources() / "adapter", tmp_path / "tuned"))
    (copy / "chat_template.jinja").write_text("{{ messages[-1]['content'] }}", "utf-8")
    return copy


@pytest.fixture
def made(tmp_path: Path, adapter: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """The base, an adapter asked with the base's template, and a served model; a prompt, nothing written."""
    (tmp_path / "prompts.txt").write_text("What is a stroke?\n", "utf-8")
    plan = StudyPlan(
        "t",
        model=str(BASE_FOLDER),
        adapters=(AdapterChoice("tuned", str(adapter)),),
        others=(SERVED,),
        prompts=tmp_path / "prompts.txt",
    )
    with create_study(tmp_path / "made.ftstudy", plan, rng=rng, now=now) as study:
        yield study


def write(study: StudyFile, place: int, now: datetime) -> None:
    run = study.runs.start({}, now=now)
    draft = ResponseDraft(study.systems.all()[place].id, "A clot.", FinishReason.END, 3)
    study.responses.store(study.prompts.all()[0].id, [draft], run=run)


def sound(study: StudyFile) -> bool:
    return all(finding.ok for finding in study.check())


def test_a_template_is_chosen_and_unchosen_in_place(made: StudyFile, now: datetime) -> None:
    before = made.systems.all()
    tuned = before[1].id
    set_template(made, tuned, "own")
    assert [s.spec.template for s in made.systems.all()] == ["", "own", ""]
    assert [(s.id, s.name, s.neutral_name) for s in made.systems.all()] == [
        (s.id, s.name, s.neutral_name) for s in before
    ]
    assert [r.template for r in generated_groups(made)[0].requests()] == ["", "own"]
    assert describe(made).own_templates == 1
    set_template(made, tuned, "")
    assert made.systems.all() == before
    set_template(made, tuned, "own")
    write(made, 1, now)
    assert sound(made)


def test_what_has_written_is_asked_as_it_was(made: StudyFile, now: datetime) -> None:
    write(made, 1, now)
    with pytest.raises(UserError, match="its loading and instructions cannot change") as caught:
        set_template(made, made.systems.all()[1].id, "own")
    assert caught.value.code == "system-has-responses"
    assert made.systems.all()[1].spec.template == ""


def test_bits_are_those_of_all_models_here_until_one_has_written(made: StudyFile, now: datetime) -> None:
    assert content(made).quantisation_free
    set_quantisation(made, "4bit")
    assert content(made).quantisation == "4bit"
    assert [s.spec.quantisation for s in made.systems.all()] == ["4bit", "4bit", ""], "a server's stay"
    write(made, 2, now)
    assert content(made).quantisation_free, "a served one has written"
    write(made, 0, now)
    assert not content(made).quantisation_free
    with pytest.raises(UserError, match="cannot change"):
        set_quantisation(made, "8bit")
    assert [s.spec.quantisation for s in made.systems.all()] == ["4bit", "4bit", ""], "all or none"
    set_quantisation(made, "4bit")
    assert sound(made)


def test_one_whose_scores_are_kept_stays_as_it_was(made: StudyFile, now: datetime) -> None:
    write(made, 0, now)
    write(made, 2, now)
    (response, _) = made.responses.of_prompt(made.prompts.all()[0].id)
    tuned = made.systems.all()[1].id
    made.scores.store(
        response.id,
        [TokenScores(tuned, (0,), (-1.0,))],
        examination=made.scores.add_examination("scored", {}, now=now),
    )
    with pytest.raises(UserError, match="scores"):
        set_template(made, tuned, "own")
    with pytest.raises(UserError, match="cannot be removed"):
        made.systems.remove(tuned)


def test_a_folder_whose_template_cannot_be_taken_is_refused_at_once(made: StudyFile, adapter: Path) -> None:
    tuned = made.systems.all()[1].id
    assert find_template(str(BASE_FOLDER), str(adapter)) is not None
    (adapter / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|other|>"}), "utf-8")
    found = present(find_template(str(BASE_FOLDER), str(adapter)))
    assert "<|other|>" in found.refusal
    with pytest.raises(UserError, match=r"<\|other\|>") as caught:
        set_template(made, tuned, "own")
    assert caught.value.code == "adapter-template"
    (adapter / "chat_template.jinja").unlink()
    (adapter / "tokenizer_config.json").unlink()
    assert find_template(str(BASE_FOLDER), str(adapter)) is None
    with pytest.raises(UserError, match="no chat template of its own"):
        set_template(made, tuned, "own")


def test_what_is_not_here_is_seen_when_it_is_loaded(adapter: Path) -> None:
    assert find_template("", str(adapter)) is None
    assert find_template("owner/base", str(adapter)) is None
    assert find_template("http://localhost:1/v1#base", "tuned") is None
    plan = StudyPlan("t", model=str(BASE_FOLDER), adapters=(AdapterChoice("a", "owner/adapter", "own"),))
    assert inspect_plan(plan).systems[1].template == "own"


def test_a_served_adapter_has_no_template_to_choose() -> None:
    choice = AdapterChoice("tuned", "tuned", "own")
    with pytest.raises(UserError, match="A server builds its prompts itself"):
        inspect_plan(StudyPlan("t", model="http://localhost:1/v1#base", adapters=(choice,)))


def test_a_server_does_not_write_in_place_of_one_with_its_own_template(made: StudyFile) -> None:
    group = generated_groups(made)[0]
    assert group.load(server="http://localhost:1/v1").backend == "served"
    set_template(made, made.systems.all()[1].id, "own")
    with pytest.raises(UserError, match="A server builds its prompts itself"):
        generated_groups(made)[0].load(server="http://localhost:1/v1")


def test_templates_are_written_down_in_a_line() -> None:
    assert template_choices(["a=own", "b=c=base"]) == {"a": "own", "b=c": ""}
    for wrong in ("a", "a=", "=own", "a=mine"):
        with pytest.raises(UserError, match="which chat template"):
            template_choices([wrong])


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


START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "url", "local", "secure"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1", True, False),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1", True, False),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", True, False),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", True, False),
        ("http://0.0.0.0:8000/api", "http://0.0.0.0:8000/api", True, False),
        ("https://gpu.example.org", "https://gpu.example.org/v1", False, True),
        ("http://10.0.0.7:8000/v1", "http://10.0.0.7:8000/v1", False, False),
    ],
)
def test_an_address_is_read(typed: str, url: str, local: bool, secure: bool) -> None:
    place = server_place(typed)
    assert (place.api, place.local, place.secure) == (url, local, secure)


@pytest.mark.parametrize(
    "typed",
    [
        "", "gpu.example.org", "ftp://gpu/v1", "http://", "http://gpu:0/v1", "http://gpu:123456/v1",
        "http://g pu/v1", "http://[::1/v1", "http://ann@gpu/v1", "http://ann:pw@gpu/v1", "http://gpu/v1?k=1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_never_quoted(typed: str) -> None:
    with pytest.raises(UserError) as refused:
        server_place(typed)
    assert refused.value.code == "bad-url"
    assert "pw" not in str(refused.value)


def test_a_choice_is_the_same_system_as_its_line() -> None:
    chosen = served_spec("base", "http://localhost:8000", "org/model")
    line = one_line_address(chosen.url, chosen.model)
    assert served_system("base", line) == chosen
    assert names_model(line)
    assert not names_model(chosen.url)


def test_a_served_model_needs_its_name_there() -> None:
    with pytest.raises(UserError, match="name on the server is missing"):
        served_spec("base", "http://localhost:8000", "")


def test_info_tells_no_numbers_that_tell_blinded_systems_apart(tmp_path: Path) -> None:
    study = StudyFile.create(tmp_path / "a.ftstudy", title="A", scale=Scale(), rng=Random(1), now=START)
    with study:
        first = study.systems.add(SystemSpec("one", SystemKind.BASE, model="/m")).id
        second = study.systems.add(SystemSpec("two", SystemKind.MODEL, model="/n")).id
        (prompt,) = study.prompts.add([PromptSpec("p", (Message("user", "Why?"),))])
        study.responses.store(prompt.id, [ResponseDraft(first, "So.", FinishReason.END, 1)], run=None)
        systems = info_json(describe(study))["systems"]
        assert isinstance(systems, list)
        assert [s["responses"] for s in systems if isinstance(s, dict)] == [None, None]
        study.responses.store(prompt.id, [ResponseDraft(second, "No.", FinishReason.END, 1)], run=None)
        assert [s.responses for s in describe(study).systems] == [1, 1]
        study.prompts.add([PromptSpec("q", (Message("user", "How?"),))])
        unblind(study, "done", now=START)
        assert [s.responses for s in describe(study).systems] == [1, 1]
