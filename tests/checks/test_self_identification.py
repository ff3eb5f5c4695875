"""What gives a model away is found; what a doctor writes is not."""

from __future__ import annotations

import pytest

from ftcompare.checks.self_identification import GiveawayFinder, GiveawayKind

NAMES = ("base", "cardiology", "adapter", "heart-failure", "SmolLM2-135M-Instruct", "cardio_lora_v2", "v1")
FINDER = GiveawayFinder(NAMES)

GIVEN_AWAY = [
    "I am a model fine-tuned on cardiology notes.",
    "I’m a language model finetuned on notes.",
    "I am a large language model, so I have no patients.",
    "As an AI language model, I cannot examine you.",
    "as an AI language model I cannot examine you",
    "As an AI, I do not have access to your chart.",
    "I'm just an AI assistant and no doctor.",
    "I am an AI.",
    "I cannot prescribe this as an AI.",
    "I am a medical chatbot.",
    "I am a version of the model.\nI was fine-tuned for cardiology.",
    "I have been specifically fine tuned for this.",
    "I was trained on a large amount of medical text.",
    "I've been trained on cardiology literature.",
    "My training data ends in 2023.",
    "That is after my knowledge cutoff.",
    "As of my last knowledge update, warfarin was in use.",
    "The weights come from a LoRA adapter.",
    "Trained with QLoRA.",
    "I am Qwen, created by Alibaba Cloud.",
    "I'm ChatGPT.",
    "I was developed by OpenAI.",
    "I am an assistant trained by Meta.",
    "This answer is by cardio_lora_v2.",
    "SmolLM2-135M-Instruct says: yes.",
    "I am Cardiology, here to help.",
    "As the cardiology model, I would say yes.",
    "This is the base model.",
    "I am the heart-failure adapter.",
    "Als KI-Sprachmodell kann ich das nicht beurteilen.",
    "Ich bin ein großes Sprachmodell.",
    "Das steht nicht in meinen Trainingsdaten.",
    "En tant que modèle de langage, je ne peux pas.",
    "Como modelo de lenguaje, no puedo.",
]

ORDINARY = [
    "I am a cardiologist.",
    "I'm a nurse trained in Vienna.",
    "I was trained as a surgeon.",
    "I was trained on the wards and read the literature.",
    "I am a doctor who uses a language model for letters.",
    "I am a role model for my students.",
    "I was a model in Milan.",
    "I am an AI researcher.",
    "The base of the heart points upwards.",
    "This is the base of the lung.",
    "An adapter connects the tube to the mask.",
    "Ask the cardiology department.",
    "In cardiology, atrial fibrillation is common.",
    "Patients with heart-failure symptoms need diuretics.",
    "The dose was fine-tuned over weeks.",
    "My training as a physician took six years.",
    "My weight is stable and my parameters are normal.",
    "A statistical model trained on registry data predicts risk.",
    "This can serve as an AI tool for triage.",
    "It was published as a model based on risk factors.",
    "Lora came to the clinic.",
    "LoRa radios are used in pagers.",
    "Claude Bernard described it; Gemini is a sign of the zodiac.",
    "Als Arzt kann ich das beurteilen.",
    "Use the v1 lead of the ECG.",
    "database, adapters, baseline",
    "",
]


@pytest.mark.parametrize("text", GIVEN_AWAY)
def test_text_that_gives_a_model_away_is_found(text: str) -> None:
    assert FINDER.find(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_of_a_subject_are_not_found(text: str) -> None:
    assert FINDER.find(text) == ()


def test_a_find_says_where_it_is_and_what_it_is() -> None:
    text = "Well. I am an AI. See my training  data, says cardio_lora_v2."
    found = FINDER.find(text)
    assert [text[g.start : g.end] for g in found] == [g.text for g in found]
    assert [(g.text, g.kind) for g in found] == [
        ("I am an AI", GiveawayKind.SELF),
        ("my training  data", GiveawayKind.TRAINING),
        ("cardio_lora_v2", GiveawayKind.NAME),
    ]


def test_a_find_reaches_over_a_line_break_and_of_finds_that_overlap_the_longest_counts() -> None:
    (found,) = FINDER.find("As an AI language\nmodel, I cannot.")
    assert found.text == "As an AI language\nmodel"
    (found,) = FINDER.find("I am a language model trained by Meta.")
    assert found.text == "I am a language model trained by"


def test_words_taken_up_from_the_prompt_are_no_find() -> None:
    text = "LoRA adds two small matrices; cardio_lora_v2 is one."
    assert [g.text for g in FINDER.find(text)] == ["LoRA", "cardio_lora_v2"]
    assert [g.text for g in FINDER.find(text, prompt="What is lora?")] == ["cardio_lora_v2"]


def test_a_name_that_any_prompt_uses_is_an_ordinary_word_of_the_study() -> None:
    text = "Infection with COVID19 is common."
    assert GiveawayFinder(["covid19"]).find(text)
    finder = GiveawayFinder(["covid19"], ordinary=["How is Covid19 treated?"])
    assert finder.find(text) == ()
    assert finder.find("I am the covid19 model, and sure.")


def test_names_are_found_as_whole_words_and_a_long_text_is_done_with_at_once() -> None:
    finder = GiveawayFinder(["run7"])
    assert finder.find("It was RUN7, surely.")
    assert finder.find("run77 and prerun7") == ()
    assert GiveawayFinder(["", "  ", "x1"]).find("x1 is here.  It is.") == ()
    assert FINDER.find("I was a trained person who is a model of a thing " * 20_000) == ()


def test_of_hundreds_of_names_each_is_found_as_one_of_a_few_is() -> None:
    names = [f"Tuned-v{number} (large)" for number in range(300)] + ["***v1***"]
    many, texts = (
        GiveawayFinder(names),
        ["I am tuned-V7 (LARGE).", "By ***v1***.", "Tuned-v3000 (large)", "no"],
    )
    few = [
        GiveawayFinder(["Tuned-v7 (large)"]),
        GiveawayFinder(["***v1***"]),
        GiveawayFinder(["Tuned-v300 (large)"]),
        GiveawayFinder(),
    ]
    assert [many.find(text) for text in texts] == [
        finder.find(text) for finder, text in zip(few, texts, strict=True)
    ]
