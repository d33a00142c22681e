"""Shapes of the real models, asked of the models themselves: what the diagrams write.

Pictures and maps are (height, width, channels), without the batch.
"""

from functools import cache
from typing import Any, NamedTuple

import keras
from keras import layers

from t2i_utils.captioning.decoder import Captioner, CaptionerConfig
from t2i_utils.captioning.describer import load_describer
from t2i_utils.captioning.regions import IMAGE_SIZE, NUM_REGIONS, SIDE, WIDTH
from t2i_utils.stackgan.layers import TiledConcatenate, UpsampleConv2D
from t2i_utils.stackgan.projected import ProjectedDiscriminator
from t2i_utils.stackgan.recipes import build_discriminator, build_generator, make_config
from t2i_utils.text.encoders import load_encoder
from t2i_utils.text.encoders.package import load_network, load_tokenizer
from t2i_utils.text.export import WINDOWS

Shape = tuple[int, ...]
PRESETS = {"modern": "cpu", "paper": "gpu"}  # of the paper, the published widths


def shapes_of(model: keras.Model, kind: type) -> list[Shape]:
    """What the layers of exactly one kind give, in order, where it is maps."""
    found = [layer.output for layer in model.layers if type(layer) is kind]
    return [tuple(output.shape[1:]) for output in found if len(output.shape) == 4]


def upsampled(model: keras.Model) -> list[Shape]:
    """What the upsampling blocks give: behind their gates, where they have any."""
    gates = [x.output for x in model.operations if type(x).__name__ == "Glu"]
    return [tuple(x.shape[1:]) for x in gates] or shapes_of(model, UpsampleConv2D)


def config_of(recipe: str, stage: int) -> Any:
    """The configuration that a diagram shows, of the recipe's own class."""
    return make_config(recipe, PRESETS[recipe], stage)


@cache
def embedding_width() -> int:
    """Numbers of a sentence embedding."""
    return load_encoder("package").width


@cache
def generator(recipe: str, stage: int) -> keras.Model:
    """A generator as the recipe builds it."""
    return build_generator(config_of(recipe, stage), embedding_width())


def stage1(recipe: str) -> list[Shape]:
    """The maps of Stage I: after the dense layer, after each upsampling, and the picture."""
    model = generator(recipe, 1)
    maps = [*shapes_of(model, layers.Reshape), *upsampled(model)]
    picture = tuple(model.outputs[0].shape[1:])
    return maps if maps[-1] == picture else [*maps, picture]


class StageTwo(NamedTuple):
    """The maps of Stage II, in the order in which they are made."""

    encoded: list[Shape]
    joined: Shape
    middle: Shape
    upsampled: list[Shape]
    with_skips: list[Shape]  # the first upsampled ones, with what was seen on the way down
    before_picture: Shape  # 4 x 3 channels for each place, of `modern`
    picture: Shape
    blocks: int


def stage2(recipe: str) -> StageTwo:
    """The maps of Stage II."""
    model = generator(recipe, 2)
    picture = tuple(model.outputs[0].shape[1:])
    (joined,) = shapes_of(model, TiledConcatenate)
    convolutions = shapes_of(model, layers.Conv2D)
    middle = convolutions[3]
    encoded = convolutions[:3]
    blocks = [shape for shape in shapes_of(model, layers.Add) if shape == middle]
    return StageTwo(
        encoded=encoded,
        joined=joined,
        middle=middle,
        upsampled=upsampled(model),
        with_skips=shapes_of(model, layers.Concatenate),
        before_picture=convolutions[-1],
        picture=picture,
        blocks=len(blocks),
    )


class Judge(NamedTuple):
    """Sizes of the modern recipe's discriminator in Stage I."""

    seen: Shape  # what the trunk is shown
    maps: list[Shape]
    judged: Shape  # what each head makes of its maps
    logits: int
    vector: int  # of the contrastive loss's vectors
    weight: float  # of the contrastive loss


@cache
def judge() -> Judge:
    """Sizes of the modern recipe's discriminator in Stage I."""
    config = config_of("modern", 1)
    discriminator = build_discriminator(config, embedding_width())
    assert isinstance(discriminator, ProjectedDiscriminator)
    maps = [tuple(output.shape[1:]) for output in discriminator.trunk.outputs]
    # A head flattens its places before it compares them with the sentence: (places, channels).
    (places, channels) = next(
        layer.output.shape[1:]
        for layer in discriminator.head.layers
        if type(layer) is layers.Reshape and layer.output.shape[-1] > 1
    )
    side = round(places**0.5)
    assert discriminator.image_tower is not None
    return Judge(
        seen=tuple(discriminator.trunk.inputs[0].shape[1:]),
        maps=maps,
        judged=(side, side, channels),
        logits=discriminator.head.outputs[0].shape[1],
        vector=discriminator.image_tower.outputs[0].shape[-1],
        weight=config.contrastive_weight,
    )


class Encoder(NamedTuple):
    """Sizes of the sentence encoder, from its weights."""

    pieces: list[str]  # of the example
    table: Shape
    windows: list[tuple[int, int]]  # pieces in a window, and how many of them stand to the left
    branch: int
    joined: int
    head: list[int]  # widths of the layers after the pieces became one vector


EXAMPLE = "a small red bird with black wings"


@cache
def encoder() -> Encoder:
    """Sizes of the sentence encoder."""
    network = load_network()
    pieces = load_tokenizer().encode(EXAMPLE, out_type=str, add_bos=True, add_eos=True)
    dense = (network.cnn_W, network.d0, network.d1, network.d2, network.d3)
    return Encoder(
        pieces,
        network.table.shape,
        list(WINDOWS),
        network.w1[0].shape[1],
        network.cnn_W.shape[0],
        [weights.shape[1] for weights in dense],
    )


class Reader(NamedTuple):
    """Sizes of the captioner."""

    seen: Shape
    side: int
    regions: Shape
    memory: Shape
    blocks: int
    heads: int
    words: int
    vocabulary: int


@cache
def captioner() -> Reader:
    """Sizes of the captioner that is shipped."""
    describer = load_describer("captioner")
    network: Captioner = describer.captioner
    config: CaptionerConfig = network.config
    assert network.encoder.inputs[0].shape[1:] == (NUM_REGIONS, WIDTH)
    return Reader(
        seen=(IMAGE_SIZE, IMAGE_SIZE, 3),
        side=SIDE,
        regions=tuple(network.encoder.inputs[0].shape[1:]),
        memory=tuple(network.encoder.outputs[0].shape[1:]),
        blocks=config.num_blocks,
        heads=config.num_heads,
        words=network.decoder.outputs[0].shape[1],
        vocabulary=network.decoder.outputs[0].shape[2],
    )
