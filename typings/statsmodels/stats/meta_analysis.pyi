import numpy.typing as npt

class _CombineResults:
    mean_effect_re: float
    tau2: float

def combine_effects(
    effect: npt.ArrayLike, variance: npt.ArrayLike, method_re: str = ...
) -> _CombineResults: ...
