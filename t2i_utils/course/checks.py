"""Functions that the checks of all exercises share.

A check is a function `check_<what>(answer) -> bool` that prints one line, "Right: ..." or
"Not yet: ...", and never raises on a learner's mistake. The checks of notebook NN are in
`t2i_utils/course/checks_NN.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def verdict(right: bool, message: str) -> bool:
    """Print "Right: message" or "Not yet: message" and return `right`."""
    print(f"{'Right' if right else 'Not yet'}: {message}")
    return bool(right)


def is_blank(answer: Any) -> bool:
    """Whether an answer is the placeholder `...` or None, or contains one of them."""
    if answer is None or answer is ...:
        return True
    return isinstance(answer, (list, tuple)) and any(is_blank(item) for item in answer)


def as_array(answer: Any) -> np.ndarray | None:
    """The answer as a numeric array (tensors are converted), or None if it is not one."""
    try:
        array = np.asarray(answer)
    except Exception:  # an object's own __array__ may raise anything
        return None
    return array if array.dtype.kind in "biuf" else None


def call(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """Call a learner's function; return its answer and an error message, "" if there is none."""
    if not callable(function):
        return None, f"a function is wanted, got {short(function)}"
    try:
        answer = function(*arguments)
    except Exception as error:  # whatever a learner's code may raise
        return None, f"your function stopped with {type(error).__name__}: {error}"
    if is_blank(answer):
        return None, "replace the ... in the function, and return your answer"
    return answer, ""


def one_number(answer: Any) -> float | None:
    """The answer as a float, or None if it is not one number."""
    number = as_array(answer)
    return None if number is None or number.size != 1 else float(number.reshape(()))


def call_for_number(function: Callable[..., Any], *arguments: Any) -> tuple[float, str]:
    """As `call`, of a function that is to return one number; not a number where it did not."""
    answer, problem = call(function, *arguments)
    value = None if problem else one_number(answer)
    if value is None:
        return float("nan"), problem or f"return one number, got {short(answer)}"
    return value, ""


def passes_gradients(
    function: Callable[..., Any], arrays: Sequence[np.ndarray], *others: Any
) -> bool:
    """Whether gradients of a learner's loss come through to the arrays, its first arguments."""
    import keras  # here: most checks need no network

    from t2i_utils import backend

    variables = [keras.Variable(array.astype("float32")) for array in arrays]
    try:
        _, _, (gradients,) = backend.gradients(
            lambda: ((function(*(1 * x for x in variables), *others),), None),  # tensors of them
            variables,
        )
    except Exception:  # the tape's complaint about something that is no tensor
        return False
    return all(gradient is not None for gradient in gradients)


def draws_from(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a learner's function draws from the generator that it is given, as last argument.

    The same generator state gives the same answer, and the state is another one afterwards.
    """
    *others, seed = arguments
    generators = [np.random.default_rng(seed) for _ in range(2)]
    before = generators[0].bit_generator.state
    first, second = (call(function, *others, generator)[0] for generator in generators)
    moved = generators[0].bit_generator.state != before
    return moved and np.array_equal(np.asarray(first), np.asarray(second))


def short(answer: Any) -> str:
    """An answer on one line, cut to 60 characters."""
    text = " ".join(repr(answer).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
