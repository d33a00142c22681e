"""One batch on several devices, and in several processes (JAX on virtual devices)."""

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from quick_jax import QUICK_JAX
from small_run import configs, read_checkpoint, toy_pack

from t2i_utils import devices
from t2i_utils.cli import main

TESTS = Path(__file__).parent


def start(process: int, port: int, *words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, TESTS / "two_processes.py", *words],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            **QUICK_JAX,
            "JAX_NUM_CPU_DEVICES": "2",
            "PJRT_NPROC": "8",  # threads: with two, devices that wait for others use them all up
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{port}",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
            "KERAS_DISTRIBUTION_PROCESS_ID": str(process),
            "PYTHONPATH": str(TESTS.parent),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def third_row(folder: Path) -> dict[str, float]:
    with open(folder / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    return {n: float(v) for n, v in rows[2].items() if v and n != "seconds"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    port = free_port()
    processes = [start(number, port, str(toy_pack().folder), str(folder)) for number in range(2)]
    for process, said in zip(
        processes, [p.communicate(timeout=300) for p in processes], strict=True
    ):
        assert process.returncode == 0, said[1][-3000:]
    return folder


def test_one_device_goes_on_as_two_processes_of_two_do(folder):
    """The same losses, gradients (Adam's momentum has them) and so weights, from a checkpoint."""
    assert third_row(folder / "alone") == pytest.approx(third_row(folder / "shared"), rel=1e-5)
    shared, alone = (read_checkpoint(folder / name, 1) for name in ("shared", "alone"))
    assert list(shared) == list(alone)
    moments = [name for name in shared if name.endswith("momentum")]
    assert len(moments) > 50
    flat = [np.concatenate([run[name].ravel() for name in moments]) for run in (shared, alone)]
    assert np.linalg.norm(flat[1] - flat[0]) < 1e-5 * np.linalg.norm(flat[0])


def test_one_process_writes(folder):
    """The log has each step once (see `third_row`), and events come from one process."""
    events = (folder / "shared" / "tensorboard").glob("events.*")
    assert len({path.name.split(".")[-2] for path in events}) <= 1  # none without TensorBoard
    assert sorted(path.name for path in (folder / "shared").iterdir() if path.is_file()) == [
        *("lock", "log.csv", "run.json"),
    ]


def test_tensorflow_trains_on_one_device(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    for words in (["--devices", "2"], ["--devices", "all"]):
        assert main(["train", "--data", "toy", "--run", str(tmp_path / "run"), *words]) == 2
        assert "set KERAS_BACKEND=jax" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_one_process_makes_all_rows():
    assert devices.own_rows(8, 16) == slice(8, 16)
    assert devices.leads()
    devices.check_divides(configs(1)[0])
