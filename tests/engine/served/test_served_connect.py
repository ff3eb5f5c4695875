"""Connecting to a server: what is refused before anything is sent, and what is found out by asking."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.generate.speed_and_savings import MeasuringRun
from ftcompare.app.generate.system_identity import known_answers
from ftcompare.app.live.live_session import LiveSession
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.run_record import FixedAnswer, Position, read_runs
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.protocol import GenerationSettings, Load, Stage, SystemRequest
from ftcompare.engine.served_fingerprint import FIXED, Change, changes, distance
from ftcompare.engine.server_address import KEY_VARIABLE, read_address, read_key
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.openai_front import Front, Handler, serving, serving_model
from tests.engine.served.openai_model import Completion, FrontModel
from tests.engine.served.served_driver import SETTINGS, Driver, driving
from tests.engine.served.served_study import EngineHere, carry, fault_code, served_study, write_study

NAMES = ("base", "tuned", "second")
SECRET = "sk-very-secret-123"


def front_of(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, NAMES, **conduct)


def refusal(driver: Driver, url: str, *adapters: str, **options: Any) -> FTCompareError:
    with pytest.raises(FTCompareError) as caught:
        driver.load(url, *adapters, **options)
    return caught.value


@pytest.mark.parametrize(
    ("url", "api", "root", "local"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1", "http://localhost:8000", True),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000", True),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "http://[::1]:8000", True),
        ("http://0.0.0.0:8000/v1", "http://0.0.0.0:8000/v1", "http://0.0.0.0:8000", True),
        ("https://models.test/open/v1", "https://models.test/open/v1", "https://models.test/open", False),
        ("https://models.test/api", "https://models.test/api", "https://models.test/api", False),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080/v1", "http://10.0.0.7:8080", False),
    ],
)  # fmt: skip
def test_an_address_is_taken_as_owners_type_it(url: str, api: str, root: str, local: bool) -> None:
    address = read_address(url)
    assert (address.api, address.root, address.local) == (api, root, local)
    assert address.secure is url.startswith("https")


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8000", "ftp://localhost/v1", "file:///etc/passwd", "http://", "http://a b/v1",
     "http://localhost:99999/v1", "http://localhost/v1\nX: y", "http://[::1", "http://localhost/v1?key=1",
     "http://localhost/v1#x"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(driver: Driver, url: str) -> None:
    error = refusal(driver, url)
    assert (error.code, type(error)) == ("bad-url", UserError)
    assert "http://localhost:8000/v1" in error.how


def test_a_password_in_the_address_is_refused_and_not_repeated(driver: Driver) -> None:
    error = refusal(driver, f"http://me:{SECRET}@localhost:8000/v1")
    assert error.code == "bad-url"
    assert SECRET not in str(error)
    assert KEY_VARIABLE in error.how


@pytest.mark.parametrize("host", ["a\u2024\u2024b", "\u00ad"])
def test_a_host_that_no_machine_can_have_is_a_bad_address(driver: Driver, host: str) -> None:
    error = refusal(driver, f"http://{host}/v1", allow_network=True)
    assert (error.code, type(error)) == ("bad-url", UserError)


def test_another_machine_is_reached_only_where_the_owner_allows_it(driver: Driver) -> None:
    error = refusal(driver, "http://192.0.2.1:9/v1")
    assert (error.code, error.where) == ("server-not-local", "192.0.2.1:9")


def test_what_it_says_of_served_systems(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        loaded = driver.load(front.url, "tuned")
    assert loaded.device == "server"
    assert loaded.device_name in front.url
    assert loaded.versions == {"server": "0.0-tiny"}
    assert [report.key for report in loaded.systems] == ["b", "tuned"]
    for report in loaded.systems:
        assert (report.digest, report.tokenizer_digest, report.template_digest) == ("", "", "")
        assert any("they have no seal" in note for note in report.notes)
        assert any("as token ids" in note for note in report.notes)
    assert Stage("Connecting to the server") in driver.events


def test_a_name_that_is_not_served_is_refused_with_the_names_that_are(
    driver: Driver, front_model: FrontModel
) -> None:
    with front_of(front_model) as front:
        error = refusal(driver, front.url, "tunde")
    assert error.code == "served-name-missing"
    assert "does not serve 'tunde'" in error.what
    assert "'base', 'tuned', 'second'" in error.what
    assert "--lora-modules" in error.how


def test_of_many_names_the_first_are_told(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, listed=tuple(f"m{number}" for number in range(30))) as front:
        error = refusal(driver, front.url, "none")
    assert "'m16' and 13 more" in error.what


def test_a_name_that_is_listed_and_does_not_answer(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, listed=("ghost",)) as front:
        error = refusal(driver, front.url, "ghost")
    assert error.code == "served-name-missing"
    assert "lists 'ghost' but does not answer with it" in error.what


def test_two_systems_of_one_name_would_be_one(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        assert refusal(driver, front.url, "base").code == "served-twice"
        assert front.requests == []


def test_systems_of_two_servers_are_no_group(driver: Driver) -> None:
    systems = (
        SystemRequest("a", "base", url="http://localhost:1"),
        SystemRequest("b", "x", url="http://localhost:2"),
    )
    with pytest.raises(BugError, match="share one server"):
        driver.backend.load(Load(systems, backend="served"))


def test_nothing_is_done_before_loading(driver: Driver) -> None:
    with pytest.raises(BugError, match="Nothing is loaded"):
        driver.verify()
    with pytest.raises(BugError, match="Nothing is loaded"):
        driver.write()


@pytest.mark.parametrize("flavour", ["vllm", "llama.cpp", "chat"])
def test_how_prompts_are_handed_over_is_found_out(
    driver: Driver, front_model: FrontModel, flavour: str
) -> None:
    with front_of(front_model, flavour=flavour) as front:
        loaded = driver.load(front.url, "tuned")
        driver.verify()
        driver.write()
    words = {
        "vllm": "made by the server's chat template.",
        "llama.cpp": "in two steps",
        "chat": "as messages",
    }
    assert words[flavour] in " ".join(loaded.systems[0].notes)
    prompts = front.asked("prompt") if flavour != "chat" else front.asked("messages")
    assert all(isinstance(prompt, list) for prompt in prompts)
    assert loaded.systems[0].parameters == (12345 if flavour == "llama.cpp" else 0)


def test_a_model_without_a_template_gets_plain_text(driver: Driver, tiny: Path) -> None:
    with serving(tiny / "gpt2" / "base", {"tuned": tiny / "gpt2" / "adapter"}) as front:
        loaded = driver.load(front.url, "tuned")
        assert all(verification.ok for verification in driver.verify().systems)
        written = driver.write()
    assert "no chat template" in " ".join(loaded.systems[0].notes)
    assert "What is the heart?\n" in front.asked("prompt")
    assert len(written) == 4


def test_another_name_that_answers_with_nothing_to_judge_is_served_all_the_same(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(front_model) as front:
        monkeypatch.setattr(front_model, "write", _filters("tuned", front_model.write))
        assert len(driver.load(front.url, "tuned").systems) == 2


def _filters(name: str, write: Callable[..., Completion]) -> Callable[..., Completion]:
    def filtered(asked: str, *more: Any) -> Completion:
        done = write(asked, *more)
        return replace(done, finish_reason="content_filter") if asked == name else done

    return filtered


def test_a_way_that_the_server_lists_and_does_not_have_is_left_for_the_next(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(front_model, replies=[(418, {})]) as front:
        assert "as messages" in " ".join(driver.load(front.url).systems[0].notes)
    route = Handler._route

    def no_text(handler: Handler, body: dict[str, Any]) -> Any:
        return {"prompt": 7} if handler.path == "/apply-template" else route(handler, body)

    monkeypatch.setattr(Handler, "_route", no_text)
    with front_of(front_model, flavour="llama.cpp") as front:
        assert "as messages" in " ".join(driver.load(front.url).systems[0].notes)


def test_a_page_of_a_proxy_is_quoted(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, pages=True, status=400) as front:
        assert "<html>Not so</html>" in refusal(driver, front.url).what


def test_a_server_of_something_else_is_told_from_one_of_models(
    driver: Driver, front_model: FrontModel
) -> None:
    with front_of(front_model, status=400) as front:
        error = refusal(driver, front.url)
        front.conduct.refused = {"model"}
        front.conduct.status = 0
        nothing_left = refusal(driver, front.url)
    assert error.code == nothing_left.code == "server-unfit"
    assert "broken" in error.what
    assert "Unrecognized request argument supplied: model" in nothing_left.what
    with front_of(front_model) as front:
        assert refusal(driver, f"{front.url}/nowhere").code == "server-refuses"


def test_a_list_without_models_is_no_list(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(front_model) as front:
        monkeypatch.setattr("tests.engine.served.openai_front.Handler._models", lambda *_: {"object": "list"})
        assert refusal(driver, front.url).code == "server-failed"


def test_a_server_whose_responses_are_all_withheld_is_unfit(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, finish_reason="content_filter") as front:
        error = refusal(driver, front.url)
    assert (error.code, "filter" in error.what) == ("server-unfit", True)


@pytest.mark.parametrize(("least", "asked"), [({}, -1), ({"top_k": 0}, 0)])
def test_a_server_with_another_word_for_no_top_k_is_understood(
    front_model: FrontModel, driver: Driver, least: dict[str, float], asked: int
) -> None:
    """Seen with llama-cpp-python 0.3.36, which answers a top-k of -1 with status 500."""
    with front_of(front_model, least=least) as front:
        loaded = driver.load(front.url, "tuned")
        assert all(verification.ok for verification in driver.verify().systems)
        driver.write(settings=GenerationSettings(max_new_tokens=4))
    assert not any("top_k" in note for report in loaded.systems for note in report.notes)
    assert front.asked("top_k")[-1] == asked


def test_a_failure_that_names_a_field_is_a_refusal_of_it(front_model: FrontModel, driver: Driver) -> None:
    with front_of(front_model, least={"top_k": 1}) as front:
        loaded = driver.load(front.url)
    assert any("does not accept top_k" in note for note in loaded.systems[0].notes)


@pytest.mark.parametrize("silently", [False, True])
def test_fields_that_the_server_refuses_are_left_out_and_told(
    front_model: FrontModel, driver: Driver, silently: bool
) -> None:
    refused = {"top_k", "min_p", "repetition_penalty", "repeat_penalty", "repeat_last_n"}
    with front_of(front_model, refused=refused, refuses_silently=silently) as front:
        loaded = driver.load(front.url)
        driver.verify()
        driver.write()
    lost = "top_k, min_p, seed, repetition_penalty" if silently else "top_k, min_p, repetition_penalty"
    assert any(
        f"does not accept {lost}: its own defaults may apply" in note for note in loaded.systems[0].notes
    )
    assert not refused & set(front.requests[-1][1])


def test_the_other_name_of_the_token_limit_is_learnt(front_model: FrontModel, driver: Driver) -> None:
    with front_of(front_model, refused={"max_tokens"}) as front:
        driver.load(front.url)
        driver.verify()
        assert len(driver.write()) == 4
    assert front.requests[-1][1]["max_completion_tokens"] == 8


def test_a_name_that_the_server_calls_an_adapter_should_have_a_base(
    front_model: FrontModel, driver: Driver
) -> None:
    with front_of(front_model) as front:
        loaded = driver.load(front.url, base="tuned")
    assert any("calls this an adapter: name the model" in note for note in loaded.systems[0].notes)
    with front_of(front_model) as front:
        loaded = driver.load(front.url, "tuned", base="second")
    assert any("of another model than its base" in note for note in loaded.systems[1].notes)


def test_neutral_settings_are_spelled_out_because_servers_have_defaults(
    front_model: FrontModel, driver: Driver
) -> None:
    with front_of(front_model) as front:
        driver.load(front.url)
    body = next(body for path, body in reversed(front.requests) if path == "/v1/completions")
    expected = {"temperature": 0.0, "top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    assert body.items() >= expected.items()


def test_the_key_is_sent_and_never_said(
    front_model: FrontModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        front_of(front_model, key=SECRET) as front,
        driving(environment={KEY_VARIABLE: f" {SECRET}\n"}) as driver,
    ):
        driver.load(front.url, "tuned")
        driver.verify()
        driver.write()
        assert all(headers["Authorization"] == f"Bearer {SECRET}" for headers in front.headers)
        front.conduct.key = "another"
        error = refusal(driver, front.url)
        # Servers quote the key in their refusals.
        monkeypatch.setattr("ftcompare.engine.backends.served.http_client.KEY_STATUSES", frozenset())
        quoted = refusal(driver, front.url)
    assert error.code == "server-key"
    assert "Incorrect API key provided" in quoted.what
    assert SECRET not in f"{error} {quoted} {driver.events} {caplog.text}"


def test_a_key_that_is_missing_is_asked_for(front_model: FrontModel, driver: Driver) -> None:
    with front_of(front_model, key=SECRET) as front:
        error = refusal(driver, front.url)
    assert error.code == "server-key"
    assert "asks for a key (status 401)" in error.what
    assert KEY_VARIABLE in error.how


def test_a_key_with_blanks_inside_is_refused_without_quoting_it() -> None:
    with pytest.raises(UserError, match="blanks") as caught:
        read_key({KEY_VARIABLE: f"{SECRET}\r\nX-Other: 1"})
    assert SECRET not in str(caught.value)
    assert read_key({}) == ""


def test_a_key_that_travels_in_the_open_is_told(
    front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.engine.server_address.is_this_machine", lambda _: False)
    with front_of(front_model) as front, driving(environment={KEY_VARIABLE: SECRET}) as driver:
        loaded = driver.load(front.url, allow_network=True)
    assert any("unencrypted" in note for note in loaded.systems[0].notes)


def test_a_redirect_is_not_followed(front_model: FrontModel, driver: Driver) -> None:
    with front_of(front_model) as other, front_of(front_model, redirect=other.url) as front:
        error = refusal(driver, front.url)
        assert other.requests == []
    assert error.code == "server-redirects"
    assert other.url in error.what


def test_a_redirect_that_quotes_the_key_does_not_say_it(front_model: FrontModel) -> None:
    with (
        driving(environment={KEY_VARIABLE: SECRET}) as driver,
        front_of(front_model, redirect=f"http://127.0.0.1:1/?key={SECRET}") as front,
    ):
        error = refusal(driver, front.url)
    assert error.code == "server-redirects"
    assert SECRET not in error.what + error.where + error.how


def test_neither_the_proxy_nor_the_password_file_of_the_environment_is_used(
    front_model: FrontModel, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n", "utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with front_of(front_model) as front:
        driver.load(front.url)
    assert all("Authorization" not in headers for headers in front.headers)


def test_a_server_that_is_not_there_is_told_at_once(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        pass
    error = refusal(driver, front.url)
    assert (error.code, type(error)) == ("server-gone", EnvironmentFault)
    assert len(driver.pauses) == 1


@pytest.mark.parametrize("conduct", [{"garbage": 1000}, {"huge": 33 * 2**20}])
def test_answers_that_are_no_answers(
    front_model: FrontModel, driver: Driver, conduct: dict[str, Any]
) -> None:
    with front_of(front_model, **conduct) as front:
        error = refusal(driver, front.url)
    assert error.code == "server-unfit"
    assert ("not a JSON object" if "garbage" in conduct else "more than 32 MiB") in error.what


def test_connecting_can_be_cancelled(front_model: FrontModel) -> None:
    with front_of(front_model, seconds=60) as front, driving() as driver:
        driver.is_cancelled = lambda: bool(front.asked("model"))
        with pytest.raises(Cancelled):
            driver.load(front.url)
        driver.is_cancelled = lambda: False
        front.conduct.seconds = 0
        assert driver.load(front.url).device == "server"


def test_loading_anew_forgets_the_proof(front_model: FrontModel, driver: Driver) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        driver.verify()
        driver.load(front.url, "tuned")
        with pytest.raises(UserError, match="not verified") as caught:
            driver.write(settings=GenerationSettings())
    assert caught.value.code == "proof-failed"


# A served system is known again from run to run, and two names that were swapped are seen.


@pytest.fixture
def front(front_model: FrontModel) -> Iterator[Front]:
    with serving_model(front_model, NAMES) as front:
        yield front


@pytest.fixture
def engine() -> Iterator[EngineHere]:
    with driving() as driver:
        yield EngineHere(served=driver.backend)


@pytest.fixture
def study(tmp_path: Path, front: Front, engine: EngineHere, now: datetime) -> Iterator[StudyFile]:
    """Half written by base, tuned and second."""
    with served_study(tmp_path / "a.ftstudy", front.url, now, "tuned", "second") as study:
        assert fault_code(write_study(study, engine, now, limit=2)) == ""
        yield study


def test_the_same_server_goes_on(study: StudyFile, engine: EngineHere, now: datetime) -> None:
    assert fault_code(write_study(study, engine, now + timedelta(days=1))) == ""
    assert study.counts().pairs_written == 12
    known = known_answers(read_runs(study.runs.all()))
    assert len(known) == 3
    assert all([one.prompt for one in system.answers] == [*FIXED] for system in known.values())


def test_replies_of_another_model_are_noted_once_a_run_and_recorded(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    front.conduct.reports = "tuned-mini"
    progress = write_study(study, engine, now)
    assert (fault_code(progress), study.counts().pairs_written) == ("", 12)
    named = [(name, "tuned-mini") for name in NAMES]
    noted = [note for note in progress.notes if "tuned-mini" in note]
    assert [f"asked for the model “{name}”" in note for (name, _), note in zip(named, noted, strict=True)]
    entries = [entry.detail for entry in study.audit.entries() if entry.kind == "other-model-replied"]
    assert [(one["requested"], one["reported"]) for one in entries] == named
    lines = [
        line for line in audit_view(study).lines if line.what == "A server named another model than requested"
    ]
    assert [line.detail for line in lines] == [""] * 3  # the study is blinded


def test_answers_without_text_are_counted_where_the_run_ends(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    front.conduct.content = lambda _: ""
    progress = write_study(study, engine, now, limit=1, uncompared=True)
    assert progress.notes[-1].startswith("3 answers have no text, although tokens were counted.")
    assert [one.detail for one in audit_view(study).lines if "without text" in one.what] == ["3 answers"]


@pytest.mark.parametrize("logprobs", [True, False])
def test_swapped_names_are_told_as_swapped(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime, logprobs: bool
) -> None:
    front.conduct.logprobs = logprobs  # as after an update of the server
    front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
    progress = write_study(study, engine, now + timedelta(days=1))
    assert fault_code(progress) == "system-changed"
    assert progress.fault is not None
    assert progress.fault.what == (
        "The names of my-tuned and my-second are swapped on the server: each now answers as the other did on "
        "2026-11-20."
    )
    assert "make a new study" in progress.fault.how
    assert study.counts().pairs_written == 6
    assert len(study.runs.all()) == 1
    front.conduct.stand_ins = {}
    assert fault_code(write_study(study, engine, now)) == ""


def test_another_model_under_a_name_is_told(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned") as study:
        write_study(study, engine, now, limit=2)
        front.conduct.stand_ins = {"tuned": "second"}
        progress = write_study(study, engine, now)
        assert progress.fault is not None
        assert progress.fault.what.startswith(
            "The server's answers for my-tuned have changed since 2026-11-20"
        )
        assert "(bound 0.5)" in progress.fault.what
        measured = carry(MeasuringRun(study, settings=SETTINGS, clock=lambda: now), engine)
        assert fault_code(measured) == "system-changed"


def test_another_text_is_told_where_there_are_no_log_probabilities(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    front.conduct.logprobs = False
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned") as study:
        write_study(study, engine, now, limit=2)
        assert fault_code(write_study(study, engine, now, limit=1)) == ""
        front.conduct.stand_ins = {"tuned": "second"}
        progress = write_study(study, engine, now)
    assert progress.fault is not None
    assert progress.fault.what.endswith("a fixed prompt now gets a different text.")


def test_a_system_that_wrote_nothing_may_still_be_replaced(
    study: StudyFile, tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned", "second") as other:
        (record,) = study.runs.all()
        other.runs.start({"proof": record["proof"]}, now=now)
        front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
        assert fault_code(write_study(other, engine, now)) == ""


def answer(
    value: float, noise: float = 0.0, text: str = "a", prompt: str = FIXED[0]
) -> tuple[FixedAnswer, ...]:
    return (FixedAnswer(prompt, text, (Position("a", {"a": value}),), noise),)


def test_what_a_server_gives_by_chance_is_no_change() -> None:
    before = {"1": answer(-1.0, noise=0.05), "2": answer(-1.3, noise=0.05)}
    assert not changes(before, {"1": answer(-1.15), "2": answer(-1.2)})
    assert not changes(before, {"1": answer(-0.6)})
    assert changes(before, {"1": answer(-1.25)}) == (Change("1", 0.25, 0.5, "2"),)
    assert changes(before, {"1": answer(-3.0)}) == (Change("1", 2.0, 0.5, ""),)
    assert not changes({"1": answer(-1.0, noise=0.6)}, {"1": answer(-3.0)})


def test_one_that_answers_as_another_without_an_exchange_is_told_so(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned", "second") as study:
        write_study(study, engine, now, limit=2)
        # round and round: base → tuned → second → base
        front.conduct.stand_ins = {"base": "tuned", "tuned": "second", "second": "base"}
        progress = write_study(study, engine, now)
    assert progress.fault is not None
    assert "now answers for plain as it did for my-tuned on 2026-11-20." in progress.fault.what
    assert "swapped" not in progress.fault.what


def test_answers_without_a_prompt_in_common_say_nothing() -> None:
    assert distance(answer(-1.0), answer(-9.0, prompt="other")) is None
    assert not changes({"1": answer(-1.0)}, {"2": answer(-9.0)})


def test_the_answers_are_kept_with_the_proof(front: Front) -> None:
    with driving() as driver:
        kept = _verified(driver, front)
    stored = json.loads(json.dumps([{"prompt": one.prompt, "noise": one.noise} for one in kept]))
    assert stored == [{"prompt": text, "noise": 0.0} for text in FIXED]
    assert all(len(one.positions) == 8 for one in kept)


def _verified(driver: Driver, front: Front) -> tuple[FixedAnswer, ...]:
    driver.load(front.url, "tuned")
    return driver.verify().systems[1].answers


def test_the_live_page_asks_no_model_that_is_another(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    session = LiveSession(study, "Ada", clock=lambda: now, rng=Random(1))
    front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
    front.conduct.reports = "tuned-mini"
    commands = list(session.ask("Is tea healthy?", kept=False).commands)
    while commands:
        for event in engine.events(commands.pop(0)):
            commands += session.handle(event).commands
    problem = session.view().problem
    assert (
        problem == "One model is not the model that wrote this study's responses, so the models were "
        "not asked."
    )
    assert session.fault is not None
    assert "swapped" in session.fault.what
    recorded = [entry.detail for entry in study.audit.entries() if entry.kind == "other-model-replied"]
    assert recorded == [{"requested": name, "reported": "tuned-mini"} for name in NAMES]
