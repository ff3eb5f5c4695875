"""Signatures of files with SSH keys, made and verified by OpenSSH's ``ssh-keygen -Y``.

Anybody can verify them without FTCompare; `docs/reference/evidence-file.md` has the command.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.core.errors import UserError
from ftcompare.core.language import N_, tr

NAMESPACE = "ftcompare-evidence"  # a signature of a file is none of anything else
SIGNER = "signer"  # the name of the key in the list of allowed signers
WAIT = 300  # seconds; somebody may have to type a passphrase or touch a security key
SUBJECT = N_("Signature")


def signature_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def sign(data: bytes, key: Path, *, asks: bool) -> bytes:
    """Return the signature with a private SSH key, or a public one whose other half the agent has.

    ``asks``: whether a passphrase may be asked for in the terminal. Raises UserError ``not-signed``.
    """
    done = _keygen("sign", "-f", str(key), data=data, asks=asks)
    if done.returncode:
        raise UserError(
            tr("The file was not signed: {reason}.", _last_line(done.stderr)),
            where=str(key),
            how=tr("Choose a private SSH key that you can use, or save the file without a signature."),
            code="not-signed",
        )
    return done.stdout


def signature_problem(data: bytes, signature: Path, public_key: Path) -> str:
    """Return what is wrong with a file's signature; empty if a key of ``public_key`` made it."""
    if not signature.is_file():
        return tr("there is no file {name} beside it", signature.name)
    try:
        keys = [line for line in public_key.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        what = tr("The public key cannot be read.")
        raise UserError(what, where=str(public_key), code="no-public-key") from error
    with TemporaryDirectory() as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_text("".join(f"{SIGNER} {key}\n" for key in keys), "utf-8")
        done = _keygen(
            "verify", "-f", str(allowed), "-I", SIGNER, "-s", str(signature), data=data, asks=False
        )
    return "" if not done.returncode else tr("not made of this file with this key")


def _keygen(action: str, *arguments: str, data: bytes, asks: bool) -> subprocess.CompletedProcess[bytes]:
    call = ["ssh-keygen", "-Y", action, *arguments, "-n", NAMESPACE]
    try:
        # Without a terminal of its own it cannot wait for a passphrase that nobody sees it ask for.
        return subprocess.run(
            call, input=data, capture_output=True, timeout=WAIT, check=False, start_new_session=not asks
        )
    except FileNotFoundError as error:
        what = tr("The program ssh-keygen, which signs and verifies signatures, is not installed.")
        raise UserError(what, how=tr("Install OpenSSH."), code="no-ssh-keygen") from error
    except subprocess.TimeoutExpired as error:
        raise UserError(tr("The program ssh-keygen did not answer."), code="not-signed") from error


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].rstrip(".") if lines else ""
