"""Files as somebody may have spoilt them, and what opens them: see campaign.py."""

import contextlib
import copy
import csv
import hashlib
import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from small_run import copy_of_run, toy_pack

from t2i_utils.arrays import read_note
from t2i_utils.captioning.bird_finder import read_photograph
from t2i_utils.captioning.describer import load_describer
from t2i_utils.captioning.regions import WIDTH
from t2i_utils.cli import main
from t2i_utils.data import load_pack
from t2i_utils.data.crops import read_squares
from t2i_utils.errors import InputError
from t2i_utils.pretrained import PRETRAINED
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.training.run_data import RunData

Random = np.random.Generator
HOSTILE: list[Any] = [
    *(None, True, False, -1, 0, 1, 3, 2000, 10**6, 2**40, 10**30, 0.5, 1e308, float("nan")),
    *("", "x", "x" * 5000, "\x00", "../../etc/passwd", "/etc/passwd", "<script>", "\ud800"),
    *([], {}, [[]], {"file": 5}, ["x"] * 1000),
]
DEEP = b"[" * 100_000 + b"]" * 100_000


class Outcome(NamedTuple):
    """What became of a spoilt file: "done", "refused" in one line, or else what went wrong."""

    kind: str
    number: int
    result: str
    seconds: float


# -- ways to spoil ------------------------------------------------------------------------------


def spoil_bytes(content: bytes, random: Random) -> bytes:
    """Flip bits, cut, grow, blank, repeat, or replace by noise."""
    found, place = bytearray(content), int(random.integers(len(content) + 1))
    length = int(random.integers(1, max(2, len(content) // 4)))
    way = random.integers(8)
    if way <= 2:
        for _ in range(10**way):
            if found:
                found[int(random.integers(len(found)))] ^= 1 << int(random.integers(8))
    elif way == 3:
        del found[place:]
    elif way == 4:
        del found[place : place + length]
    elif way == 5:
        found[place : place + length] = bytes(length)
    elif way == 6:
        found[place:place] = random.bytes(length)
    else:
        found[place:place] = found[:length]
    return bytes(found)


def spoil_json(value: Any, random: Random) -> Any:
    """Replace, remove or add one thing somewhere in a tree."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    owner, key = places[int(random.integers(len(places)))]
    hostile = HOSTILE[int(random.integers(len(HOSTILE)))]
    way = random.integers(6)
    if way == 0:
        del owner[key]
    elif way == 1 and isinstance(owner, dict):
        owner["another"] = hostile
    else:
        owner[key] = hostile
    return value


def _places(value: Any) -> Any:
    """(owner, key) of each value in a tree."""
    for key in list(value) if isinstance(value, dict) else range(min(len(value), 20)):
        yield value, key
        if isinstance(value[key], dict | list) and value[key]:
            yield from _places(value[key])


def spoil_json_file(path: Path, random: Random) -> None:
    if random.random() < 0.2:
        path.write_bytes(DEEP if random.random() < 0.2 else spoil_bytes(path.read_bytes(), random))
        return
    path.write_text(json.dumps(spoil_json(json.loads(path.read_bytes()), random)))


def spoil_npz(path: Path, random: Random) -> None:
    """Change one member: its note, its type, its shape, its numbers, or what its header claims."""
    if random.random() < 0.2:
        path.write_bytes(spoil_bytes(path.read_bytes(), random))
        return
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(members)
    name = "note.json.npy" if random.random() < 0.4 else names[int(random.integers(len(names)))]
    array = np.load(io.BytesIO(members[name]))
    if name == "note.json.npy":
        text = json.dumps(spoil_json(json.loads(array.tobytes()), random)).encode()
        array = np.frombuffer(DEEP if random.random() < 0.1 else text, np.uint8)
        members[name] = _npy(array)
    elif (way := random.integers(7)) == 0:
        del members[name]
    elif way == 1:
        members[name] = _npy(array.astype(("S8", "c16", "i8", "f8")[int(random.integers(4))]))
    elif way == 2:
        members[name] = _npy(array.reshape(-1)[: array.size // 2])
    elif way == 3:
        spoilt = np.array(array, "float32")
        spoilt.reshape(-1)[:] = (np.nan, np.inf, 1e30, -1e4)[int(random.integers(4))]
        members[name] = _npy(spoilt)
    elif way == 4:  # a header that claims a terabyte
        members[name] = _npy(np.zeros(1)).replace(b"(1,)", b"(99999999999,)")
    elif way == 5:  # a bomb: 200 MB of zeros
        members[name] = _npy(np.zeros(200_000_000, "u1"))
    else:
        members[name] = spoil_bytes(members[name], random)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _any(folder: Path, random: Random, *patterns: str) -> Path:
    files = sorted(file for pattern in patterns for file in folder.glob(pattern))
    return files[int(random.integers(len(files)))]


# -- what is spoilt, and what opens it ----------------------------------------------------------


def picture(folder: Path, random: Random) -> None:
    """A photograph: described, and cut for a pack."""
    image = Image.fromarray(random.integers(0, 256, (60, 80, 3)).astype(np.uint8))
    suffix = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")[int(random.integers(6))]
    exif = Image.Exif()
    exif[274] = 6
    path = folder / f"picture.{suffix.lower()}"
    image.save(path, suffix, **({} if suffix in ("GIF", "BMP") else {"exif": exif}))
    path.write_bytes(spoil_bytes(path.read_bytes(), random))
    _plain(lambda: (read_photograph(path), read_squares(path, (1, 1, 40, 40), "box", (64,))))


def captions(folder: Path, random: Random) -> None:
    """A file of captions."""
    path = folder / "captions.txt"
    lines = ["a small red bird", "ein gelber Vogel", "黄色い鳥", "a bird with black wings"]
    path.write_bytes(spoil_bytes("\n".join(lines).encode(), random))
    words = ["generate", "--captions", path, "--out", folder / "out", "--weights", RUN, "--stage"]
    _command([*words, "1"])


def note(folder: Path, random: Random) -> None:
    """A saved picture whose note is to be drawn again."""
    from t2i_utils.pictures import read_note as read_picture_note
    from t2i_utils.pictures import save_png

    path = folder / "saved.png"
    shutil.copy(_saved(), path)
    if random.random() < 0.2:
        path.write_bytes(spoil_bytes(path.read_bytes(), random))
    else:
        found = read_picture_note(path)
        whole = spoil_json(json.loads(found["t2i"]), random)
        if random.random() < 0.1:
            whole["requests"] = whole.get("requests", []) * 3000
        text = json.dumps(whole)
        save_png(path, np.zeros((9, 9, 3), np.uint8), {**found, "t2i": text})
    _command(["generate", "--like", path, "--out", folder / "again.png"])


def table(folder: Path, random: Random) -> None:
    """Somebody's own folder of pictures with captions.csv."""
    with open(folder / "captions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "class"])
        for index in range(4):
            Image.new("RGB", (70, 70), (index * 40, 0, 90)).save(folder / f"{index}.png")
            writer.writerow([f"{index}.png", f"bird, number {index}", f"class {index % 2}"])
    path = folder / "captions.csv"
    path.write_bytes(spoil_bytes(path.read_bytes(), random))
    _command(["data", "pack", folder, "--out", folder / "pack"])


def pack(folder: Path, random: Random) -> None:
    """A pack that is trained on."""
    target = shutil.copytree(toy_pack().folder, folder / "pack")
    path = _any(target, random, "manifest.json", "captions.json", "*.npy")
    if path.suffix == ".json":
        spoil_json_file(path, random)
    else:
        way, array = random.integers(4), np.array(np.load(path))
        if way == 0:
            path.write_bytes(spoil_bytes(path.read_bytes(), random))
        elif way == 1:
            path.write_bytes(_npy(np.zeros(1)).replace(b"(1,)", b"(99999999999,)"))
        elif way == 2:
            path.write_bytes(_npy(array[::2]))
        else:
            array.reshape(-1)[:] = 200 if array.dtype.kind in "iu" else np.nan
            path.write_bytes(_npy(array))
    _plain(lambda: _first_batch(target))


def weights(folder: Path, random: Random) -> None:
    """A weight set whose checksums are right."""
    target = shutil.copytree(RUN / "weights", folder / "weights")

    def entries(card: Any) -> list[Any]:
        stages = card["stages"].values()
        return [*stages, *(entry["discriminator"] for entry in stages)]

    _spoil_set(target, random, entries)
    words = ["generate", "a bird", "--weights", target, "--out", folder / "drawn.png"]
    _command([*words, "--best-of", "2"] if random.random() < 0.3 else words)


def captioner(folder: Path, random: Random) -> None:
    """A captioner whose checksum is right."""
    target = shutil.copytree(PRETRAINED / "captioner", folder / "captioner")
    _spoil_set(target, random, lambda card: [card])
    regions = random.standard_normal((1, 49, WIDTH)).astype("float32")
    _plain(lambda: load_describer(target).sentences(regions, 1))


def checkpoint(folder: Path, random: Random) -> None:
    """A run that is resumed."""
    run = copy_of_run(folder / "run")
    path = _any(run, random, "checkpoints/*.npz", "run.json", "weights/card.json", "log.csv")
    if path.suffix == ".npz":
        spoil_npz(path, random)
    elif path.suffix == ".json":
        spoil_json_file(path, random)
    else:
        path.write_bytes(spoil_bytes(path.read_bytes(), random))
    _command(["train", "--run", run, "--resume", "--steps", "2"])


KINDS: dict[str, Callable[[Path, Random], None]] = {
    function.__name__: function
    for function in (picture, captions, note, table, pack, weights, captioner, checkpoint)
}
RUN = Path()  # the trained run that kinds start from; campaign.py and the test set it


def _spoil_set(folder: Path, random: Random, entries: Callable[[Any], Any]) -> None:
    """Spoil a set's card, or one of its files and then mend the card's checksums."""
    card = folder / "card.json"
    if random.random() < 0.4:
        spoil_json_file(card, random)
        return
    spoil_npz(_any(folder, random, "*.npz"), random)
    content = json.loads(card.read_text())
    for entry in entries(content):
        file = folder / entry["file"]
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        with contextlib.suppress(InputError, KeyError):
            entry |= {key: read_note(file)["config"] for key in entry if key == "config"}
    card.write_text(json.dumps(content))


def _first_batch(folder: Path) -> None:
    """What training reads of a pack before its first step."""
    pack = load_pack(folder)
    data = RunData(pack, "zero-shot", 0)
    config = make_config("paper", "smoke", 1, batch_size=4)
    batches = data.batches(config)
    batches.gather(batches.plan(0))
    assert data.card and data.identity and pack.captions


def _saved() -> Path:
    path = RUN.parent / "saved.png"
    if not path.is_file():
        words = ["generate", "a red bird", "--samples", "2", "--weights", RUN, "--out", path]
        assert main([str(word) for word in words]) == 0
    return path


def _plain(call: Callable[[], object]) -> None:
    """Call; an `InputError` of one line counts as a refusal."""
    try:
        call()
    except InputError as error:
        raise _Refused(str(error)) from error


def _command(words: list[Any]) -> None:
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = main([str(word) for word in words])
        except SystemExit as stop:
            status = stop.code
    if status == 2:
        raise _Refused(errors.getvalue().rstrip().split("\n")[-1])
    assert status == 0, f"exit status {status}: {errors.getvalue()[-300:]}"


class _Refused(Exception):
    """What a person is told."""


def attempt(kind: str, number: int, folder: Path, seed: int = 0) -> Outcome:
    """Spoil a file of a kind, and open it."""
    random = np.random.default_rng([seed, *kind.encode(), number])
    place = folder / f"{kind}-{number}"
    place.mkdir(parents=True)
    began, result = time.perf_counter(), "done"
    try:
        KINDS[kind](place, random)
    except _Refused as refused:
        line = str(refused)
        result = "refused"
        if "\n" in line or len(line) > 1500 or "Traceback" in line or len(line) < 20:
            result = f"no plain line: {line[:300]!r}"
    except BaseException as error:
        result = f"{type(error).__name__}: {str(error)[:200]!r}"
    seconds = time.perf_counter() - began
    shutil.rmtree(place, ignore_errors=True)
    return Outcome(kind, number, result, seconds)
