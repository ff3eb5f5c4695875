"""Warnings and refusals for a study that was altered outside the program, for pages, files and commands."""

from __future__ import annotations

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.study import Integrity
from ftcompare.store.study.study_file import StudyFile

ALTERED = "study-altered"  # code of the error that refuses to export rows of an altered study

_HOW = N_("Check the study's integrity to see every problem. The newest backup may be unaltered.")
_NAMED = 3  # number of problems that a warning names; the others are counted


def caution(integrity: Integrity) -> str:
    if integrity.ok:
        return ""
    altered = tr("This study was altered: {problems}.", _named(integrity))
    return sentences(altered, tr("Do not rely on these figures."), tr(_HOW))


def integrity_json(integrity: Integrity) -> dict[str, Json]:
    return {"ok": integrity.ok, "problems": list(integrity.problems)}


def refusal(integrity: Integrity) -> str:
    return "" if integrity.ok else sentences(_refused(integrity), tr(_HOW))


def require_unaltered(study: StudyFile) -> None:
    integrity = study.verify()
    if not integrity.ok:
        raise UserError(_refused(integrity), where=study.path.name, how=_HOW, code=ALTERED)


def _refused(integrity: Integrity) -> str:
    altered = tr("This study was altered: {problems}.", _named(integrity))
    return sentences(altered, tr("No rows were made from it."))


def _named(integrity: Integrity) -> str:
    more = len(integrity.problems) - _NAMED
    named = "; ".join(integrity.problems[:_NAMED])
    return tr("{problems}; and {count} more", named, more) if more > 0 else named
