"""A training that two processes of two devices share, and one device goes on with.

``python two_processes.py PACK FOLDER``, once in each process: run by test_devices.py. FOLDER gets
two runs of three steps: `shared`, and `alone`, which is a copy of it after two.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from jax.experimental import multihost_utils
from small_run import configs

from t2i_utils import devices
from t2i_utils.data import load_pack
from t2i_utils.errors import InputError
from t2i_utils.training.device_feed import DeviceFeed
from t2i_utils.training.run import Run


def feed_on_devices(run: Run) -> None:
    """Rows that devices gather are those of the host, in their order."""
    batches = run.stages[1].batches
    plan = batches.plan(0)
    rows = devices.own_rows(0, batches.batch_size)
    gathered = DeviceFeed(batches).gather(plan.part(rows, slice(0)))
    whole = batches.gather(plan)
    for name in ("images", "embeddings", "wrong_embeddings"):
        found = multihost_utils.process_allgather(gathered[name], tiled=True)
        np.testing.assert_array_equal(found, whole[name], err_msg=name)


def main(pack: Path, folder: Path) -> None:
    """Train together, then, in the process that leads, alone."""
    settings = (load_pack(pack), configs(1, captions_per_image=2))
    with devices.spread(None):
        assert devices.count() == 4
        with pytest.raises(InputError, match="6 pictures .* do not divide by 4 devices"):
            Run(folder / "uneven", settings[0], configs(1, batch_size=6))
        run = Run(folder / "shared", *settings)
        run.train(2, progress=False)
        if devices.leads():
            shutil.copytree(folder / "shared", folder / "alone")
        run.train(3, progress=False)
        feed_on_devices(run)
        leads = devices.leads()
    if leads:
        Run(folder / "alone", *settings, resume=True).train(3, progress=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
