from collections import deque
from typing import Any

class ValidationError(Exception):
    message: str
    instance: Any
    validator: str
    json_path: str
    absolute_path: deque[str | int]
    def __init__(self, message: str) -> None: ...

def best_match(errors: Any) -> ValidationError | None: ...
