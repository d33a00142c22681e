"""The course's diagrams: true of the real models, and readable by everybody."""

import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from t2i_utils.captioning.describer import load_describer
from t2i_utils.captioning.regions import RegionEncoder
from t2i_utils.stackgan.layers import ModulatedBatchNorm, UpsampleConv2D
from t2i_utils.stackgan.recipes import build_discriminator, build_generator, make_config
from t2i_utils.text.encoders import load_encoder
from t2i_utils.text.encoders.package import load_network, load_tokenizer
from tools import diagrams
from tools.diagram import kit

SVG = "{http://www.w3.org/2000/svg}"
FILES = sorted(diagrams.FOLDER.glob("*.svg"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@cache
def read(name: str) -> ElementTree.Element:
    return ElementTree.parse(diagrams.FOLDER / f"{name}.svg").getroot()


def texts(name: str) -> list[str]:
    return [element.text or "" for element in read(name).iter(f"{SVG}text")]


def written(name: str) -> list[tuple[int, ...]]:
    """The shapes of maps in a diagram, in its own order: (height, width, channels)."""
    found = re.findall(r"^(\d+)×(\d+)×([\d,]+)$", "\n".join(texts(name)), re.MULTILINE)
    return [tuple(int(size.replace(",", "")) for size in shape) for shape in found]


def maps_in(model, *kinds: type) -> list[tuple[int, ...]]:
    """What layers and operations of these very kinds give, in order, where it is maps."""
    outputs = [step.output for step in model.operations if type(step) in kinds]
    return [tuple(output.shape[1:]) for output in outputs if len(output.shape) == 4]


def width() -> int:
    return load_encoder("package").width


@cache
def built(recipe: str, preset: str, stage: int) -> keras.Model:
    return build_generator(make_config(recipe, preset, stage), width())


# --- true --------------------------------------------------------------------------------------


def test_the_files_are_what_the_command_draws(tmp_path):
    diagrams.main(tmp_path)
    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in FILES}
    assert sorted(drawn) == sorted(kept)
    different = [name for name, text in drawn.items() if text != kept[name]]
    assert not different, "run `python tools/diagrams.py`"


def test_stage_1_has_the_shapes_of_both_models():
    modern, paper = built("modern", "cpu", 1), built("paper", "gpu", 1)
    gate = next(type(step) for step in modern.operations if type(step).__name__ == "Glu")
    expected = maps_in(modern, layers.Reshape, gate) + [modern.outputs[0].shape[1:]]
    grown = maps_in(paper, layers.Reshape, UpsampleConv2D)  # the last one is the picture
    assert written("stage1") == [*expected, *grown]


def test_stage_2_has_the_shapes_of_both_models():
    modern, paper = built("modern", "cpu", 2), built("paper", "gpu", 2)
    gated = {UpsampleConv2D, ModulatedBatchNorm}  # twice the channels, before the gate halves them
    kinds = [{*map(type, model.operations)} for model in (modern, paper)]
    both = {*maps_in(modern, *kinds[0] - gated), *maps_in(paper, *kinds[1])}
    assert set(written("stage2")) == both


def test_the_discriminator_has_the_shapes_of_the_model():
    discriminator = build_discriminator(make_config("modern", "cpu", 1), width())
    trunk, head = discriminator.trunk, discriminator.head
    maps = [tuple(output.shape[1:]) for output in trunk.outputs]
    flattened = [layer for layer in head.layers if type(layer) is layers.Reshape]
    judged = next(layer.input.shape[1:] for layer in flattened if layer.output.shape[-1] > 1)
    assert written("discriminator") == [tuple(trunk.inputs[0].shape[1:]), *maps, tuple(judged)]
    assert f"{head.outputs[0].shape[1]} in all" in texts("discriminator")


def test_the_pipeline_and_the_captioner_have_the_sizes_of_the_models():
    describer = load_describer("captioner")
    places, numbers = describer.captioner.encoder.inputs[0].shape[1:]
    picture = written("pipeline")[-1]
    seen = RegionEncoder()(np.zeros((1, *picture), np.uint8))
    assert seen.regions.shape[1:] == (places, numbers)
    memory = describer.captioner.encoder.outputs[0].shape[1:]
    said = texts("captioner")
    assert f"{places}×{numbers}" in said and "×".join(map(str, memory)) in said
    assert any(f"{len(describer.vocabulary)} words" in text for text in said)
    assert {f"{places} regions of", f"{numbers} numbers"} <= set(texts("pipeline"))
    stages = [built("modern", "cpu", stage) for stage in (1, 2)]
    assert written("pipeline")[:2] == [model.outputs[0].shape[1:] for model in stages]


def test_the_encoder_has_the_pieces_and_sizes_of_the_network():
    network, tokenizer = load_network(), load_tokenizer()
    said = texts("encoder")
    assert "“A small red bird with black wings.”" in said
    pieces = tokenizer.encode("a small red bird with black wings", out_type=str)
    assert [text for text in said if text in pieces] == pieces
    rows, columns = network.table.shape
    assert any(f"{rows:,}×{columns}" in text for text in said)
    branches = [kernel.shape[1] for kernel in network.w1]
    assert len(branches) == 3 and said.count(str(branches[0])) == 3
    assert any(f"{network.cnn_W.shape[0]:,} numbers" in text for text in said)
    dense = (network.d0, network.d1, network.d2, network.d3)
    assert " → ".join(str(kernel.shape[1]) for kernel in dense) in said


def test_conditioning_augmentation_has_the_layer_of_the_model():
    model = built("modern", "cpu", 1)
    said = texts("conditioning")
    assert "×".join(map(str, model.get_layer("ca_dense").kernel.shape)) in said
    assert said.count(str(model.outputs[1].shape[-1])) == 4  # mu, log sigma, epsilon, c


# --- readable ----------------------------------------------------------------------------------


@each_file
def test_a_diagram_speaks_to_screen_readers_and_needs_nothing_from_outside(path):
    root, source = read(path.stem), path.read_text()
    named = [root.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert all(element is not None and element.text for element in named)
    assert root.get("aria-labelledby") == " ".join(element.get("id", "") for element in named)
    addresses = re.findall(r"(?:href|src|url\(|@import|https?:)\S*", source)
    assert addresses == ['http://www.w3.org/2000/svg"'], "something from outside"


@each_file
def test_letters_are_large_enough_where_a_diagram_is_700_pixels_wide(path):
    root = read(path.stem)
    scale = 700 / float(root.get("viewBox", "").split()[2])
    sizes = [float(text.get("font-size", 0)) * scale for text in root.iter(f"{SVG}text")]
    assert min(sizes) >= 11


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_letters_and_lines_stand_out_from_what_is_behind_them(dark):
    grounds = [colours[2 * dark] for colours in kit.ROLES.values()]
    grounds += [kit.PANEL[2 * dark], kit.STRIPE[dark]]
    for ground in grounds:
        for name in ("ink", "soft"):
            assert contrast(kit.INKS[name][dark], ground) >= 4.5, (name, ground)
    panel = kit.PANEL[2 * dark]
    assert contrast(kit.INKS["gradient"][dark], panel) >= 4.5
    for role, colours in kit.ROLES.items():
        assert contrast(colours[2 * dark + 1], panel) >= 3, role


@each_file
def test_a_diagram_has_every_colour_twice_for_light_and_dark(path):
    light, dark = read(path.stem).findtext(f"{SVG}style", "").split("@media")
    assert dark.startswith(" (prefers-color-scheme:dark)")
    rules = [set(re.findall(r"^(\.[\w-]+)\{(?:fill|stroke):#", part, re.MULTILINE))
             for part in (light, dark)]  # fmt: skip
    assert rules[0] == rules[1] and ".panel" in rules[0]
    classes = {
        name for element in read(path.stem).iter() for name in element.get("class", "").split()
    }
    ruled = set(re.findall(r"\.([\w-]+)", light))
    assert classes - {"shape"} <= ruled, "a class without a colour"


def test_every_diagram_is_shown_in_the_course():
    places = [
        *Path(diagrams.ROOT / "notebooks" / "scripts").glob("*.py"),
        diagrams.ROOT / "README.md",
    ]
    shown = {
        name for place in places for name in re.findall(r"diagrams/(\w+)\.svg", place.read_text())
    }
    assert shown == {path.stem for path in FILES}
