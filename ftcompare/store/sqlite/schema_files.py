"""The SQL of ``resources/schema``, which makes the tables of studies and packs."""

from __future__ import annotations

from ftcompare.core.paths import resources


def statements(name: str) -> tuple[str, ...]:
    """Return the statements of ``NAME.sql`` as SQLite stores them: files equal those of earlier programs."""
    text = (resources() / "schema" / f"{name}.sql").read_text("utf-8")
    lines = (line for line in text.split("\n") if not line.startswith("--"))
    return tuple(filter(None, (each.strip() for each in "\n".join(lines).split(";\n"))))
