"""How every notebook starts: quiet imports, seeds, style, readable errors, the environment line."""

import logging
import platform
import sys
import warnings
from typing import Any

import t2i_utils
from t2i_utils.course.style import use_style
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import

SEED = 0


def start() -> None:
    """Load Keras without log lines, seed everything, set the style and print what there is."""
    with quiet_import():
        import keras

        from t2i_utils import backend

        accelerator = backend.has_accelerator()
    warnings.filterwarnings("ignore", "pkg_resources is deprecated")  # tensorflow_hub 0.16
    logging.getLogger("tensorflow").addFilter(lambda line: line.levelno >= logging.ERROR)
    keras.utils.set_random_seed(SEED)
    use_style()
    _explain_errors()
    print(_environment_line(keras.__version__, backend.name(), accelerator))
    if not accelerator:
        print("No GPU here: every cell runs without one, in the minutes that the table says.")


def _environment_line(keras_version: str, backend: str, accelerator: bool) -> str:
    from t2i_utils import environment

    version = environment.installed_version(backend)
    device = "a GPU" if accelerator else f"{environment.usable_cores()} CPU cores"
    return (
        f"t2i_utils {t2i_utils.__version__}, Python {platform.python_version()}, "
        f"Keras {keras_version} on {backend} {version}, {device}"
    )


def explain(error: BaseException) -> str | None:
    """A sentence for an error that a reader can mend; None for any other."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, NameError) and error.name:
        return (
            f"{error.name!r} is not known yet: run the cells above this one first, in order "
            "(menu Run, Run All Above Selected Cell)"
        )
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            "there is too little memory: close other notebooks (menu Kernel, Shut Down All "
            "Kernels), then restart this one and run it again"
        )
    return None


def _explain_errors() -> None:
    """Let Jupyter show a sentence, where there is one, in the place of the stack trace."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.set_custom_exc((Exception,), _show)


def _show(shell: Any, kind: Any, error: BaseException, trace: Any, tb_offset: Any = None) -> Any:
    sentence = explain(error)
    lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    if sentence is not None:
        lines = [f"{kind.__name__}: {sentence}"]
    shell._showtraceback(kind, error, lines)
    return lines
