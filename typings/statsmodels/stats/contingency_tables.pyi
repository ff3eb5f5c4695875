import numpy.typing as npt

class _Test:
    statistic: float
    pvalue: float

def mcnemar(table: npt.ArrayLike, exact: bool = ..., correction: bool = ...) -> _Test: ...
