"""Captions to pictures: an encoder, a set of trained generators, and noise by seed."""

import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from t2i_utils import backend
from t2i_utils.drawing.judge import Judge
from t2i_utils.drawing.request import Request, requests_for
from t2i_utils.drawing.walks import slerp
from t2i_utils.errors import InputError
from t2i_utils.pictures import to_uint8
from t2i_utils.stackgan.weights import (
    Weights,
    best_of_for_people,
    check_can_choose,
    choose_stage,
    has_discriminator,
    load_discriminator,
    load_weights,
)
from t2i_utils.text import (
    SentenceEncoder,
    check_captions,
    load_encoder_of,
    unknown_words_note,
)
from t2i_utils.text.bird_names import told_in_colours
from t2i_utils.text.plain import plain
from t2i_utils.text.whitening import limit_length

BATCH_SIZE = 32  # pictures that go through a generator together
CHUNK = 64  # pictures in memory at once where many are drawn
NAME_NOTE = "'{}' is drawn as '{}': these weights know colours and parts, and hardly a bird's name"
FAR_NOTE = "'{}' is unlike the captions of training: some of it may not show in the picture"
LAST_CALLS = 8  # of the encoder, whose results are remembered: a moving slider encodes once


class Synthesizer:
    """Draws pictures of captions. Several threads may draw with one.

    Attributes:
        weights: generators, whitening and card.
        encoder: the sentence encoder that the weights were trained with.
    """

    def __init__(
        self, weights: Weights | str | Path = "birds", encoder: SentenceEncoder | None = None
    ) -> None:
        """Put a set of weights and an encoder together.

        Args:
            weights: a set, or the name or folder of one to load.
            encoder: None loads the one that the weights name.

        Raises:
            InputError: no such weights, or another encoder than theirs.
        """
        self.weights = weights if isinstance(weights, Weights) else load_weights(weights)
        self.encoder = encoder or load_encoder_of(str(self.weights.card["encoder"]["name"]))
        _check_encoder(self.weights, self.encoder)
        # Whole calls are remembered, not captions: numbers differ in the last bit with the captions
        # that are encoded beside, and a saved picture must be drawn again pixel by pixel.
        self._encode = functools.lru_cache(LAST_CALLS)(self._encode_limited)
        self._judge: Judge | None = None
        self._drawing = threading.Lock()  # on JAX, predict_on_batch donates the weights' memory

    @classmethod
    def from_preset(cls, name: str | Path = "birds") -> "Synthesizer":
        """Load a shipped set ("birds"), one on a hub ("hf://owner/name"), or a folder's.

        Raises:
            InputError: no such weights, or damaged ones.
        """
        return cls(name)

    def generate(
        self,
        captions: str | Sequence[str],
        stage: int | None = None,
        seed: int = 0,
        samples: int = 1,
        best_of: int | None = None,
    ) -> np.ndarray:
        """Draw captions: see `t2i_utils.generate`; no stage is the last that the set has."""
        folder = self.weights.folder
        requests = requests_for(
            captions,
            folder,
            choose_stage(folder, stage),
            seed,
            samples,
            best_of_for_people(folder, best_of),
        )
        pictures = draw(self, requests)
        return pictures[max(pictures)]

    def embed(self, captions: Sequence[str]) -> np.ndarray:
        """Check captions and encode them: whitened embeddings (n, width) float32.

        Raises:
            InputError: a caption is empty, too long or no text.
        """
        return self._embed(check_captions(list(captions)))

    def _embed(self, captions: Sequence[str]) -> np.ndarray:
        """Embed captions that were checked."""
        different = tuple(dict.fromkeys(captions))
        places = {caption: place for place, caption in enumerate(different)}
        return self._encode(different)[0][[places[caption] for caption in captions]]

    def told(self, caption: str) -> str:
        """What is drawn of a caption: as it is, or with names of birds told in colours."""
        if not self.weights.card.get("names_in_colours"):
            return caption
        told = told_in_colours(caption)
        return caption if told == plain(caption) else told

    def notes(self, captions: Sequence[str]) -> list[str | None]:
        """What to tell people about the pictures of checked captions; None where all is well."""
        told = {caption: self.told(caption) for caption in captions}
        different = tuple(dict.fromkeys(told.values()))
        limited = dict(zip(different, self._encode(different)[1], strict=True))
        return [
            unknown_words_note(caption, self.encoder)
            or (NAME_NOTE.format(caption, told[caption]) if told[caption] != caption else None)
            or (FAR_NOTE.format(caption) if limited[told[caption]] else None)
            for caption in captions
        ]

    def _encode_limited(self, captions: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        embeddings = self.weights.whitening(self.encoder.encode(list(captions)))
        return limit_length(embeddings, self.weights.card.get("length_limit"))

    @property
    def can_choose(self) -> bool:
        """Whether the set has a discriminator, which choosing among pictures takes."""
        return has_discriminator(self.weights.card, 1)

    def scores(self, pictures: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        """How well pictures show their sentences, as the discriminator of Stage I sees it.

        Args:
            pictures: (n, 64, 64, 3) uint8.
            embeddings: (n, width), whitened.

        Returns:
            (n,) float32; more is better.

        Raises:
            InputError: the set has no discriminator.
        """
        check_can_choose(self.weights.folder, self.weights.card)
        with self._drawing:
            if self._judge is None:
                self._judge = Judge(load_discriminator(self.weights.folder, 1))
            return self._judge(pictures, embeddings)

    def noise(self, count: int, seed: int = 0, start: int = 0, candidate: int = 0) -> np.ndarray:
        """Standard normal noise (count, noise_size) float32.

        Row i depends on `seed`, start + i and `candidate` only: a long list can be drawn in parts.
        """
        size = self.weights.generators[1].inputs[1].shape[-1]
        tried = [candidate] if candidate else []
        names = [[seed, row, *tried] for row in range(start, start + count)]
        noise = [np.random.default_rng(name).standard_normal(size) for name in names]
        return np.asarray(noise, "float32").reshape(count, size)

    def draw(
        self, embeddings: np.ndarray, noise: np.ndarray, stage: int = 2
    ) -> dict[int, np.ndarray]:
        """Draw every stage up to `stage`.

        Args:
            embeddings: (n, width), from `embed`, or blends of them.
            noise: (n, noise_size), from `noise`, or blends of it.
            stage: 1 or 2.

        Returns:
            Pictures by their stage, uint8: with 1 (n, 64, 64, 3), with 2 also (n, 256, 256, 3).

        Raises:
            InputError: the weights have no such stage.
        """
        if stage not in self.weights.generators:
            raise InputError(
                f"{self.weights.folder} has no Stage {stage}: draw with --stage 1, or train "
                "--stage 2 first"
            )
        generators = {number: self.weights.generators[number] for number in range(1, stage + 1)}
        with self._drawing:
            return draw_arrays(generators, embeddings, noise)


def _check_encoder(weights: Weights, encoder: SentenceEncoder) -> None:
    """Refuse another encoder than the weights': its numbers would mean something else to them."""
    width, trained = len(weights.whitening.mean), weights.card["encoder"]["name"]
    if encoder.width != width:
        raise InputError(
            f"encoder {encoder.name} gives {encoder.width} numbers, the weights in "
            f"{weights.folder} expect {width}: use the encoder they were trained with, {trained}"
        )
    if encoder.name != trained:
        raise InputError(
            f"{weights.folder} was trained with sentence encoder {trained!r}, this one is "
            f"{encoder.name!r}: say by T2I_ENCODER where the former lies, or unset it"
        )


def draw_arrays(
    generators: Mapping[int, keras.Model], embeddings: np.ndarray, noise: np.ndarray
) -> dict[int, np.ndarray]:
    """Draw with some generators, Stage I first; each later one repaints what the one before drew.

    Each condition is the mean of its distribution (epsilon = 0), so the same input gives the same
    picture.

    Args:
        generators: {1: Stage I} or with {2: Stage II}.
        embeddings: (n, width), whitened.
        noise: (n, noise_size).

    Returns:
        {stage: (n, size, size, 3)} uint8.

    Raises:
        InputError: they draw numbers that are not finite.
    """
    backend.keep_tracing_quiet()
    drawn: dict[int, list[np.ndarray]] = {stage: [] for stage in sorted(generators)}
    for start in range(0, len(embeddings), BATCH_SIZE):
        texts = embeddings[start : start + BATCH_SIZE]
        images = noise[start : start + BATCH_SIZE]
        for stage, pictures in drawn.items():
            generator = generators[stage]
            epsilon = np.zeros((len(texts), generator.inputs[2].shape[-1]), "float32")
            inputs = [texts, images] if stage == 1 else [images, texts]
            images = np.asarray(generator.predict_on_batch([*inputs, epsilon])[0])
            if not np.isfinite(images).all():
                raise InputError(
                    f"the weights of Stage {stage} draw no pictures, only numbers that are not "
                    "finite: take other weights"
                )
            pictures.append(to_uint8(images))
    return {stage: np.concatenate(pictures) for stage, pictures in drawn.items()}


def draw(synthesizer: Synthesizer, requests: Sequence[Request]) -> dict[int, np.ndarray]:
    """Draw requests together; their captions are encoded in one call.

    Args:
        synthesizer: with the weights that the requests name; the caller sees to that.
        requests: one or more, all of one stage.

    Returns:
        Every stage up to theirs: {1: (n, 64, 64, 3)} or with {2: (n, 256, 256, 3)}, uint8.

    Raises:
        InputError: no request, requests of several stages, or a stage that the weights lack.
    """
    stages = {request.stage for request in requests}
    if len(stages) != 1:
        raise InputError(f"draw takes requests of one stage at a time, not of {len(stages)}")
    embeddings = _embeddings(synthesizer, requests)
    candidates = [_candidates(synthesizer, request) for request in requests]
    noise = _choose(synthesizer, embeddings, candidates)
    drawn = synthesizer.draw(embeddings, noise, stages.pop())
    mirrored = [request.mirrored for request in requests]
    for pictures in drawn.values():
        pictures[mirrored] = pictures[mirrored, :, ::-1]
    return drawn


def draw_in_chunks(synthesizer: Synthesizer, requests: Sequence[Request]) -> Iterator[np.ndarray]:
    """Draw many requests in chunks (k, size, size, 3) uint8 of their own stage.

    Memory stays flat: a chunk is drawn when it is asked for.

    Raises:
        InputError: as `draw`.
    """
    for start in range(0, len(requests), CHUNK):
        pictures = draw(synthesizer, requests[start : start + CHUNK])
        yield pictures[max(pictures)]


def _embeddings(synthesizer: Synthesizer, requests: Sequence[Request]) -> np.ndarray:
    """The whitened embedding that each request draws, (n, width)."""
    pairs = [_ends(request) for request in requests]
    ends = synthesizer._embed([synthesizer.told(caption) for pair in pairs for caption in pair])
    return np.stack([
        start if first == last else slerp(start, end, [request.amount])[0]
        for request, (first, last), start, end in zip(
            requests, pairs, ends[::2], ends[1::2], strict=True
        )
    ])  # fmt: skip


def _ends(request: Request) -> tuple[str, str]:
    """The two captions that a picture lies between; at an end of the walk the same one twice."""
    last = request.to_caption or request.caption
    first = request.caption if request.amount < 1 else last
    return first, last if request.amount > 0 else first


def _candidates(synthesizer: Synthesizer, request: Request) -> np.ndarray:
    """The noises that a request tries, (best_of, noise_size)."""
    noise = np.concatenate(
        [
            synthesizer.noise(1, request.seed, request.sample, candidate)
            for candidate in range(request.best_of)
        ]
    )
    if request.to_seed is not None and request.amount:
        end = synthesizer.noise(1, request.to_seed, request.sample)
        noise = end if request.amount == 1 else slerp(noise[0], end[0], [request.amount])
    return noise * np.float32(request.truncation)


def _choose(
    synthesizer: Synthesizer, embeddings: np.ndarray, candidates: Sequence[np.ndarray]
) -> np.ndarray:
    """Of each request's noises, the one whose small picture shows the sentence best."""
    noise, counts = np.concatenate(candidates), [len(tried) for tried in candidates]
    if max(counts) == 1:
        return noise
    texts = np.repeat(embeddings, counts, axis=0)
    scores = synthesizer.scores(synthesizer.draw(texts, noise, 1)[1], texts)
    ends = np.cumsum(counts)
    return np.stack(
        [
            noise[end - count + int(np.argmax(scores[end - count : end]))]
            for end, count in zip(ends, counts, strict=True)
        ]
    )
