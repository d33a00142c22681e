"""Build the playground: `python tools/playground.py FOLDER` makes a folder of static files.

Its page and scripts are in book/playground. This adds the networks as compressed files, the words
of the sliders, the pictures of book/gallery.txt, and onnxruntime-web, which npm fetches. It prints
what a visitor downloads.
"""

import base64
import json
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from npm_files import fetch
from PIL import Image

from t2i_utils.data import captions as grammar
from t2i_utils.data.toy.drawing import BODY_PARTS, PALETTE
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.export.encoder import export_encoder
from t2i_utils.export.generators import export_weights
from t2i_utils.stackgan.weights import load_weights
from t2i_utils.studio import caption_controls, caption_parser
from t2i_utils.studio.noise import FIRST_SEED
from t2i_utils.text import bird_names, caption_facts, colours, load_encoder, plain

BOOK = Path(__file__).resolve().parent.parent / "book"
SETS = ("birds", "toy")
LARGEST_DOWNLOAD = 45_000_000  # bytes
RUNTIME = "onnxruntime-web@1.30.0"  # MIT
RUNTIME_BINARY = "ort-wasm-simd-threaded.wasm"
CHECKSUMS = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    RUNTIME_BINARY: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}


def build(folder: Path) -> None:
    """Write the playground into a folder, whatever was there before."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(BOOK / "playground", folder)
    shutil.copy(BOOK / "_static" / "bird.svg", folder)
    models, vendor = folder / "models", folder / "vendor"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        fetch(RUNTIME, "dist", CHECKSUMS, vendor)
        compress(vendor / RUNTIME_BINARY, models / "runtime.bin")
        (vendor / RUNTIME_BINARY).unlink()
        sets = {name: _add_set(name, work / name, models / name) for name in SETS}
        (work / "encoder").mkdir()
        export_encoder(work / "encoder")
        for file in ("encoder.onnx", "sentencepiece.model", "pieces.bin"):
            compress(work / "encoder" / file, models / f"{file.split('.')[0]}.bin")
        shutil.copy(work / "encoder" / "encoder.json", models)
    captions = [caption for name in SETS for caption in caption_controls.examples_for(name)]
    captions += _draw_gallery(folder / "gallery")
    index = {
        "sets": sets,
        "seed": FIRST_SEED,
        "grammar": _grammar(),
        "names": {
            "told": bird_names.bird_names(),
            "patterns": {
                "name": bird_names._pattern().pattern,
                "colour": bird_names._COLOUR.pattern,
            },
        },
        "examples": _vectors(captions),
    }
    files = [file for file in folder.rglob("*") if file.is_file()]
    index["bytes"] = sum(file.stat().st_size for file in files if file.suffix == ".bin")
    (models / "index.json").write_text(json.dumps(index))
    total = 0
    for file in sorted([*files, models / "index.json"]):
        total += file.stat().st_size
        print(f"{file.stat().st_size / 1e6:8.3f} MB  {file.relative_to(folder)}")
    print(f"{total / 1e6:8.3f} MB  in all")
    if total > LARGEST_DOWNLOAD:
        raise SystemExit(f"the playground has more than {LARGEST_DOWNLOAD / 1e6:.0f} MB")


def compress(source: Path, target: Path) -> None:
    """Write a file as gzip, without its date: the same content gives the same bytes."""
    # The table of pieces has no repetitions to find: looking for them takes minutes.
    strategy = zlib.Z_HUFFMAN_ONLY if source.name == "pieces.bin" else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 9, strategy)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(packer.compress(source.read_bytes()) + packer.flush())


def _add_set(name: str, work: Path, target: Path) -> dict:
    weights = load_weights(name)
    for file in export_weights(weights, work):
        compress(file, target / f"{file.stem}.bin")
    stages = weights.card["stages"].items()
    return {
        "noiseSize": weights.generators[1].inputs[1].shape[-1],
        "examples": caption_controls.examples_for(name),
        "namesInColours": bool(weights.card.get("names_in_colours")),
        "checksums": {stage: entry["sha256"] for stage, entry in stages},
    }


def _draw_gallery(folder: Path) -> list[str]:
    """Draw what book/gallery.txt asks for, a line per picture: its noise's seed and its caption."""
    lines = (BOOK / "gallery.txt").read_text(encoding="utf-8").splitlines()
    seeds, captions = zip(*(line.split(" ", 1) for line in lines), strict=True)
    synthesizer = Synthesizer("birds")
    noise = np.concatenate([synthesizer.noise(1, int(seed)) for seed in seeds])
    pictures = synthesizer.draw(synthesizer.embed(captions), noise)[2]
    folder.mkdir()
    for place, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{place}.webp", quality=90)
    return list(captions)


def _vectors(captions: list[str]) -> dict[str, str]:
    """What the encoder says to captions, so that their first picture need not wait for it."""
    vectors = load_encoder().encode(captions)
    return {
        plain(caption): base64.b64encode(vector.astype("<f4").tobytes()).decode()
        for caption, vector in zip(captions, vectors, strict=True)
    }


def _grammar() -> dict:
    """What book/playground/captions.js needs to write captions and to read them."""
    return {
        "controls": caption_parser.CONTROLS,
        "palette": {name: "#{:02x}{:02x}{:02x}".format(*rgb) for name, rgb in PALETTE.items()},
        "parts": BODY_PARTS,
        "beakShape": caption_parser.BEAK_SHAPE,
        "nouns": {part: grammar._NOUNS[part] for part in BODY_PARTS},
        "beakWords": grammar._BEAK_WORDS,
        "sizeWords": {size: words[0] for size, words in grammar._SIZE_WORDS.items()},
        "sizes": caption_facts._SIZES,
        "words": caption_facts._PART_OF,
        "shapes": caption_facts._SHAPES,
        "patterns": {
            "size": caption_facts._SIZE_OF_BIRD.pattern,
            "beak": caption_facts._SHAPE_OF_BEAK.pattern,
            "before": caption_facts.COLOUR_BEFORE_PART.pattern,
            "after": caption_facts._AFTER.pattern,
            "hyphen": colours._HYPHEN.pattern,
        },
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/playground.py FOLDER")
    build(Path(sys.argv[1]))
