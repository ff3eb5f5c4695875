"""Sound files of every form that is read, and what accidents make of them."""

from __future__ import annotations

import json
from random import Random

HOSTILE = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\\ud800",
    b'"',
    b"\r",
    b"\t,;|",
    b"1e999",
    b"NaN",
    b"-" + b"9" * 400,
    b"9" * 5000,
    b"0x" + b"f" * 20_000,
    b"[" * 70,
    b"[" * 20_000,
    b'{"a":' * 20_000,
    b"{a=" * 20_000,
    b"a." * 20_000,
    b"\n" * 20_000,
    b"x" * 150_000,
]
"""What is set into a file as it is."""

CHAT = [{"role": "system", "content": "Bréf"}, {"role": "user", "content": "Why?"}]
JUDGMENTS = [
    {
        "prompt": CHAT,
        "system_a": "base",
        "system_b": "new",
        "response_a": "é",
        "response_b": "",
        "rater": f"r{n}",
        "choice": "ab"[n % 2],
        "strength": 2,
        "left": "a",
        "at": "2026-05-31T14:05:00Z",
    }
    for n in range(6)
]
OUTPUTS = [{"prompt": f"q{n}", "system": "s", "response": "x", "split": "trained"} for n in range(6)]
PROMPTS = [{"prompt": "One?", "id": "a"}, {"messages": CHAT, "checks": ["x"]}, {"prompt": "Two?", "id": 5}]


def lines(*values: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


TEXTS = {
    "judgments.jsonl": lines(*JUDGMENTS),
    "outputs.jsonl": lines(*OUTPUTS),
    "prompts.jsonl": lines(*PROMPTS),
    "prompts.csv": 'prompt,id,split\r\n"One, ""two""\r\n?",a,trained\r\nThree?,,\r\n',
    "prompts.tsv": "prompt\tid\nOne?\ta\nTwo?\tb\n",
    "prompts.txt": "Éins?\nTwo?\n",
    "glossary.csv": "term,status,concept\na|b,preferred,x\nc,deprecated,x\n",
    "glossary.tsv": "term\tstatus\nstent\tpreferred\nrurka\tdeprecated\n",
    "omegat.txt": "# glossary\nstent\tproteza\tuwaga\nMI\tzawał\n",
    "training.csv": "instruction,input,output\nOne?,two,three\nFour?,,five\n",
    "training.jsonl": lines({"messages": CHAT}, {"text": "Two?"}),
    "practice.jsonl": lines({"prompt": "Why?", "left": "So.", "right": "Thus.", "expected": "left"}),
    "gold.jsonl": lines({"messages": CHAT, "better": "So.", "worse": "Thus."}),
    "rating.toml": """question = "Which?"
strengths = 2
criteria = ["accuracy"]
raters = 3
judgments_per_pair = 2
repeats = 0.1
instructions = \'\'\'
Read both.\'\'\'
[[practice]]
prompt = "Why?"
left = "So."
right = "Thus."
""",
    "gate.toml": """system = "new"
check = true
min_win_rate = 0.5
min_judgments = 3 # all
agreement = "percent"
min_agreement = 0.6
""",
    "settings.json": '{"theme": "dark", "zoom": 1.25, "break_after": 30, "recent": ["/a"], "rater": "é"}',
}
"""Sound files by their name."""


def mutant(sound: bytes, rng: Random) -> bytes:
    """The file after one to four accidents: a byte changed, a span lost or doubled, hostile bytes, no end."""
    data = bytearray(sound)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randint(1, 10)]
            case 2:
                data[at:at] = data[at : at + rng.randint(1, 30)]
            case 3:
                data[at:at] = rng.choice(HOSTILE)
            case _:
                del data[at:]
    return bytes(data)
