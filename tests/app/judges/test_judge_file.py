"""The file of a judge: what it says is read, what it cannot say is refused with the place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ftcompare.app.judges.judge_file import (
    DEFAULT_RUBRICS,
    EXAMPLE_FILE,
    read_judge_file,
)
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.judge import JUDGE_SETTINGS, JudgeKind, JudgeMode, JudgeSpec

SERVED = 'name = "far"\nkind = "served"\nmodel = "big"\nurl = "http://localhost:8000/v1/"\n'


def written(folder: Path, text: str, name: str = "judge.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read_judge_file(path)
    return caught.value


def test_the_example_is_a_judge_with_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(EXAMPLE_FILE, encoding="utf-8")
    (found,) = read_judge_file(path)
    assert found == JudgeSpec(
        "general judge", JudgeKind.MODEL, model="models/judge", rubric=DEFAULT_RUBRICS[JudgeMode.PAIRWISE]
    )
    bare = written(tmp_path, 'name = "general judge"\nmodel = "models/judge"\n')
    assert read_judge_file(bare) == (found,)


def test_every_setting_of_the_example_is_one(tmp_path: Path) -> None:
    """Also those that stand in it as comments."""
    lines = [line.removeprefix("# ") for line in EXAMPLE_FILE.splitlines()]
    names = {line.partition(" = ")[0] for line in lines if " = " in line and line[0].isalpha()}
    text = SERVED + 'mode = "direct"\nscale = [0, 5]\ntries = 2\nreference = true\ncontext = false\n'
    text += 'temperature = 0.5\nmax_tokens = 100\nmax_reasoning_tokens = 50\nseed = 4\nadapter = "big-a"\n'
    text += 'rubric = "Right?"\nreasoning_markers = [["<a>", "</a>"]]\n[template_options]\nthink = true\n'
    (found,) = read_judge_file(written(tmp_path, text))
    assert found == JudgeSpec(
        name="far",
        kind=JudgeKind.SERVED,
        mode=JudgeMode.DIRECT,
        model="big",
        adapter="big-a",
        url="http://localhost:8000/v1",
        rubric="Right?",
        lowest=0,
        highest=5,
        settings=GenerationSettings(max_new_tokens=100, temperature=0.5, max_reasoning_tokens=50, seed=4),
        tries=2,
        reference=True,
        context=False,
        template_options=(("think", True),),
        reasoning_markers=(("<a>", "</a>"),),
    )
    assert names - set(text.replace("\n", " ").split()) == {"quantisation", "members", "enable_thinking"}


def test_a_folder_beside_the_file_is_meant_wherever_the_program_runs(tmp_path: Path) -> None:
    (tmp_path / "models" / "judge").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    text = 'name = "j"\nmodel = "models/judge"\nadapter = "mine"\nquantisation = "4bit"\n'
    (found,) = read_judge_file(written(tmp_path, text))
    assert (found.model, found.adapter) == (str(tmp_path / "models" / "judge"), str(tmp_path / "mine"))
    assert found.quantisation == "4bit"


def test_direct_scores_have_a_rubric_of_their_own_and_a_scale(tmp_path: Path) -> None:
    (found,) = read_judge_file(written(tmp_path, 'name = "j"\nmodel = "m"\nmode = "direct"\n'))
    assert (found.rubric, found.lowest, found.highest) == (DEFAULT_RUBRICS[JudgeMode.DIRECT], 1, 10)
    assert found.settings == JUDGE_SETTINGS


def test_a_reward_model_needs_no_words(tmp_path: Path) -> None:
    (found,) = read_judge_file(written(tmp_path, 'name = "r"\nkind = "reward"\nmodel = "m"\n'))
    assert (found.kind, found.mode, found.model) == (JudgeKind.REWARD, JudgeMode.DIRECT, "m")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "model is missing."),
        ('model = "m"', "name is missing."),
        ('name = "j"\nmodel = 3', "model must be text, not 3."),
        ('name = "a\\nb"\nmodel = "m"', "name must be one line of at most 500 characters."),
        ('name = "j"\nmodel = "m"\nkind = "human"', "kind is 'human'."),
        ('name = "j"\nmodel = "m"\nurl = "http://x/v1"', "'url' is no setting."),
        ('name = "j"\nmodel = "m"\nrubrik = "x"', "'rubrik' is no setting."),
        ('name = "j"\nmodel = "m"\nmode = "both"', "mode is 'both'."),
        ('name = "j"\nmodel = "m"\nscale = [1, 5]', "A scale goes with direct scores."),
        ('name = "j"\nmodel = "m"\nmode = "direct"\nscale = [5, 1]', "scale must be two whole numbers"),
        ('name = "j"\nmodel = "m"\nmode = "direct"\nscale = [1, true]', "scale must be two whole numbers"),
        ('name = "j"\nmodel = "m"\nmode = "direct"\nscale = 5', "scale must be two whole numbers"),
        ('name = "j"\nmodel = "m"\ntries = 0', "tries must be a whole number from 1 to 10, not 0."),
        ('name = "j"\nmodel = "m"\ntries = 11', "tries must be a whole number from 1 to 10, not 11."),
        ('name = "j"\nmodel = "m"\ncontext = "no"', "context must be true or false"),
        ('name = "j"\nmodel = "m"\ntemperature = -1', "temperature must be a number from 0 on, not -1."),
        (
            'name = "j"\nmodel = "m"\nmax_tokens = 0',
            "max_tokens must be a whole number from 1 to 32,768",
        ),
        ('name = "j"\nmodel = "m"\nquantisation = "2bit"', "quantisation is '2bit'."),
        (f'name = "j"\nmodel = "m"\nrubric = "{"x" * 20_001}"', "rubric has more than 20,000 characters."),
        ('name = "j"\nmodel = "m"\ntemplate_options = 1', "template_options must be a table"),
        ('name = "j"\nmodel = "m"\nreasoning_markers = [["<a>"]]', "is not a pair"),
        ('name = "j"\nkind = "served"\nmodel = "m"', "url is missing."),
        ('name = "j"\nkind = "served"\nmodel = "m"\nurl = "ftp://x"', "url is no address of a server."),
        ('name = "j"\nkind = "served"\nmodel = "m"\nurl = "http://a:b@x/v1"', "holds a name or password"),
        ('name = "j"\nkind = "jury"', "members must be a list of 2 to 25 files"),
        ('name = "j"\nkind = "jury"\nmembers = ["a.toml", 3]', "members must be a list of 2 to 25 files"),
        ('name = "j"\nkind = "jury"\nmembers = ["a.toml", "../b.toml"]', "members names the file 'a.toml'"),
        ("name = ", "This is not TOML"),
    ],
)
def test_what_a_file_cannot_say_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in str(refusal(written(tmp_path, text)))


def members(folder: Path, *more: str) -> str:
    for number, text in enumerate(more, start=1):
        written(folder, f'name = "m{number}"\nmodel = "m"\n{text}', f"m{number}.toml")
    files = ", ".join(f'"m{number}.toml"' for number in range(1, len(more) + 1))
    return f'name = "jury"\nkind = "jury"\nmembers = [{files}]\n'


def test_a_jury_comes_after_its_members(tmp_path: Path) -> None:
    found = read_judge_file(written(tmp_path, members(tmp_path, "", "", "")))
    assert [one.name for one in found] == ["m1", "m2", "m3", "jury"]
    assert found[-1] == JudgeSpec("jury", JudgeKind.JURY, members=("m1", "m2", "m3"))
    assert found[0] == replace(found[1], name="m1")


def test_a_jury_may_give_scores(tmp_path: Path) -> None:
    direct = 'mode = "direct"\nscale = [0, 4]\n'
    found = read_judge_file(written(tmp_path, members(tmp_path, direct, direct) + direct))
    assert (found[-1].mode, found[-1].lowest, found[-1].highest) == (JudgeMode.DIRECT, 0, 4)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("", 'mode = "direct"'), "The members do not all judge as the jury does."),
        (("", 'name = "M1"\n#'), "Two judges of the jury have one name."),
        (("", 'kind = "reward"'), "The member 'm2.toml' is of the kind reward."),
    ],
)
def test_members_judge_as_their_jury_does(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    text = members(tmp_path, *more)
    if "M1" in more[1]:
        written(tmp_path, 'name = "M1"\nmodel = "m"\n', "m2.toml")
    assert said in str(refusal(written(tmp_path, text)))


def test_members_lie_beside_their_jury(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    text = 'name = "jury"\nkind = "jury"\nmembers = ["../m1.toml", "../m2.toml"]\n'
    members(tmp_path, "", "")
    assert refusal(written(tmp_path / "below", text)).code == "file-elsewhere"
