"""What a worker of the local backend imports, imported as a worker does it: see `tests.forked_workers`."""

import logging
import os
import warnings

from ftcompare.engine.worker import QUIET, THRIFTY, make_backend

os.environ.update({**THRIFTY, **os.environ, **QUIET})
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
make_backend("local")
