"""Trainings that are killed at any moment: see campaign.py.

A process trains both stages and saves after every step. At random moments it is stopped while its
folder is copied: the copy is what a kill at that moment leaves. At the end it is really killed.
Each copy is then resumed: it must hold the last step that was saved, and be equal to the unbroken
run at that step, bit for bit, in checkpoints and weights.

python kills.py train FOLDER PACK RECIPE      trains until it is killed
python kills.py check FOLDER PACK RECIPE      resumes the copies, prints what is wrong as JSON
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]
PATIENCE = 900  # seconds


def kill(folder: Path, pack: Path, recipe: str, backend: str, count: int, seed: int) -> list[str]:
    """Train, copy `count` times, kill, and check; return what is wrong."""
    from test_exact_resume import ONE_THREAD

    (folder / "tmp").mkdir()
    environment = {
        **os.environ,
        **ONE_THREAD,
        "KERAS_BACKEND": backend,
        "TMPDIR": str(folder / "tmp"),
    }
    words = [str(folder), str(pack), recipe]
    random = np.random.default_rng(seed)
    child = subprocess.Popen(
        [sys.executable, __file__, "train", *words], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(folder / "saved" / "1", child)
        for number in range(count):
            time.sleep(random.uniform(0, 0.5))
            child.send_signal(signal.SIGSTOP)
            _copy(folder, number)
            child.send_signal(signal.SIGCONT)
            assert child.poll() is None, "the training ended by itself"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    _copy(folder, count)
    left = [f"{path.name} was left by a kill" for path in (folder / "tmp").iterdir()]
    done = subprocess.run(
        [sys.executable, __file__, "check", *words], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return left + json.loads(done.stdout.splitlines()[-1])


def _copy(folder: Path, number: int) -> None:
    target = folder / "copies" / str(number)
    shutil.copytree(folder / "run", target)
    (target / "least").write_text(str(max(_saved_steps(folder))))


def _saved_steps(folder: Path) -> list[int]:
    """The steps whose saving had ended, and whose files are kept."""
    return [int(path.name) for path in (folder / "saved").iterdir() if path.name.isdecimal()]


def _wait_for(path: Path, child: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert child.poll() is None and time.monotonic() < deadline, "no step was saved"
        time.sleep(0.1)


def run_of(folder: Path, pack: Path, recipe: str, **options: Any) -> Any:
    """A small run of both stages, which keeps what it saved of each step."""
    from t2i_utils.data import load_pack
    from t2i_utils.stackgan.recipes import make_config
    from t2i_utils.training import stage as stage_module
    from t2i_utils.training.run import Run

    stage_module.SETTLING = 2
    small = {"generator_width": 4, "discriminator_width": 8, "batch_size": 4, "num_distractors": 8}
    configs = [make_config(recipe, "smoke", stage, **small) for stage in (1, 2)]
    return Run(folder, load_pack(pack), configs, say=lambda text: None, **options)


def train(folder: Path, pack: Path, recipe: str) -> None:
    """Train for ever, and keep what is saved of each step in `saved/STEP`."""
    run = run_of(folder / "run", pack, recipe)
    save = run.save

    def saved(numbers: Sequence[int] | None = None, **options: Any) -> None:
        save(numbers, **options)
        step = run.stages[1].step
        new = folder / "saved" / f"{step}.new"
        for part in ("checkpoints", "weights"):
            shutil.copytree(folder / "run" / part, new / part)
        shutil.copy(folder / "run" / "log.csv", new)
        new.rename(folder / "saved" / str(step))

    run.save = saved
    run.train(10**6, save_every=1, progress=False)


def check(folder: Path, pack: Path, recipe: str) -> list[str]:
    """Resume each copy, and compare it."""
    from exact_resume import differing

    wrong = []
    is_state = "log.csv".__ne__  # its last rows may be of steps after the checkpoint
    for copy in sorted((folder / "copies").iterdir(), key=lambda path: int(path.name)):
        least = int((copy / "least").read_text())
        try:
            run = run_of(copy, pack, recipe, resume=True)
            steps = {stage.step for stage in run.stages.values()}
            (step,) = steps
            run.train(step, progress=False)
            if step < least:
                wrong.append(f"copy {copy.name}: step {least} was lost, {step} is there")
            # the last step of all may have been saved, but not kept aside
            elif step in _saved_steps(folder) and (
                names := [*filter(is_state, differing(folder / "saved" / str(step), copy))]
            ):
                wrong.append(f"copy {copy.name}: {len(names)} arrays differ, {names[0]}")
            elif step not in _saved_steps(folder) and step != max(_saved_steps(folder)) + 1:
                wrong.append(f"copy {copy.name}: step {step} was never saved")
        except Exception as error:
            wrong.append(f"copy {copy.name}: {type(error).__name__}: {error}"[:300])
    return wrong


if __name__ == "__main__":
    command, target, data, name = sys.argv[1:]
    if command == "train":
        train(Path(target), Path(data), name)
    else:
        print(json.dumps(check(Path(target), Path(data), name)))
