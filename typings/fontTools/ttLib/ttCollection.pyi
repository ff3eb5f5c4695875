from pathlib import Path

from fontTools.ttLib import TTFont

class TTCollection:
    fonts: list[TTFont]
    def __init__(self) -> None: ...
    def save(self, file: str | Path) -> None: ...
