"""Answers that say that the context does not tell, and answers that name what passages say differently."""

from __future__ import annotations

import pytest

from ftcompare.checks.context_rule import differing_values, why_conflict_unnamed, why_not_abstaining

ABSTAIN = [
    "I don't know.",
    "Unknown.",
    "Not stated in the text.",
    "The text does not say when the ward opened.",
    "The provided passages do not mention a date.",
    "Based on the given context, there is no information about the opening of the ward.",
    "The ward has 30 beds. The passages don't say when it opened.",
    "This is not mentioned anywhere.",
    "I cannot answer this question from the passages.",
    "It cannot be determined from the text when the ward opened.",
    "The documents contain no date.",
    "The context does not provide enough information to answer.",
    "There is not enough information to say.",
    "The opening date is unknown.",
    "I couldn't find the answer in the passages.",
    "The year is not given in the text.",
    "I'm not sure; the sources say nothing about it.",
    "Der Text sagt nicht, wann die Station eröffnet wurde.",
    "Das weiß ich nicht.",
    "Das ist im Text nicht angegeben.",
    "Die Frage lässt sich aus den Abschnitten nicht beantworten.",
    "Le texte ne précise pas la date.",
    "Je ne sais pas.",
    "El texto no menciona la fecha.",
    "No lo sé.",
]
GIVES_AN_ANSWER = [
    "",
    "It opened in 1988.",
    "The ward opened in 1988. It has 30 beds.",
    "I can't help with that.",
    "I can't tell you how to build that.",
    "The drug does not contain lactose.",
    "It does not contain gluten.",
    "The patient was not given antibiotics.",
    "This drug is not available in Germany.",
    "There is no evidence that coffee causes cancer.",
    "The two cannot be told apart by eye.",
    "Breakfast is not included in the price.",
    "The text says that it opened in 1988.",
    "The text does not say, but it probably opened in 1988.",
    "The passages do not mention it. I believe it opened in 1988.",
    "It is not stated, but based on my knowledge it was 1988.",
    "Patients do not know the risk.",
    "No.",
    "valve of the and not surgical say does the text",
    "Die Station wurde 1988 eröffnet.",
    "Die Informationen sind nicht falsch: Es war 1988.",
    "Der Text sagt, dass sie nicht 1988, sondern 1993 öffnete.",
    "Das steht nicht im Text, aber wahrscheinlich war es 1988.",
    "Le service a ouvert en 1988.",
    "El servicio abrió en 1988.",
]
PASSAGES = (
    "The ward opened in 1988 with 30 beds.",
    "It has a garden.",
    "The ward opened in 1993 with 30 beds.",
)
NAMES = [
    "One passage says 1988, another says 1993.",
    "1988 or 1993.",
    "It opened in either 1988 or 1993; I can't tell which.",
    "The passages contradict each other.",
    "The sources disagree about the year.",
    "There is conflicting information on the opening date.",
    "The two texts give different years.",
    "The documents are inconsistent.",
    "There is a discrepancy in the year.",
    "According to the first text it was 1988, according to the other 1993.",
    "The first passage states one year, and the second passage states another year.",
    "There's a conflict between the two passages.",
    "The dates in the passages don't agree.",
    "The context contains contradictory statements.",
    "Die Quellen widersprechen sich.",
    "Es gibt widersprüchliche Angaben.",
    "Die Texte sind widersprüchlich.",
    "Les passages se contredisent.",
    "Les sources divergent sur la date.",
    "Las fuentes se contradicen.",
    "Hay una contradicción.",
]
NAMES_NOT = [
    "",
    "It opened in 1988.",
    "It opened in 1993 with 30 beds.",
    "The passages do not contradict each other.",
    "There is no conflict between the passages: it opened in 1988.",
    "There is no contradiction.",
    "The two wards differ in size.",
    "There was a conflict in the region in 1988.",
    "One passage describes the ward, the other the garden.",
    "The text does not say.",
    "I don't know.",
    "I can't help with that.",
    "Opinions on gardens vary.",
    "It opened in 1988, and one more ward opened later.",
    "The other ward has a garden.",
    "The first passage says 1988.",
    "The second passage says 1993.",
    "conflict ward 1988 the passages of beds another",
    "Die Station wurde 1988 eröffnet.",
    "Es gibt keinen Widerspruch.",
    "Die Quellen widersprechen sich nicht.",
    "Les passages ne se contredisent pas : 1988.",
]


@pytest.mark.parametrize(
    ("text", "abstains"), [*((text, True) for text in ABSTAIN), *((text, False) for text in GIVES_AN_ANSWER)]
)
def test_an_answer_that_says_it_cannot_be_told_abstains(text: str, abstains: bool) -> None:
    assert (why_not_abstaining(text) == "") is abstains


@pytest.mark.parametrize(
    ("text", "names"), [*((text, True) for text in NAMES), *((text, False) for text in NAMES_NOT)]
)
def test_an_answer_that_says_that_passages_disagree_names_the_conflict(text: str, names: bool) -> None:
    assert (why_conflict_unnamed(text, PASSAGES) == "") is names


def test_the_words_in_which_passages_differ_are_found() -> None:
    assert differing_values(PASSAGES) == (("1988", "1993"),)
    assert differing_values(("Ann Lee ran it.", "Bo Ek ran it.", "No more.")) == (("ann lee", "bo ek"),)
    assert differing_values(("The ward opened in 1988.",)) == ()


@pytest.mark.parametrize("text", ["the text does " * 900, "one passage says " * 900, "der text ist " * 900])
def test_hostile_answers_are_read_at_once(text: str) -> None:
    assert why_not_abstaining(text * 100)
    assert why_conflict_unnamed(text * 100, ())
