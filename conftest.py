"""What lets several processes run tests and notebooks beside each other: order, groups, cores."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

# The order in which test files and notebooks are handed out: the longest first, so that no process
# is left with a long one at the end. What is not named here follows.
LONGEST_FIRST = (
    "test_exact_resume.py",
    "03_stage1_gan.ipynb",
    "04_stage2_gan.ipynb",
    "07_your_own_pictures.ipynb",
    "06_image_to_text.ipynb",
    "test_training.py",
    "05_evaluation_and_interpolation.ipynb",
    "gan",
    "browser",
    "test_evaluator.py",
    "test_backend_parity.py",
    "captioner",
    "test_checkpoints.py",
    "test_cli.py",
    "test_studio_serve.py",
    "test_shipped_weights.py",
    "02_text_encoding.ipynb",
    "01_data_exploration.ipynb",
)
# Files that run in one process, one after the other, because they share what is slow to build in
# memory: compiled stages of the GAN, a captioner, a JupyterLab. A notebook and its solutions are a
# group too, by their common name: both keep what they compute beside the course's data.
GROUPS = {
    "gan": ("test_discriminator", "test_pitfalls", "test_stage1", "test_stage2", "test_update"),
    "captioner": (
        "test_caption_parity",
        "test_caption_scoring",
        "test_captioner_training",
        "test_decoder",
        "test_decoding",
        "test_describe_command",
        "test_describer",
        "test_round_trip",
        "test_views",
    ),
    "browser": ("test_caption_slider", "test_studio"),
}
GROUP_OF = {file: group for group, files in GROUPS.items() for file in files}
SCRATCH = "T2I_TEST_SCRATCH"


def pytest_configure(config: pytest.Config) -> None:
    """Make the scratch folder of all processes, and share the processor's cores among them.

    Environment variables are inherited: by the processes of pytest-xdist, and by the programs and
    notebook kernels that tests start. TensorFlow and JAX read them when they are first imported.
    """
    if SCRATCH not in os.environ:
        folder = tempfile.mkdtemp(prefix="t2i-tests-")
        os.environ[SCRATCH] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # Programs on JAX compile what another one has compiled before only once.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{os.environ[SCRATCH]}/compiled")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if workers > 1:
        threads = str(max(1, (os.cpu_count() or 1) // workers))
        for name in (
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
        ):
            os.environ.setdefault(name, threads)


def group_of(path: Path) -> str:
    """The name of the group that a test file or notebook belongs to: see GROUPS."""
    return GROUP_OF.get(path.stem, path.name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, sort them: see LONGEST_FIRST."""
    if hasattr(config, "workerinput"):  # in a process of pytest-xdist
        place = {name: number for number, name in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: place.get(group_of(item.path), len(place)))  # files stay whole


@pytest.hookimpl(optionalhook=True)  # where pytest-xdist is not installed, nobody calls it
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out whole groups, in their order.

    The own `--dist loadgroup` of pytest-xdist writes groups where pytest 9.2 no longer reads them,
    so there every test would be a group of its own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(Path(nodeid.partition("::")[0]))

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
