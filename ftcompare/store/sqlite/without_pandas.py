"""sqlite-utils loaded without pandas, which it imports where that is installed and uses for one type name.

sqlite-utils 4.2 tries ``import pandas`` as it is loaded (sqlite_utils/db.py, the lines above
``COLUMN_TYPE_MAPPING``) and does without where that fails. It takes three times as long with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_pandas() -> Iterator[None]:
    """Within it importing pandas fails, unless that is loaded already. The product never imports it."""
    if "pandas" in sys.modules:
        yield
        return
    # None makes `import pandas` fail: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]
