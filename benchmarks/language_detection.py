"""How often the detector behind the check ``language`` is right, by how much of a text it reads.

    python benchmarks/language_detection.py

Sentences written for this script, as answers of a model have them, in fourteen languages; from each place at
which a word begins, as many words as have the letters asked for. The product's own function tells the
language. Printed as Markdown for docs/explanation/checks-and-safety.md: of the pieces of a length, how many
the function tells at all, of these how many rightly, and how often the likeliest language is right without
its bounds. Exits with 1 where, from the product's least length on, fewer than 98% of what it tells is right,
or of one language fewer than 90%.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from machine import machine

from ftcompare.checks.prompt_checks import LEAST_LETTERS, detected_language

LENGTHS = (10, 20, 30, 40, 60, 80, 120)
LEAST_RIGHT, LEAST_RIGHT_OF_ONE = 0.98, 0.90
UNSPACED = ("ja", "zh")
"""Written without spaces: pieces begin at every fifth character."""

TEXTS = {
    "en": (
        "The patient should take one tablet in the morning with a glass of water and come back in two weeks.",
        "An irregular rhythm is not always dangerous, but it ought to be looked at by a doctor.",
        "First open the valve slowly, then wait until the pressure has fallen below the red line.",
        "I would not change the contract before both sides have read the last paragraph again.",
    ),
    "de": (
        "Der Patient sollte morgens eine Tablette mit Wasser nehmen und in zwei Wochen wiederkommen.",
        "Ein unregelmäßiger Rhythmus ist nicht immer gefährlich, sollte aber ärztlich abgeklärt werden.",
        "Öffnen Sie zuerst langsam das Ventil und warten Sie, bis der Druck unter die rote Linie fällt.",
        "Ich würde den Vertrag nicht ändern, bevor beide Seiten den letzten Absatz noch einmal lesen.",
    ),
    "fr": (
        "Le patient doit prendre un comprimé le matin avec un verre d'eau et revenir dans deux semaines.",
        "Un rythme irrégulier n'est pas toujours dangereux, mais il vaut mieux consulter un médecin.",
        "Ouvrez d'abord lentement la vanne, puis attendez que la pression descende sous la ligne rouge.",
        "Je ne modifierais pas le contrat avant que les deux parties aient relu le dernier paragraphe.",
    ),
    "es": (
        "El paciente debe tomar una pastilla por la mañana con un vaso de agua y volver en dos semanas.",
        "Un ritmo irregular no siempre es peligroso, pero conviene que lo vea un médico.",
        "Primero abra la válvula despacio y espere a que la presión baje de la línea roja.",
        "No cambiaría el contrato antes de que las dos partes hayan leído otra vez el último párrafo.",
    ),
    "it": (
        "Il paziente deve prendere una compressa al mattino con acqua e tornare tra due settimane.",
        "Un ritmo irregolare non è sempre pericoloso, ma è meglio che lo veda un medico.",
        "Prima apra lentamente la valvola, poi aspetti che la pressione scenda sotto la linea rossa.",
        "Non cambierei il contratto prima che entrambe le parti abbiano riletto l'ultimo paragrafo.",
    ),
    "pt": (
        "O doente deve tomar um comprimido de manhã com um copo de água e voltar dentro de duas semanas.",
        "Um ritmo irregular nem sempre é perigoso, mas convém que seja visto por um médico.",
        "Primeiro abra a válvula devagar e espere que a pressão desça abaixo da linha vermelha.",
        "Eu não mudaria o contrato antes de as duas partes terem lido outra vez o último parágrafo.",
    ),
    "nl": (
        "De patiënt moet 's ochtends een tablet met een glas water innemen en over twee weken terugkomen.",
        "Een onregelmatig ritme is niet altijd gevaarlijk, maar een arts moet er wel naar kijken.",
        "Open eerst langzaam de klep en wacht tot de druk onder de rode lijn is gezakt.",
        "Ik zou het contract niet wijzigen voordat beide partijen de laatste alinea nog eens hebben gelezen.",
    ),
    "sv": (
        "Patienten bör ta en tablett på morgonen med ett glas vatten och komma tillbaka om två veckor.",
        "En oregelbunden rytm är inte alltid farlig, men den bör undersökas av en läkare.",
        "Öppna först ventilen långsamt och vänta tills trycket har sjunkit under den röda linjen.",
        "Jag skulle inte ändra avtalet förrän båda sidorna har läst det sista stycket en gång till.",
    ),
    "pl": (
        "Pacjent powinien rano przyjąć jedną tabletkę, popijając szklanką wody, i wrócić za dwa tygodnie.",
        "Nieregularny rytm nie zawsze jest niebezpieczny, ale powinien go obejrzeć lekarz.",
        "Najpierw powoli otwórz zawór, potem poczekaj, aż ciśnienie spadnie poniżej czerwonej linii.",
        "Nie zmieniałbym umowy, zanim obie strony ponownie nie przeczytają ostatniego akapitu.",
    ),
    "cs": (
        "Pacient by měl ráno užít jednu tabletu, zapít ji sklenicí vody a za dva týdny přijít znovu.",
        "Nepravidelný rytmus není vždy nebezpečný, ale měl by ho vidět lékař.",
        "Nejprve pomalu otevřete ventil a počkejte, až tlak klesne pod červenou čáru.",
        "Smlouvu bych neměnil, dokud si obě strany znovu nepřečtou poslední odstavec.",
    ),
    "tr": (
        "Hasta sabahları bir bardak suyla bir tablet almalı ve iki hafta sonra tekrar gelmelidir.",
        "Düzensiz bir ritim her zaman tehlikeli değildir, ama bir doktor tarafından görülmelidir.",
        "Önce vanayı yavaşça açın, sonra basınç kırmızı çizginin altına inene kadar bekleyin.",
        "İki taraf da son paragrafı yeniden okumadan sözleşmeyi değiştirmezdim.",
    ),
    "ru": (
        "Пациенту следует утром принять одну таблетку, запив стаканом воды, и прийти снова через две недели.",
        "Нерегулярный ритм не всегда опасен, но его должен посмотреть врач.",
        "Сначала медленно откройте клапан, затем подождите, пока давление не опустится ниже красной линии.",
        "Я бы не менял договор, пока обе стороны ещё раз не прочитают последний абзац.",
    ),
    "ja": (
        "患者は毎朝コップ一杯の水で錠剤を一つ飲み、二週間後にもう一度来てください。",
        "不規則なリズムは必ずしも危険ではありませんが、医師に診てもらうべきです。",
        "まずバルブをゆっくり開け、圧力が赤い線より下がるまで待ちます。",
        "両方が最後の段落をもう一度読むまで、私なら契約を変えません。",
    ),
    "zh": (
        "患者应当每天早上用一杯水服用一片药,两周以后再来复诊。",
        "不规则的心律并不总是危险的,但是应该让医生看一看。",
        "先慢慢打开阀门,然后等到压力降到红线以下。",
        "在双方重新阅读最后一段之前,我不会修改这份合同。",
    ),
}


def main() -> int:
    """Measure and print."""
    print(f"{sum(map(len, TEXTS.values()))} sentences in {len(TEXTS)} languages, {machine()}.\n")
    print("| letters | pieces | named | correct if named | most likely language correct | worst language |")
    print("|---|---|---|---|---|---|")
    failed = False
    for length in LENGTHS:
        found = {language: Counter(_outcomes(language, length)) for language in TEXTS}
        every = sum(found.values(), Counter[str]())
        pieces = every["pieces"]
        if not pieces:
            continue
        told = every["right"] + every["wrong"]
        shares = {name: _share(one["right"], one["right"] + one["wrong"]) for name, one in found.items()}
        worst = min(shares, key=lambda name: shares[name])
        right = _share(every["right"], told)
        print(
            f"| {length} | {pieces:,} | {told / pieces:.1%} | {right:.1%} | "
            f"{every['likeliest'] / pieces:.1%} | {worst}, {shares[worst]:.1%} |"
        )
        if length >= LEAST_LETTERS:
            failed |= right < LEAST_RIGHT or shares[worst] < LEAST_RIGHT_OF_ONE
    print(f"\nTold from {LEAST_LETTERS} letters on. {'BELOW THE BOUND.' if failed else 'All within bounds.'}")
    return 1 if failed else 0


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _outcomes(language: str, length: int) -> Iterator[str]:
    for piece in _pieces(language, length):
        yield "pieces"
        found = detected_language(piece)
        if found.code == language:
            yield "likeliest"
        if found.told:
            yield "right" if found.code == language else "wrong"


def _pieces(language: str, length: int) -> Iterator[str]:
    """Parts of neighbouring sentences with as many letters as asked for, or few more."""
    joined = "" if language in UNSPACED else " "
    text = joined.join(TEXTS[language])
    words = [text[n : n + 5] for n in range(0, len(text), 5)] if language in UNSPACED else text.split()
    for first in range(len(words)):
        for last in range(first + 1, len(words) + 1):
            piece = joined.join(words[first:last])
            if sum(map(str.isalpha, piece)) >= length:
                yield piece
                break


if __name__ == "__main__":
    sys.exit(main())
