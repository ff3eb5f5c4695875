"""The command ``evidence``, and the check of evidence files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ftcompare.cli.command_support import FILE, OutputPath, command, flag, now, opened, say
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.core.language import counted

VERIFIED = "Verified. Compare the digest with the one that the author published."


@command("evidence", "review.ftstudy evidence.html --sign ~/.ssh/id_ed25519")
@click.argument("study", type=FILE)
@click.argument("file", metavar="FILE.html", type=OutputPath())
@flag("--texts", "Include prompts, answers, and comments, and the paths of models.")
@click.option("--sign", "key", metavar="KEY", type=FILE, help="Sign with this SSH key, into FILE.html.sig.")
def evidence(study: Path, file: Path, key: Path | None, *, texts: bool, replace: bool) -> None:
    """Save a report with the rows behind its figures, which verifies itself.

    The file is a web page that works offline. It verifies its chains and digests, computes the main figures
    from the rows, and shows what it cannot verify. `ftcompare check FILE.html` verifies it without a browser.
    The study must be unblinded. Publish the digest that is printed, or sign the file.
    """
    from ftcompare.app.report.evidence_file import (
        save_evidence,  # it loads what draws charts
        signature_path,
    )

    with opened(study) as opened_study:
        digest = save_evidence(opened_study, file, now=now(), texts=texts, key=key, replace=replace)
    say(f"Wrote {file}.")
    if key:
        say(f"Wrote {signature_path(file)}.")
    say(f"Digest: {digest}")


def print_findings(findings: Sequence[IntegrityFinding]) -> int:
    for finding in findings:
        say(f"{'ok' if finding.ok else 'NOT OK':<7} {finding.subject}: {finding.detail}")
    return sum(not finding.ok for finding in findings)


def check_evidence_file(file: Path, signer: Path | None) -> int:
    """Verify an evidence file and, with a public key, its signature; return the number of problems."""
    from ftcompare.app.report.evidence_check import check_evidence, data_digest
    from ftcompare.app.report.evidence_file import SUBJECT, signature_path, signature_problem

    findings = check_evidence(file)
    if signer is not None:
        problem = signature_problem(file.read_bytes(), signature_path(file), signer)
        findings += (IntegrityFinding(SUBJECT, not problem, problem or "made with this key"),)
    problems = print_findings(findings)
    if digest := data_digest(file):
        say(f"Digest of the data: {digest}")
    say(f"Not verified: {counted(problems, 'problem')}." if problems else VERIFIED)
    return problems
