"""The study of the next checkpoint: it inherits the judgments of pairs whose answers are equal."""

from __future__ import annotations

import filecmp
import json
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import STUDY_SUFFIX, is_file
from ftcompare.app.generate.settings_history import last_run
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.setup import new_study
from ftcompare.app.setup.consent import agree_to
from ftcompare.app.setup.system_specs import folder_name
from ftcompare.app.study.altered_study import require_unaltered
from ftcompare.app.study.opening import opened_for_reading
from ftcompare.app.study.sealed_plan import Hypothesis, plan_state, seal
from ftcompare.app.study.unblinding import open_judging
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import tr
from ftcompare.core.study import IntegrityFinding, SystemKind, SystemSpec
from ftcompare.engine.models.model_folder import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from ftcompare.store.study.inherited import CARRIED_ON, SourceJudgment, judgments_digest
from ftcompare.store.study.study_file import StudyFile


def next_path(study: Path, adapter: str) -> Path:
    """The file of the next study: beside the study, with the name of the adapter's folder."""
    return study.with_name(f"{folder_name(adapter)}{STUDY_SUFFIX}")


def write_next_study(
    path: Path,
    source: StudyFile,
    adapter: str,
    replaced: str = "",
    *,
    rng: Random,
    now: datetime,
    warn: Callable[[str], object],
) -> StudyFile:
    """Write a study with everything of the source except its answers, and ``adapter`` for one of its own.

    Args:
        adapter: folder or hub id, or the name of an adapter on the study's server.
        replaced: name of the fine-tuned system that it takes the place of; empty for the only one.

    Raises `UserError`: as `replaceable_adapters`; ``next-system`` if it is not clear which one is replaced.
    """
    require_output(path, inputs=[source.path], replace=False, new_suffix=STUDY_SUFFIX)
    tuned = replaceable_adapters(source)
    if (replaced not in tuned) if replaced else len(tuned) > 1:
        what = tr("The study has several adapters, or none of this name.")
        how = tr("Give --system with one of: {names}.", ", ".join(tuned))
        raise UserError(what, where=source.path.name, how=how, code="next-system")
    require_unaltered(source)
    old = tuned[replaced or next(iter(tuned))]
    new = replacement(tuned.values(), old, adapter, warn)
    systems = tuple(new if one.spec == old else one.spec for one in source.systems.all())
    settings, kept = source.settings.read(), tuple(source.inherited.offered())
    if open_judging(source).missing:  # its results may be why it was unblinded then, and is continued now
        kept = ()
        warn(tr("It inherits no judgments: the study was unblinded before all planned ones were made."))
    elif kept:
        warn(tr("It inherits the judgments of pairs whose answers stay the same."))

    def fill(study: StudyFile) -> None:
        new_study.fill_study(
            study, systems, (one.spec for one in source.prompts.all()), source.glossary.terms(), now=now
        )
        study.settings.set_samples(source.settings.samples())
        study.settings.set_rating(settings.scale, source.settings.design(), now=now)
        study.gold.add(source.gold.items(), now=now)
        if state := plan_state(source):
            plan = state.planned.plan
            hypotheses = tuple(_renamed(one, old.name, new.name) for one in plan.hypotheses)
            gate = "".join(_renamed_line(one, old.name, new.name) for one in plan.gate.splitlines(True))
            seal(study, hypotheses, plan.rules, gate=gate, now=now)
        study.inherited.keep(kept, _origin(source, kept), now=now)
        agree_to([new])

    title = f"{settings.title.removesuffix(f' ({old.name})')} ({new.name})"
    return StudyFile.create(
        path, title=title, scale=settings.scale, notice=settings.notice, rng=rng, now=now, fill=fill
    )


def replaceable_adapters(source: StudyFile) -> dict[str, SystemSpec]:
    """The fine-tuned systems by name; `UserError` ``still-blinded``, or ``next-system`` if there is none."""
    if source.settings.read().disclosure.rating_open:
        what = tr("The study is still blinded. Its judgments can be inherited after unblinding.")
        how = tr("Unblind it when all judgments are made.")
        raise UserError(what, where=source.path.name, how=how, code="still-blinded")
    tuned = {one.name: one.spec for one in source.systems.all() if one.spec.adapter}
    if not tuned:
        what = tr("The study has no adapter that a new one could replace.")
        how = tr("Make a new study, and import its answers.")
        raise UserError(what, where=source.path.name, how=how, code="next-system")
    return tuned


def replacement(
    tuned: Iterable[SystemSpec], old: SystemSpec, adapter: str, warn: Callable[[str], object]
) -> SystemSpec:
    """The system with an adapter in place of that of ``old``.

    Raises `UserError`: ``next-system`` if one of the fine-tuned systems has this adapter, or an equal one.
    """
    new = _adapted(old, adapter, warn)
    if same := next((one.name for one in tuned if _same_adapter(one.adapter, new.adapter)), ""):
        what = tr("This adapter is the same as {system}, which is in the study already.", same)
        raise UserError(what, where=adapter, how=tr("Choose another adapter."), code="next-system")
    return new


def _same_adapter(one: str, other: str) -> bool:
    """Whether two adapters have the same place, or folders with equal files."""
    pairs = [(Path(one, name), Path(other, name)) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)]
    folders = all(is_file(path) for pair in pairs for path in pair)
    return one == other or (folders and all(filecmp.cmp(*pair, shallow=False) for pair in pairs))


def _adapted(old: SystemSpec, adapter: str, warn: Callable[[str], object]) -> SystemSpec:
    if old.kind is SystemKind.SERVED:
        return replace(old, name=folder_name(adapter), adapter=adapter)
    folder, warnings = new_study.inspect_adapter_for(new_study.inspect_base(old.model), adapter)
    new_study.require_template(old.model, adapter, old.template)
    for note in (*(folder.warnings if folder else ()), *warnings):
        warn(note)
    return replace(old, name=folder_name(adapter), adapter=new_study.placed(adapter))


def _origin(source: StudyFile, kept: Iterable[SourceJudgment]) -> dict[str, Json]:
    times = sorted(one.at for one in kept if one.at)
    run = last_run(source)
    return {
        "file": source.path.name,
        "study": source.settings.founding_digest(),
        "head": source.audit.entries()[-1].digest,
        "from": times[0] if times else "",
        "to": times[-1] if times else "",
        "run": replace(run, engine=None, verifications=()).to_json() if run else {},
    }


def _renamed(hypothesis: Hypothesis, old: str, new: str) -> Hypothesis:
    system, against = (new if name == old else name for name in (hypothesis.system, hypothesis.against))
    return replace(hypothesis, system=system, against=against)


def _renamed_line(line: str, old: str, new: str) -> str:
    """Rename the system in a line of a release check; TOML writes a text as JSON does."""
    with suppress(tomllib.TOMLDecodeError):
        [(key, value)] = tomllib.loads(line).items() or [("", "")]
        if key in ("system", "against") and value == old:
            return f"{key} = {json.dumps(new)}\n"
    return line


def source_finding(study: StudyFile, given: Path | None, *, now: datetime) -> IntegrityFinding:
    """Compare the kept judgments with the study that they are from.

    ``given``: that study; None for the file of its name beside this study.
    """
    about = study.audit.entries(CARRIED_ON)[-1].detail
    path, subject = given or study.path.with_name(str(about["file"])), tr("source of inherited judgments")
    if not path.is_file():
        detail = tr("not compared. Put {file} beside this study, or give --source.", path.name)
        return IntegrityFinding(subject, given is None, detail)
    with opened_for_reading(path, now=now) as source:
        heads = {entry.digest for entry in source.audit.entries()}
        if about["study"] != source.settings.founding_digest() or about["head"] not in heads:
            return IntegrityFinding(subject, False, tr("{file} is another study.", path.name))
        if wrong := next((one for one in source.check() if not one.ok), None):
            return IntegrityFinding(subject, False, f"{path.name}: {wrong.subject}: {wrong.detail}")
        same = judgments_digest(source.inherited.offered()) == about["digest"]
    text = tr("in order, each is in a chain of {file}") if same else tr("not those in {file}")
    return IntegrityFinding(subject, same, text.format(file=path.name))
