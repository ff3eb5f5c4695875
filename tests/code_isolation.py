"""Whether code can be shut off where the tests run: some containers forbid it, and then none is run."""

from __future__ import annotations

import pytest

from ftcompare.checks.code_sandbox.sandbox import CodeProgram, run_code
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.prompt_check import CodeLimits


def why_not() -> str:
    """Why code cannot be shut off here; empty where it can."""
    try:
        run_code(CodeProgram("", ""), CodeLimits(seconds=60))
    except EnvironmentFault as fault:
        return str(fault)
    return ""


_WHY = why_not()
needs_isolation = pytest.mark.skipif(bool(_WHY), reason=_WHY or "code can be shut off")
