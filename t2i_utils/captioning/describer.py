"""A trained captioner with all that it needs: pictures in, sentences out; saved and loaded.

A captioner's folder holds `card.json` (what it is and how it was made) and `captioner.npz`: float16
arrays, and the vocabulary as a JSON list of words in its note. One that reads parts has
`reader.npz` as well.
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from t2i_utils.arrays import load_network, read_note, set_file, to_arrays, write_set
from t2i_utils.captioning.bird_finder import look_closer, read_photograph
from t2i_utils.captioning.captioners import ARRAYS, find_captioner
from t2i_utils.captioning.consensus import NUM_DRAWN, TEMPERATURE, agreement
from t2i_utils.captioning.decoder import Captioner, CaptionerConfig
from t2i_utils.captioning.decoding import Sentence, greedy, sample
from t2i_utils.captioning.facts import Facts
from t2i_utils.captioning.mending import told
from t2i_utils.captioning.no_bird import LEAST_BIRD
from t2i_utils.captioning.paragraph import write_paragraph
from t2i_utils.captioning.reader import PartReader, Reading
from t2i_utils.captioning.regions import WIDTH as REGION_WIDTH
from t2i_utils.captioning.regions import RegionEncoder, RegionFeatures
from t2i_utils.captioning.several import look_at_larger
from t2i_utils.captioning.vocabulary import SPECIAL, Vocabulary
from t2i_utils.errors import InputError
from t2i_utils.files import read_json
from t2i_utils.pretrained import CARD

VERSION = 1
READER = "reader.npz"
NO_BIRD = (
    "no bird was recognised ({:.0%}); the captioner knows nothing but birds, so its words mean "
    "little here"
)
SEVERAL = "more than one bird: the larger one is described"
CHUNK = 32  # pictures described together
GUIDANCE = 0.4  # of the reader's evidence for a colour, in the choice of words
GROUP = 8  # pictures of which sentences are drawn together


class Description(NamedTuple):
    """What is said of one picture.

    Attributes:
        sentences: different ones, the best first.
        bird: the probability, in [0, 1], that the picture shows a bird.
        facts: what the reader of parts holds of it; None without one.
        several: whether more than one bird was noticed, and the larger one described.
    """

    sentences: list[str]
    bird: float
    facts: Facts | None = None
    several: bool = False

    @property
    def warning(self) -> str | None:
        """What is to be said where no bird was recognised, or several were."""
        if self.bird < LEAST_BIRD:
            return NO_BIRD.format(self.bird)
        return SEVERAL if self.several else None

    @property
    def detailed(self) -> str:
        """A paragraph of what is surely read, from the whole bird to its parts.

        Raises:
            InputError: the captioner has no reader of parts.
        """
        if self.facts is None:
            raise InputError(
                "this captioner reads no parts: for a detailed description leave --weights out, "
                "or train one anew"
            )
        return write_paragraph(self.facts.sure())


class Describer:
    """Describes pictures of birds.

    Attributes:
        captioner: the network.
        vocabulary: its words.
        mean: (region_width,) float32, with `scale` what standardises regions.
        scale: likewise.
        card: what it is and how it was made.
        reader: of parts, or None.
    """

    def __init__(
        self,
        captioner: Captioner,
        vocabulary: Vocabulary,
        mean: np.ndarray,
        scale: np.ndarray,
        card: dict[str, Any],
        reader: PartReader | None = None,
    ) -> None:
        """Put the parts together."""
        self.captioner, self.vocabulary = captioner, vocabulary
        self.mean, self.scale, self.card = mean, scale, card
        self.reader = reader

    @functools.cached_property
    def eyes(self) -> RegionEncoder:
        """The network that looks at pictures, loaded when it is first needed."""
        return RegionEncoder(self.reader.presence if self.reader else None)

    def describe(
        self,
        pictures: Sequence[Image.Image],
        samples: int = 1,
        seed: int = 0,
        fast: bool = False,
        parts: bool = True,
    ) -> list[Description]:
        """Describe photographs; the bird is looked for.

        Where parts are read and there are several birds, the larger one is described.

        Args:
            pictures: RGB, of any size.
            samples: how many different sentences of each.
            seed: the same seed gives the same sentences.
            fast: take the likeliest word each time (greedy decoding): one sentence, a blander one.
            parts: read parts even where sentences do not need it, as fast ones: `facts` are theirs.
        """
        if not pictures:
            return []
        seen, windows = look_closer(self.eyes, pictures)
        reading = self._reading(seen, fast, parts)
        if self.reader is None or reading is None:
            return self._described(seen, reading, samples, seed, fast)
        seen, reading, several = look_at_larger(
            self.eyes, self.reader, pictures, windows, seen, reading
        )
        found = self._described(seen, reading, samples, seed, fast)
        return [one._replace(several=bool(n)) for one, n in zip(found, several, strict=True)]

    def describe_seen(self, seen: RegionFeatures) -> list[Description]:
        """Describe what the eyes saw, as one bird, by one sentence each: see `describe`."""
        reading = self._reading(seen, fast=False, parts=True)
        return self._described(seen, reading, samples=1, seed=0, fast=False)

    def _described(
        self, seen: RegionFeatures, reading: Reading | None, samples: int, seed: int, fast: bool
    ) -> list[Description]:
        """Describe what was seen and read: see `describe`."""
        regions = self.standardise(seen.regions)
        facts = self.reader.facts(reading) if self.reader and reading else None
        if fast:
            drawn = [[sentence] for sentence in greedy(self.captioner, regions)]
        elif facts is None:
            drawn = self.sentences(regions, samples, seed)
        else:
            drawn = self._draw(regions, samples, seed, self._bias(facts))
        said = [[self.vocabulary.decode(sentence.words) for sentence in own] for own in drawn]
        if facts is not None and not fast:
            said = [told(own, known, samples) for own, known in zip(said, facts, strict=True)]
        return [
            Description(own, float(bird), known)
            for own, bird, known in zip(said, seen.bird, facts or [None] * len(said), strict=True)
        ]

    def _reading(self, seen: RegionFeatures, fast: bool, parts: bool) -> Reading | None:
        """What the reader of parts reads; None without one, or where nobody asks."""
        if self.reader is None or (fast and not parts):
            return None
        return self.reader(seen.low, seen.regions)

    def standardise(self, regions: np.ndarray) -> np.ndarray:
        """Regions (n, 49, region_width) as the network takes them, float32."""
        return (np.asarray(regions, "float32") - self.mean) / self.scale

    def sentences(
        self, regions: np.ndarray, samples: int = 1, seed: int = 0
    ) -> list[list[Sentence]]:
        """Different sentences of standardised regions (n, 49, region_width), the best first.

        Several are drawn of each picture, and those are taken that agree most with the others (see
        `t2i_utils.captioning.consensus`). Where a picture has fewer different ones than asked for,
        all that were drawn are given.
        """
        return [self._agreeing(own, samples) for own in self._draw(regions, samples, seed)]

    def _draw(
        self, regions: np.ndarray, samples: int, seed: int, bias: np.ndarray | None = None
    ) -> list[list[Sentence]]:
        """What is drawn of each picture, for `samples` different sentences."""
        drawn, copies = [], max(NUM_DRAWN, 2 * samples)
        for start in range(0, len(regions), GROUP):
            group = slice(start, start + GROUP)
            random = np.random.default_rng(seed)  # the same for each group
            own = None if bias is None else bias[group]
            drawn += sample(
                self.captioner, regions[group], random, temperature=TEMPERATURE, copies=copies,
                bias=own,
            )  # fmt: skip
        return [drawn[place : place + copies] for place in range(0, len(drawn), copies)]

    def _bias(self, facts: Sequence[Facts]) -> np.ndarray:
        """What each picture's reading adds to the log probabilities of colour words."""
        bias = np.zeros((len(facts), len(self.vocabulary)))
        for row, known in zip(bias, facts, strict=True):
            for colour, evidence in known.evidence.items():
                row[self.vocabulary.encode([colour], 2)[0, 1]] = GUIDANCE * evidence
        bias[:, : len(SPECIAL)] = 0  # a colour that is no word of the vocabulary
        return bias

    def _agreeing(self, drawn: list[Sentence], samples: int) -> list[Sentence]:
        """The different ones that agree most with all that were drawn of a picture."""
        scores = agreement([self.vocabulary.decode(sentence.words) for sentence in drawn])
        best: dict[tuple[int, ...], Sentence] = {}
        for place in np.argsort(-scores, kind="stable"):
            best.setdefault(drawn[place].words, drawn[place])
        return list(best.values())[:samples]

    def save(self, folder: Path) -> None:
        """Write the folder; an earlier captioner in it is replaced, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        arrays = to_arrays("captioner", self.captioner.weights, "float16")
        arrays |= {"mean": self.mean, "scale": self.scale}
        config = {**self.captioner.config.to_json(), "precision": "float32"}
        note = {"config": config, "vocabulary": self.vocabulary.words}

        files = {ARRAYS: (arrays, note)}
        if self.reader is not None:
            files[READER] = self.reader.to_arrays()

        def complete(checksums: dict[str, str]) -> dict[str, Any]:
            card = {"version": VERSION, **self.card, "file": ARRAYS, "sha256": checksums[ARRAYS]}
            if self.reader is not None:
                card["reader"] |= {"file": READER, "sha256": checksums[READER]}
            return card

        self.card = write_set(folder, files, complete)


def load_describer(name: str | Path = "captioner") -> Describer:
    """Load a captioner, checking its checksum.

    Args:
        name: a shipped one ("captioner"), a folder, or one on a hub: see `t2i_utils.hubs`.

    Raises:
        InputError: there is none, it has another version, or a file is damaged or changed.
    """
    folder = find_captioner(name)
    mend = "restore it, or name another one"
    card = read_json(folder / CARD, mend)
    kinds = {"version": int, "steps": int, "reader": dict}
    defaults = {"steps": 0, "reader": {}}
    whole = {**defaults, **card} if isinstance(card, dict) else {}
    if any(type(whole.get(name)) is not kind for name, kind in kinds.items()):
        raise InputError(f"{folder / CARD} is damaged: {mend}")
    if (version := card["version"]) != VERSION:
        raise InputError(f"{folder} has version {version}, expected {VERSION}: train or fetch anew")
    file = set_file(folder, {"file": ARRAYS, **card})
    note = read_note(file)
    config = CaptionerConfig.from_json(note.get("config"))
    try:
        vocabulary = Vocabulary(note["vocabulary"])
        fits = len(vocabulary) == config.vocabulary_size and config.region_width == REGION_WIDTH
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise InputError(f"{file} is damaged or not a captioner: {mend}")
    shape = (config.region_width,)
    captioner, others = load_network(
        file,
        "captioner",
        lambda: Captioner(config),
        lambda found: found.weights,
        {"mean": shape, "scale": shape},
    )
    reader = None
    if "reader" in card:
        reader = PartReader.load(set_file(folder, {"file": READER, **card["reader"]}))
    return Describer(captioner, vocabulary, others["mean"], others["scale"], card, reader)


def describe(
    images: Sequence[str | Path | np.ndarray] | np.ndarray,
    weights: str | Path = "captioner",
    detailed: bool = False,
) -> list[str]:
    """Describe pictures of birds: see `t2i_utils.describe`."""
    if isinstance(images, str | Path):
        images = [images]
    pictures = [_picture(image) for image in images]
    folder = find_captioner(weights)
    card = (folder / CARD).read_bytes() if (folder / CARD).is_file() else b""
    describer = _describer(folder.resolve(), card)  # its checksum: a new captioner, a new card
    sentences = []
    for start in range(0, len(pictures), CHUNK):
        found = describer.describe(pictures[start : start + CHUNK], fast=detailed)
        sentences += [one.detailed if detailed else one.sentences[0] for one in found]
    return sentences


def _picture(image: str | Path | np.ndarray) -> Image.Image:
    if isinstance(image, str | Path):
        return read_photograph(Path(image))
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] != 3 or 0 in image.shape:
        raise InputError(
            f"a picture to describe is {image.dtype} {image.shape}, expected uint8 "
            "(height, width, 3)"
        )
    return Image.fromarray(image)


@functools.lru_cache(maxsize=2)
def _describer(folder: Path, card: bytes) -> Describer:
    """Load a captioner once for many calls, as in a notebook."""
    return load_describer(folder)
