"""Check that systems are those of earlier runs, by file digests or by answers.

Errors use the owner's names of the systems, as the verification does.

A server gives no file digests; it is known by its answers to fixed prompts. Before a server continues what
this machine began, it answers a few prompts that this machine has answered: at temperature 0, answers of the
same model begin equally on any hardware.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from math import isfinite

from ftcompare.app.setup.system_groups import SystemGroup, item_of
from ftcompare.core.grouping import grouped
from ftcompare.core.hashing import Json
from ftcompare.core.run_record import RunRecord, SystemReport, newest_reports, read_runs
from ftcompare.core.study import System
from ftcompare.engine import protocol
from ftcompare.engine.served_fingerprint import Answers, Change, changes
from ftcompare.store.study.study_file import StudyFile

CHANGED = "system-changed"  # code of the error when systems are not those of the study
OTHER_MODEL = "other-model-replied"
"""Kind of the audit log's entry on a reply that names another model than the requested one."""
_DIGESTS = ("digest", "tokenizer_digest", "template_digest", "end_tokens_digest", "recipe_digest")
"""The fields of `SystemReport` that identify a system."""


def refused_run(code: str, what: str, how: str) -> protocol.Fault:
    return protocol.Fault(code, what, where="", how=how, fatal=False, kind="user")


def changed_systems(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """Keys of systems whose files, tokenizer or template differ from those of the responses."""
    written = {str(system): number for system, number in study.counts().responses.items()}
    before = _digests_before(study)
    return tuple(
        report.key
        for report in loaded.systems
        if written.get(report.key)
        and any(before.get((report.key, name), found) != found for name, found in _digests(report))
    )


def _digests_before(study: StudyFile) -> dict[tuple[str, str], str]:
    """The digests of each system's newest run, by system key and digest name; served models have none."""
    reports = (report for run in read_runs(study.runs.all()) for report in run.systems)
    return {(report.key, name): digest for report in reports for name, digest in _digests(report)}


def _digests(report: SystemReport) -> list[tuple[str, str]]:
    named = ((name, getattr(report, name)) for name in _DIGESTS)
    return [(name, digest) for name, digest in named if digest]


def same_files(study: StudyFile, loaded: Iterable[SystemReport] = ()) -> list[list[System]]:
    """Groups of systems with equal files, by their newest runs or as they are ``loaded`` now."""
    digests = {key: digest for (key, name), digest in _digests_before(study).items() if name == "digest"}
    digests |= {report.key: report.digest for report in loaded if report.digest}
    specs = ((s, s.spec, digests[str(s.id)]) for s in study.systems.all() if str(s.id) in digests)
    equal = grouped(
        ((digest, spec.quantisation, spec.template, spec.recipe.digest, spec.adapter and spec.model), system)
        for system, spec, digest in specs
    )
    return [systems for systems in equal.values() if len(systems) > 1]


def twins_note(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """A note on systems with equal files; it names none, since raters can see which answers are alike."""
    now = {report.key for report in loaded.systems}
    if any(str(system.id) in now for twins in same_files(study, loaded.systems) for system in twins):
        return ("Two of the systems have the same files, so any difference between their answers is chance.",)
    return ()


def system_changed(names: Iterable[str]) -> protocol.Fault:
    what = f"The files of {', '.join(names)} are not those that wrote the responses in the study."
    return refused_run(
        CHANGED, what, "Restore the files, or make a new study: one name must stand for one system."
    )


def record_other_model(study: StudyFile, event: protocol.OtherModel, *, now: datetime) -> str:
    """Add to the audit log that a reply came from another model than requested; returns a note about it."""
    study.audit.append(OTHER_MODEL, {"requested": event.requested, "reported": event.reported}, now=now)
    return (
        f"The server was asked for the model “{event.requested}” but names “{event.reported}” in its "
        "reply. Check its routing and its model names: the answers may come from another model."
    )


@dataclass(frozen=True, slots=True)
class Known:
    """A system's answers to the fixed prompts in the last run in which it generated."""

    at: str  # time of the answers, ISO 8601 UTC
    answers: Answers


def served_change(study: StudyFile, proved: protocol.Verified) -> protocol.Fault | None:
    """The error if a served system answers differently than in its last run; None if all answer equally."""
    written = {str(system) for system, number in study.counts().responses.items() if number}
    before = known_answers(read_runs(study.runs.all()))
    now = {proof.key: proof.answers for proof in proved.systems if proof.answers}
    found = changes({key: known.answers for key, known in before.items()}, now)
    visible = [change for change in found if change.key in written]
    if not visible:
        return None
    names = {str(system.id): system.name for system in study.systems.all()}
    how = (
        "Serve the models that wrote the study's responses under their names again, or make a new "
        "study: one name must stand for one system."
    )
    return refused_run(CHANGED, " ".join(_sentences(visible, before, names)), how)


def known_answers(runs: Iterable[RunRecord]) -> dict[str, Known]:
    """For each system key, the answers of the newest run that stored any."""
    return {one.key: Known(run.at, one.answers) for run in runs for one in run.verifications if one.answers}


def _sentences(
    changes: Sequence[Change], before: Mapping[str, Known], names: Mapping[str, str]
) -> Iterator[str]:
    like = {change.key: change.like for change in changes}
    for change in changes:
        name, other, date = names[change.key], names.get(change.like, ""), _date(before[change.key])
        if not other:
            yield _otherwise(change, name, date)
        elif like.get(change.like) != change.key:
            yield (
                f"The server now answers for {name} as it did for {other} on {_date(before[change.like])}."
            )
        elif change.key < change.like:
            yield (
                f"The names of {name} and {other} are swapped on the server: each now answers as the other "
                f"did on {date}."
            )


def _otherwise(change: Change, name: str, date: str) -> str:
    statement = f"The server's answers for {name} have changed since {date}"
    if not isfinite(change.apart):
        return f"{statement}: a fixed prompt now gets a different text."
    apart = f"{change.apart:.2g} apart (bound {change.bound:.2g})"
    return f"{statement}: log-probabilities for fixed prompts are {apart}."


def _date(known: Known) -> str:
    return known.at[:10]


SWITCHED = "server-went-on"  # kind of the audit-log entry
PROMPTS = 4  # maximum number of compared prompts
TOKENS = 32  # number of generated tokens of each answer

BEGINNING = 20
"""Number of characters that must be equal; later ones may differ between kinds of arithmetic."""

KEY = "compared-"  # prefix of the keys of these items


@dataclass(slots=True)
class Switch:
    names: Mapping[str, str]  # the owner's name of each system, by its key
    # the settings of this machine's answers; None where nothing is comparable
    settings: protocol.GenerationSettings | None
    prompts: Mapping[str, protocol.Item]  # the compared prompts, by key
    here: Mapping[str, Mapping[str, str]]  # for each prompt and system, this machine's answer
    # for each prompt and system, the server's answer
    there: dict[str, dict[str, str]] = field(default_factory=dict)

    def command(self) -> protocol.Generate | None:
        if self.settings is None or not self.prompts:
            return None
        return protocol.Generate(tuple(self.prompts.values()), self.settings)

    def take(self, pair: protocol.Pair) -> None:
        self.there[pair.item] = {one.system: one.text for one in pair.responses}

    def alike(self, system: str) -> int:
        return sum(
            self.here[key][system][:BEGINNING] == found[system][:BEGINNING]
            for key, found in self.there.items()
        )

    def strangers(self) -> tuple[str, ...]:
        """Keys of systems with less than half of such answers, or that are closer to another system."""
        half = len(self.there) / 2
        return tuple(key for key in self.names if self.alike(key) < half or self.is_nearer_another(key))

    def is_nearer_another(self, system: str) -> bool:
        """Whether a system's answers resemble those of another system here more than its own."""
        own = self._shared(system, system)
        return any(self._shared(system, other) > own for other in self.names if other != system)

    def _shared(self, system: str, other: str) -> int:
        return sum(_common(found[system], self.here[key][other]) for key, found in self.there.items())

    def record(self, run: int) -> dict[str, Json]:
        answers = len(self.there) * len(self.names)
        return {"run": run, "answers": answers, "alike": sum(self.alike(key) for key in self.names)}


def _common(first: str, second: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def find_switch(study: StudyFile, group: SystemGroup) -> Switch | None:
    """The comparison before a server continues for these systems; None where the last run was not here."""
    runs = [run for run in read_runs(study.runs.all()) if not run.live]
    counts = study.counts().responses
    here = {key for key, report in newest_reports(runs).items() if report.digest}
    wrote_here = [s for s in group.systems if counts.get(s.id) and str(s.id) in here]
    if not wrote_here:
        return None
    keys = {str(system.id): system.name for system in wrote_here}
    settings = _greedy_settings(runs)
    found = _answered(study, wrote_here) if settings else {}
    prompts = {key: item for key, (item, _) in found.items()}
    return Switch(keys, settings, prompts, {key: texts for key, (_, texts) in found.items()})


def _greedy_settings(runs: Iterable[RunRecord]) -> protocol.GenerationSettings | None:
    """The settings of the last run; None where one of the runs used sampling."""
    stored = [run.settings for run in runs if run.settings]
    if not stored or any(settings.temperature for settings in stored):
        return None
    return replace(stored[-1], max_new_tokens=min(stored[-1].max_new_tokens, TOKENS), samples=1)


def _answered(study: StudyFile, systems: Sequence[System]) -> dict[str, tuple[protocol.Item, dict[str, str]]]:
    keys = frozenset(str(system.id) for system in systems)
    found: dict[str, tuple[protocol.Item, dict[str, str]]] = {}
    for prompt in study.prompts.all():
        texts = {
            str(r.system): r.text
            for r in study.responses.of_prompt(prompt.id)
            if r.sample == 0 and not r.by_server and str(r.system) in keys
        }
        if texts.keys() == keys and not prompt.spec.later_turns:  # only single-turn prompts are compared
            key = f"{KEY}{prompt.id}"
            found[key] = item_of(prompt.spec, systems, key), texts
        if len(found) == PROMPTS:
            break
    return found


def written_by_servers(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """Keys of systems that are loaded from files here, but whose responses all come from servers."""
    reports = [report for run in read_runs(study.runs.all()) if not run.live for report in run.systems]
    known = {report.key for report in reports}
    here = {report.key for report in reports if report.digest}
    written = {str(system) for system, number in study.counts().responses.items() if number}
    return tuple(r.key for r in loaded.systems if r.digest and r.key in (written & known) - here)


def server_wrote(names: Iterable[str]) -> protocol.Fault:
    """The error for a run whose local files would continue a server's responses; takes the owner's names."""
    what = (
        f"Only a server has written the responses of {', '.join(names)}. It is not known whether the "
        "server used the files on this machine, so this machine does not continue."
    )
    how = "Continue with that server (ftcompare generate STUDY --server URL), or make a new study."
    return refused_run("server-wrote", what, how)


def not_comparable(names: Iterable[str]) -> protocol.Fault:
    """The error for a run on other hardware without a comparison; ``names`` are the owner's names."""
    what = (
        f"Responses of {', '.join(names)} were written on this machine. The server's responses cannot be "
        "compared with them: no prompt was answered by all systems with temperature 0 in every run."
    )
    how = (
        "Continue without --server, or make a new study for it. If you are sure that the server uses "
        "the same models, add --uncompared, which the audit log records."
    )
    return refused_run("server-uncompared", what, how)


def others_answer(switch: Switch) -> protocol.Fault:
    """The error for a run whose server has other models than this machine."""
    count = len(switch.there)
    listed = "; ".join(
        f"{switch.names[key]}: {switch.alike(key)} of {count} answers begin like those written "
        f"here{(', and they are more like those of another system' if switch.is_nearer_another(key) else '')}"
        for key in switch.strangers()
    )
    what = f"The server does not answer like the models on this machine. {listed}."
    how = "Serve the study's base and adapters under their names, or continue without --server."
    return refused_run(CHANGED, what, how)
