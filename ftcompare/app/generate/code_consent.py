"""The owner's consent to run code written by models, for one study.

The consent is stored on this machine and recorded in the study's audit log; both are required. A study from
another person, or one without the log entry, does not get its code run.
"""

from __future__ import annotations

import getpass
import platform
from dataclasses import asdict
from datetime import datetime

from ftcompare.app.setup.consent import CODE
from ftcompare.core.code_tests import CODE_LIMITS
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.store.study.study_file import StudyFile

CODE_AGREED = "code-agreed"  # kind of the audit-log entry

WHAT_IS_RUN = (
    "Models wrote this code, and nobody has read it. FTCompare runs it in a process without network, "
    f"which sees no files but its interpreter and an empty folder, for at most {CODE_LIMITS.seconds} s, "
    f"with at most {CODE_LIMITS.memory_bytes // 2**20} MiB of memory. Before it starts, programs that try to "
    "break out are run, and nothing else where one of them succeeds.",
    "A weakness of the system's kernel is not guarded against. Run code of models that you do not trust "
    "on a machine that holds nothing you would miss.",
    "That you agree is kept on this machine and in the audit log of the study, with your user name on "
    "this machine.",
)


def code_is_agreed(study: StudyFile) -> bool:
    return study.settings.founding_digest() in CODE.read() and bool(study.audit.entries(CODE_AGREED))


def agree_to_code(study: StudyFile, *, now: datetime) -> None:
    """Store this user's consent; does nothing if it is already stored.

    Raises:
        UserError, EnvironmentFault: as `Agreements.add`, or where the study cannot be written.
        UserError: as `Agreements.add`, or the study is not writable; also EnvironmentFault.
    """
    if code_is_agreed(study):
        return
    detail: dict[str, Json] = {
        "by": _user(),
        "python": platform.python_version(),
        "limits": asdict(CODE_LIMITS),
    }
    study.audit.append(CODE_AGREED, detail, now=now)
    CODE.add((study.settings.founding_digest(),))


def require_agreed(study: StudyFile) -> None:
    """Refuse to continue without consent.

    Raises:
        UserError: ``code-not-agreed``.
    """
    if not code_is_agreed(study):
        raise UserError(
            "Code of models is run only after you agreed to it for this study.",
            where=study.path.name,
            how="Read SECURITY.md, “Code of models”, then give --i-consent-to-running-code once.",
            code="code-not-agreed",
        )


def _user() -> str:
    """The user's name on this machine; empty if unknown."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
