"""Many at once: threads that draw, packers and trainings of one folder, pages of the studio.

python crowds.py threads WEIGHTS      draws from eight threads, prints what is wrong as JSON
"""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]
CALLS, THREADS = 200, 8


def draw_in_threads(weights: str) -> list[str]:
    """200 calls of one synthesizer from eight threads give what one thread gives."""
    import numpy as np

    from t2i_utils.drawing.request import Request
    from t2i_utils.drawing.synthesizer import Synthesizer, draw

    synthesizer = Synthesizer(weights)
    asked = [Request(f"a {word} bird", seed=seed, stage=1 + seed % 2) for seed in range(5)
             for word in ("red", "blue", "small", "large")]  # fmt: skip
    expected = [draw(synthesizer, [one]) for one in asked]

    def compare(number: int) -> str | None:
        place = number % len(asked)
        try:
            found = draw(synthesizer, [asked[place]])
        except Exception as error:
            return f"call {number}: {type(error).__name__}: {error}"[:200]
        same = all(np.array_equal(found[stage], expected[place][stage]) for stage in found)
        return None if same else f"call {number} drew something else"

    with ThreadPoolExecutor(THREADS) as threads:
        return [wrong for wrong in threads.map(compare, range(CALLS)) if wrong]


def threads(weights: Path) -> list[str]:
    """The same on both backends."""
    wrong = []
    for backend in ("tensorflow", "jax"):
        done = subprocess.run(
            [sys.executable, __file__, "threads", str(weights)],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            wrong.append(f"{backend}: {done.stderr[-500:]}")
        else:
            wrong += [f"{backend}: {one}" for one in json.loads(done.stdout.splitlines()[-1])]
    return wrong


def two_at_once(data: Path, pack: Path, folder: Path) -> list[str]:
    """Two packers of one pack and two trainings of one run: one is whole, or one is refused."""
    from t2i_utils.data import load_pack

    def start(*words: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "t2i_utils.cli", *map(str, words)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
        )

    wrong = []
    packers = [start("data", "pack", data, "--out", folder / "pack") for _ in range(2)]
    ends = [(process.communicate()[1], process.returncode) for process in packers]
    wrong += [f"packing: {text[-300:]}" for text, status in ends if "Traceback" in text]
    load_pack(folder / "pack", verify=True)
    words = ["train", "--data", pack, "--run", folder / "run", "--preset", "smoke"]
    words += ["--recipe", "paper", "--stage", "1", "--steps", "3"]
    trainings = [start(*words) for _ in range(2)]
    ends = [(process.communicate()[1], process.returncode) for process in trainings]
    wrong += [f"training: {text[-300:]}" for text, status in ends if "Traceback" in text]
    if sorted(status for _, status in ends) not in ([0, 2], [0, 0]):
        wrong.append(f"trainings ended with {[status for _, status in ends]}")
    return wrong


def pages(folder: Path, count: int, weights: str = "birds") -> tuple[list[str], dict[str, Any]]:
    """`count` pages at once: what is wrong, and figures."""
    from studio_server import start

    from t2i_utils.studio.serve import MOST_PAGES

    server = start(folder, weights)
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(count) as visitors:
            asked = [visitors.submit(server.get, "/") for _ in range(count)]
            largest, kernels = 0.0, 0
            while not all(one.done() for one in asked):
                found = _children(server.process.pid)
                kernels = max(kernels, len(found))
                largest = max(largest, _gigabytes([server.process.pid, *found]))
                time.sleep(1)
            answers = [one.result() for one in asked]
        opened, left = time.monotonic() - began, time.monotonic()
        while _children(server.process.pid) and time.monotonic() - left < 300:
            time.sleep(0.5)  # no page ever connected: its kernel is alone
        alone = time.monotonic() - left
    finally:
        server.process.terminate()
        server.process.wait(60)
    statuses = [answer.status for answer in answers]
    figures = {
        "pages": statuses.count(200),
        "refused": statuses.count(503),
        "kernels at most": kernels,
        "GB at most": round(largest, 1),
        "seconds to open": round(opened),
        "seconds until no kernel was left": round(alone),
    }
    wrong = []
    if statuses.count(200) != MOST_PAGES or kernels > MOST_PAGES or largest > 8 or alone > 60:
        wrong.append(f"pages: {figures}")
    said = [answer.text for answer in answers if answer.status == 503]
    if len(said) != count - MOST_PAGES or not all(
        f"{MOST_PAGES} pages are open: close one and try again" in text and "Traceback" not in text
        for text in said
    ):
        wrong.append("later visitors get no sentence")
    return wrong, figures


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(parent) and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def _gigabytes(processes: list[int]) -> float:
    """Memory of processes; what they share counts once."""
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.findall(r"Pss:\s+(\d+) kB", text)[0])
    return total / 1e6


if __name__ == "__main__":
    print(json.dumps(draw_in_threads(sys.argv[2])))
