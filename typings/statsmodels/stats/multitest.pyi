from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

def multipletests(
    pvals: Sequence[float], alpha: float = ..., method: str = ...
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], float, float]: ...
