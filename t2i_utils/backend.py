"""The only file that knows TensorFlow from JAX.

A training step is ordinary Keras code: it calls models, takes `gradients`, applies optimisers
and returns metrics. Two things differ between the backends, and both live here: taking gradients
and compiling a step. The backend is Keras's own (environment variable ``KERAS_BACKEND``).
"""

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from t2i_utils import devices as many

logging.getLogger(__name__).info("Keras %s on %s", keras.__version__, keras.backend.backend())

# JAX only: the scope and the variables of the step that is being traced, innermost last.
_traced: list[tuple[keras.StatelessScope, list[Any]]] = []

NUMPY_ALONE = 2**18  # multiplications that NumPy (OpenBLAS) does in one thread


def name() -> str:
    """The name of the backend in use: "tensorflow" or "jax"."""
    return keras.backend.backend()


@functools.cache
def sum_in_one_order() -> None:
    """Switch off the pass of TensorFlow's optimiser that reorders sums; steps cost 3 % more.

    It may choose another order each time that a step is traced, and the results then differ by a
    rounding: a resumed run would drift from an unbroken one. The option belongs to the process.
    Whatever builds a network calls this before anything is traced, so that a process which trained
    and one which only draws give equal pixels. Importing a module changes nothing.
    """
    if name() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


@functools.cache
def keep_tracing_quiet() -> None:
    """Drop TensorFlow's warning that `predict` is traced often.

    It counts all of a process's networks as one function, and each is traced for its first two
    batch sizes: three networks are enough.
    """

    def is_other(record: logging.LogRecord) -> bool:
        return "make_predict_function" not in record.getMessage()

    logging.getLogger("tensorflow").addFilter(is_other)


def compile_step(function: Callable, variables: Sequence[Any]) -> Callable:
    """Compile a step that reads and writes Keras variables.

    Args:
        function: takes one pytree of arrays, returns a pytree of tensors. It may assign to
            `variables` (through optimisers, BatchNorm, plain `assign`), and to no others.
        variables: every Keras variable that the step reads or writes.

    Returns:
        A callable with the same signature. Shapes are compiled once each.
    """
    sum_in_one_order()
    if name() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)  # no `if` or loop over tensors: traced faster
    if name() == "jax":
        return _compile_jax(function, list(variables))
    raise RuntimeError(
        f"backend {name()!r} is not supported: set KERAS_BACKEND to tensorflow or jax"
    )


def compile_function(function: Callable, variables: Sequence[Any]) -> Callable:
    """Compile a function that only reads Keras variables; several threads may call it at once.

    A compiled step takes the variables' memory and gives it back at its end, so two threads must
    not run it together; here the memory stays where it is.

    Args:
        function: takes one pytree of arrays, returns a pytree of tensors; it assigns nothing.
        variables: every Keras variable that the function reads.

    Returns:
        A callable with the same signature. Shapes are compiled once each.
    """
    if name() == "numpy":  # see `quick_start`
        return function
    if name() != "jax":
        return compile_step(function, variables)
    import jax

    def pure(values: list[Any], inputs: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(inputs)

    compiled = jax.jit(pure)
    return lambda inputs: compiled([variable.value for variable in variables], inputs)


def _pure_step(function: Callable, variables: list[Any]) -> Callable:
    """On JAX: (values, inputs) to (outputs, new values), with nothing assigned outside."""

    def pure(values: list[Any], inputs: Any) -> tuple[Any, list[Any]]:
        scope = keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True)))
        _traced.append((scope, variables))
        try:
            with scope:
                outputs = function(inputs)
        finally:
            _traced.pop()
        return outputs, [scope.get_current_value(variable) for variable in variables]

    return pure


def _compile_jax(function: Callable, variables: list[Any]) -> Callable:
    import jax

    places = (None, many.variable_shardings(variables))
    pure = _pure_step(function, variables)
    compiled = jax.jit(pure, donate_argnums=0, out_shardings=places)

    step = _assigning(compiled, variables)
    return lambda inputs: step(many.place_rows(inputs))


def _assigning(compiled: Callable, variables: list[Any]) -> Callable:
    """What calls `compiled` with the variables' values and assigns the new ones that it returns."""

    def step(*inputs: Any) -> Any:
        outputs, values = compiled([variable.value for variable in variables], *inputs)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return outputs

    return step


def compile_steps(function: Callable, variables: list[Any]) -> Callable:
    """Compile several steps as one call, on JAX alone: a GPU then need not wait for Python.

    Args:
        function: as of `compile_step`; takes two pytrees, what is the same for all the steps of a
            call, and what is a step's own.
        variables: as of `compile_step`.

    Returns:
        A callable (shared, own): the arrays of `own` have one more axis in front, the steps; so
        have those that it returns.
    """
    import jax

    step = _pure_step(lambda inputs: function(*inputs), variables)

    def pure(values: list[Any], shared: Any, own: Any) -> tuple[Any, list[Any]]:
        def one(values: list[Any], inputs: Any) -> tuple[list[Any], Any]:
            outputs, values = step(values, (shared, inputs))
            return values, outputs

        values, outputs = jax.lax.scan(one, values, own)
        return outputs, values

    return _assigning(jax.jit(pure, donate_argnums=0), variables)


def gradients(
    losses_function: Callable[[], tuple[Sequence[Any], Any]], *groups: Sequence[Any]
) -> tuple[Sequence[Any], Any, list[list[Any]]]:
    """Differentiate several losses of one forward pass, each for its own variables.

    A GAN's two players share one forward pass: the discriminator's loss is differentiated for the
    discriminator's variables only, the generator's for the generator's only.
    On JAX this must be called inside a step made by `compile_step`.

    Args:
        losses_function: takes nothing, returns (losses, extra): one scalar loss a group, and any
            pytree of tensors to hand back.
        *groups: lists of Keras variables; loss ``i`` is differentiated for group ``i``.

    Returns:
        (losses, extra, gradients): ``gradients[i]`` is a list in the order of group ``i``.

    Raises:
        ValueError: a variable is in two groups.
    """
    watched = [id(variable) for group in groups for variable in group]
    if len(set(watched)) < len(watched):
        raise ValueError("a variable is in two groups: each variable belongs to one loss")
    if name() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            for group in groups:
                for variable in group:
                    tape.watch(variable.value)
            losses, extra = losses_function()
        found = [
            tape.gradient(loss, [variable.value for variable in group])
            for loss, group in zip(losses, groups, strict=True)
        ]
        return losses, extra, found
    return _gradients_jax(losses_function, groups)


def _gradients_jax(losses_function: Callable, groups: Sequence[Sequence[Any]]) -> Any:
    import jax

    if not _traced:
        raise RuntimeError("on JAX, call backend.gradients inside a step made by compile_step")
    outer, variables = _traced[-1]
    watched = {id(variable) for group in groups for variable in group}

    def pure(values: list[list[Any]]) -> Any:
        mapping = {id(v): (v, outer.get_current_value(v)) for v in variables}
        for group, group_values in zip(groups, values, strict=True):
            for variable, value in zip(group, group_values, strict=True):
                mapping[id(variable)] = (variable, value)
        inner = keras.StatelessScope(state_mapping=list(mapping.values()))
        with inner:
            losses, extra = losses_function()
        return tuple(losses), (extra, [inner.get_current_value(v) for v in variables])

    values = [[outer.get_current_value(variable) for variable in group] for group in groups]
    losses, pullback, (extra, state) = jax.vjp(pure, values, has_aux=True)
    found = []
    for index in range(len(groups)):
        seed = tuple(
            jax.numpy.ones_like(loss) if i == index else jax.numpy.zeros_like(loss)
            for i, loss in enumerate(losses)
        )
        found.append(pullback(seed)[0][index])
    for variable, value in zip(variables, state, strict=True):
        if id(variable) not in watched:
            variable.assign(value)  # BatchNorm statistics and the like, into the outer scope
    return losses, extra, found


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers under a Keras dtype policy, one of the values of `config.POLICIES`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def devices() -> list[str]:
    """Names of the accelerators and processors that the backend sees, accelerators first."""
    if name() == "tensorflow":
        import tensorflow as tf

        found = [device.name for device in tf.config.list_physical_devices()]
        return sorted(found, key=lambda device: "GPU" not in device)
    import jax

    return [str(device) for device in jax.devices()]


@functools.cache
def accelerator() -> tuple[str, tuple[int, ...]]:
    """What the backend computes on: "GPU", "TPU" or "CPU", and a GPU's compute capability.

    Asked once in a process, since every training step wants to know.
    The capability is NVIDIA's, such as (7, 5); it is empty for other devices.
    """
    if name() == "tensorflow":
        import tensorflow as tf

        for device in tf.config.list_physical_devices():
            if device.device_type in ("GPU", "TPU"):
                details = tf.config.experimental.get_device_details(device)
                return device.device_type, details.get("compute_capability", ())
        return "CPU", ()
    import jax

    capability = getattr(jax.devices()[0], "compute_capability", "")  # "7.5"; AMD: "gfx90a"
    numbers = capability.split(".") if capability.replace(".", "").isdigit() else ()
    return jax.default_backend().upper(), tuple(map(int, numbers))


def has_accelerator() -> bool:
    """Whether the backend sees a GPU or TPU."""
    return accelerator()[0] != "CPU"


def to_numpy(tree: Any) -> Any:
    """Turn every tensor of a pytree into a NumPy array."""
    return keras.tree.map_structure(
        lambda tensor: np.asarray(keras.ops.convert_to_numpy(tensor)), tree
    )


def matmul_by(kernel: Any) -> Callable[[np.ndarray], np.ndarray]:
    """What multiplies NumPy arrays (n, inputs) by a fixed kernel (inputs, outputs).

    TensorFlow's threads sleep while they wait. NumPy's spin: beside other work, products that it
    shares among threads cost ten times as much. JAX compiles anew for each n.
    """
    array = np.asarray(kernel, "float32")
    if name() != "tensorflow":
        return lambda x: x @ array
    import tensorflow as tf

    tensor = tf.constant(array)

    def product(x: np.ndarray) -> np.ndarray:
        alone = x.size * array.shape[1] <= NUMPY_ALONE
        return x @ array if alone else tf.linalg.matmul(x, tensor).numpy()

    return product


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device, or the computer, has no memory left."""
    names = {kind.__name__ for kind in type(error).__mro__}
    exhausted = "ResourceExhaustedError" in names  # TensorFlow's
    return exhausted or isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def free_bytes() -> int:
    """Memory of the first accelerator that the backend may still take; 0 without one."""
    if not has_accelerator():
        return 0
    if name() == "jax":
        import jax

        memory = jax.local_devices()[0].memory_stats() or {}
        return memory.get("bytes_limit", 0) - memory.get("bytes_in_use", 0)
    import tensorflow as tf
    from tensorflow.python.client import device_lib  # TensorFlow has no public way to ask

    limits = [d.memory_limit for d in device_lib.list_local_devices() if d.device_type == "GPU"]
    return limits[0] - tf.config.experimental.get_memory_info("GPU:0")["current"] if limits else 0
