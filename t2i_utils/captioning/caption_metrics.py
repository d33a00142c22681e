"""How good are descriptions, against what ten people said of each picture.

BLEU-4 by sacrebleu (Post, WMT 2018); CIDEr-D (Vedantam et al., CVPR 2015, arXiv 1411.5726) and
ROUGE-L (Lin, 2004) by pycocoevalcap, the COCO challenge's own code. Its tokenizer needs Java, so
sentences are cut into words by `vocabulary.words` instead. The other scores count colours, and the
parts that have them.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from t2i_utils.captioning.vocabulary import words
from t2i_utils.errors import InputError
from t2i_utils.text.colours import COLOUR_WORDS, split_compounds

COLOURS = COLOUR_WORDS[:-1]  # without "gray": `words` spells it "grey"
# Words for parts, by the name that counts.
PART_OF_WORD = {
    "crown": "crown", "head": "head", "cap": "crown", "nape": "nape", "throat": "throat",
    "breast": "breast", "chest": "breast", "belly": "belly", "abdomen": "belly",
    "stomach": "belly", "underbelly": "belly", "back": "back", "wing": "wing", "wings": "wing",
    "wingbars": "wingbar", "wingbar": "wingbar", "tail": "tail", "rectrices": "tail",
    "beak": "beak", "bill": "beak", "eye": "eye", "eyes": "eye", "eyering": "eye",
    "eyebrow": "eyebrow", "superciliary": "eyebrow", "cheek": "cheek", "cheeks": "cheek",
    "foot": "leg", "feet": "leg", "leg": "leg", "legs": "leg", "tarsus": "leg", "tarsals": "leg",
    "body": "body", "feathers": "body",
}  # fmt: skip
NAMED_BY = 3  # of ten people, before a colour counts as true
PART_NAMED_BY = 2  # of ten people, before a part's colour does: people pick different parts
_COLOUR, _PART = rf"(?:{'|'.join(COLOURS)})", rf"(?:{'|'.join(PART_OF_WORD)})"
_COLOUR_LIST = rf"({_COLOUR}(?: (?:and |or )?{_COLOUR})*)\b"
_PART_LIST = rf"\b({_PART}(?: (?:and )?(?:a |the |its )?{_PART})*)\b"
FUNCTION_WORDS = frozenset({
    "bird", "birds", "with", "is", "are", "has", "that", "this", "it", "its", "on", "in", "of",
    "and", "the", "a", "an", "to",
})  # fmt: skip
_NEITHER = rf"(?!{_COLOUR} |{_PART} |(?:{'|'.join(sorted(FUNCTION_WORDS))}) )"
# "black and white wings", "a yellow long and pointed bill" but not "a black bird with wings"
_BEFORE = re.compile(rf"\b{_COLOUR_LIST} (?:{_NEITHER}[\w'-]+ (?:and )?){{0,3}}{_PART_LIST}")
# "its wings are black and white", "wings that are mostly brown"
_AFTER = re.compile(rf"{_PART_LIST} (?:that )?(?:is|are) (?:{_NEITHER}\w+ )?{_COLOUR_LIST}")


@dataclass(frozen=True)
class CaptionScores:
    """The scores of one set of descriptions; all but CIDEr-D lie in [0, 1], higher is better.

    Attributes:
        bleu_4: of all descriptions together.
        cider_d: 0 to 10.
        rouge_l: mean over pictures.
        colour_precision: of the colours said, those that at least three of ten people name.
        colour_recall: of the colours that at least three people name, those said.
        colour_f1: over all pictures together.
        part_precision: as with colours, of pairs of a colour and a part that two people name.
        part_recall: likewise.
        part_f1: likewise.
        distinct: different descriptions / descriptions.
        distinct_2: different pairs of neighbouring words / such pairs.
        copied: share of descriptions that are, word for word, a training caption.
        words: mean length.
    """

    bleu_4: float
    cider_d: float
    rouge_l: float
    colour_precision: float
    colour_recall: float
    colour_f1: float
    part_precision: float
    part_recall: float
    part_f1: float
    distinct: float
    distinct_2: float
    copied: float
    words: float

    def to_json(self) -> dict[str, float]:
        """The fields as a JSON object."""
        return {name: round(float(value), 4) for name, value in asdict(self).items()}


def score_descriptions(
    said: Sequence[str], references: Sequence[Sequence[str]], training: frozenset[str] = frozenset()
) -> CaptionScores:
    """Score one description of each picture against people's captions of it.

    Args:
        said: n descriptions.
        references: of each picture, its captions.
        training: captions of training pictures, for `copied`; each as `" ".join(words(text))`.

    Raises:
        InputError: sacrebleu or pycocoevalcap is not installed, or there is nothing to score.
    """
    if not said:
        raise InputError("there is no description to score: choose a set with test pictures")
    own = [" ".join(words(text)) for text in said]
    theirs = [[" ".join(words(text)) for text in captions] for captions in references]
    colours = _overlap(own, theirs, colours_of, NAMED_BY)
    parts = _overlap(own, theirs, part_colours_of, PART_NAMED_BY)
    pairs = [pair for text in own for pair in zip(text.split(), text.split()[1:], strict=False)]
    return CaptionScores(
        *_library_scores(own, theirs),
        *colours,
        *parts,
        len(set(own)) / len(own),
        len(set(pairs)) / max(1, len(pairs)),
        float(np.mean([text in training for text in own])),
        float(np.mean([len(text.split()) for text in own])),
    )


def _library_scores(own: list[str], theirs: list[list[str]]) -> tuple[float, float, float]:
    """BLEU-4, CIDEr-D and ROUGE-L."""
    try:
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise InputError(
            f'{error.name} is not installed: pip install -e ".[evaluation]" brings what scores '
            "descriptions"
        ) from error
    said = {index: [text] for index, text in enumerate(own)}
    given = dict(enumerate(theirs))
    most = max(map(len, theirs))
    streams = [[captions[i % len(captions)] for captions in theirs] for i in range(most)]
    bleu = BLEU(tokenize="none", force=True).corpus_score(own, streams).score / 100
    return bleu, Cider().compute_score(given, said)[0], Rouge().compute_score(given, said)[0]


def colours_of(caption: str) -> set[str]:
    """The colour words of a sentence ("gray" counts as "grey", "orange-red" as orange and red)."""
    return set(words(split_compounds(caption.lower()))) & set(COLOURS)


def part_colours_of(caption: str) -> set[tuple[str, str]]:
    """Pairs (colour, part): "black and white wings", "a red crown and nape", "its belly is tan"."""
    text = " ".join(words(split_compounds(caption.lower())))
    matches = [found.groups() for found in _BEFORE.finditer(text)]
    matches += [found.groups()[::-1] for found in _AFTER.finditer(text)]
    return {
        (colour, PART_OF_WORD[part])
        for colours, parts in matches
        for colour in re.findall(_COLOUR, colours)
        for part in re.findall(rf"\b{_PART}\b", parts)
    }


def _overlap(
    own: Sequence[str],
    theirs: Sequence[Sequence[str]],
    find: Callable[[str], set],
    named_by: int,
) -> tuple[float, float, float]:
    """Precision, recall and F1 of what is said, over all pictures together.

    Where a picture has fewer than ten captions, proportionally fewer people must agree.
    """
    right = said = true = 0
    for text, captions in zip(own, theirs, strict=True):
        votes = Counter(thing for caption in captions for thing in find(caption))
        least = named_by * min(len(captions), 10) / 10
        wanted = {thing for thing, count in votes.items() if count >= least}
        named = find(text)
        right, said, true = right + len(named & wanted), said + len(named), true + len(wanted)
    precision, recall = right / max(1, said), right / max(1, true)
    return precision, recall, 2 * right / max(1, said + true)


def normalised(captions: Sequence[str]) -> frozenset[str]:
    """Captions as `score_descriptions` compares them, for its argument `training`."""
    return frozenset(" ".join(words(text)) for text in captions)
