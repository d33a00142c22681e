"""Several devices work on one batch: data parallel, by `keras.distribution`, on JAX alone.

The program is that of one device. Each device holds all weights and its rows of the batch, and XLA
adds what they must exchange. So BatchNorm, and losses that compare the rows of a batch, see all of
it, and the numbers are those of one device but for rounding.

Several processes, on one machine or many, run the same command on one file system. Each makes its
own rows of a batch. Process 0 leads: it alone writes files and speaks.
"""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from t2i_utils.config import Config
from t2i_utils.environment import backend_name
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import

if TYPE_CHECKING:
    import numpy as np

# Each says that this process is one of several: Keras's way, and JAX's (then the number of the
# process may come from Slurm or Open MPI).
TOGETHER = ("KERAS_DISTRIBUTION_JOB_ADDRESSES", "JAX_COORDINATOR_ADDRESS")


@contextlib.contextmanager
def spread(wanted: int | None) -> Iterator[None]:
    """While this lasts, what is built computes on several devices.

    Args:
        wanted: how many; None: all that there are. 1 changes nothing.

    Raises:
        InputError: there are fewer, the backend is not JAX, or the processes cannot start.
    """
    if wanted == 1:
        yield
        return
    asked = f"--devices {wanted or 'all'}"
    if backend_name() != "jax":
        raise InputError(f"{asked}: {backend_name()} trains on one device: set KERAS_BACKEND=jax")
    with quiet_import():
        import jax
        import keras

    if any(name in os.environ for name in TOGETHER):
        try:
            keras.distribution.initialize()
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"{asked}: the processes cannot start together ({error}): set "
                "KERAS_DISTRIBUTION_JOB_ADDRESSES, _NUM_PROCESSES and _PROCESS_ID in each"
            ) from error
    found = keras.distribution.list_devices()
    chosen = found[:wanted]
    if wanted and len(found) < wanted:
        raise InputError(f"{asked}: JAX sees {len(found)} ({', '.join(found)}): ask for fewer")
    if len(chosen) < len(found) and jax.process_count() > 1:
        raise InputError(f"{asked}: several processes use all {len(found)} devices: say all")
    quiet = contextlib.redirect_stdout(io.StringIO()) if jax.process_index() else None
    with quiet or contextlib.nullcontext(), keras.distribution.DataParallel(devices=chosen).scope():
        yield


def count() -> int:
    """How many devices a batch is spread over."""
    distribution = _distribution()
    return 1 if distribution is None else distribution.num_model_replicas


def check_divides(config: Config) -> None:
    """Whether each device gets equally many rows.

    Raises:
        InputError: the pictures or distractors of a stage do not divide by the devices.
    """
    for what, number in (
        ("pictures that are computed at once", config.part_size),
        ("distractors", config.num_distractors),
    ):
        if number % count():
            raise InputError(
                f"stage {config.stage}: {number} {what} do not divide by {count()} devices: "
                "change --devices, or the number in a --config file"
            )


def leads() -> bool:
    """Whether this process writes files and speaks; true where there is one process."""
    return _process()[0] == 0


def is_alone() -> bool:
    """Whether there is one process."""
    return _process()[1] == 1


def own_rows(start: int, stop: int) -> slice:
    """Which of these rows this process makes. Ask in the main thread: Keras keeps it there."""
    index, processes = _process()
    share = (stop - start) // processes
    return slice(start + index * share, start + (index + 1) * share)


def wait_for_all(name: str) -> None:
    """Wait until every process has come to the place of this name."""
    if not is_alone():
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(name)


def must_stop_after(step: int) -> bool:
    """Whether the system told one of several processes to end, and this is their last step.

    JAX's preemption service passes SIGTERM on and finds a step that none of them has done.
    """
    if is_alone():
        return False
    from jax.experimental import multihost_utils

    return multihost_utils.reached_preemption_sync_point(step)


def place_rows(tree: Any) -> Any:
    """Give each device its rows of NumPy arrays; this process has `own_rows` of them.

    Scalars stay as they are, and so does what lies on devices already.
    """
    distribution = _distribution()
    if distribution is None:
        return tree
    import keras
    import numpy

    def place(values: Any) -> Any:
        if not isinstance(values, numpy.ndarray) or values.ndim == 0:
            return values
        return _from_process(values, distribution.get_data_layout(values.shape))

    return keras.tree.map_structure(place, tree)


def place_whole(array: "np.ndarray") -> Any:
    """Give every device all of an array, which is the same in each process."""
    from keras import distribution, ops

    if (current := _distribution()) is None:
        return ops.convert_to_tensor(array)
    layout = distribution.TensorLayout([None] * array.ndim, current.device_mesh)
    return _from_process(array, layout)


def variable_shardings(variables: Sequence[Any]) -> Any:
    """Where a compiled step must leave variables: where they are. None on one device: anywhere."""
    return None if count() == 1 else [variable.value.sharding for variable in variables]


def _from_process(array: "np.ndarray", layout: Any) -> Any:
    import jax

    return jax.make_array_from_process_local_data(layout.backend_layout, array)


def _distribution() -> Any:
    """The one of `spread`; None on one device. Whoever asks early need not wait for Keras."""
    keras = sys.modules.get("keras")
    return None if keras is None else keras.distribution.distribution()


def _process() -> tuple[int, int]:
    """This process's number, and how many share the work."""
    if _distribution() is None:
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()
