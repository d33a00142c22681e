"""For maintainers: average the Stage I of several weight sets that come from one another.

    python tools/average_weights.py OUT PACK SET:SHARE [SET:SHARE ...] [--discriminator SET]

Trainings that go on from the same weights, with other settings, lie in one valley: the mean of
their weights draws better than each of them (Wortsman et al., Model soups, arXiv 2203.05482). The
averaged maps vary less than those of the parts, so BatchNorm's statistics are taken anew, over
batches of PACK. Configuration and card are those of the first set.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from t2i_utils.data.pack import load_pack
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import StageToSave, load_discriminator, load_weights, save_weights
from t2i_utils.training.run_data import RunData
from t2i_utils.training.stage import SETTLING, Stage


def main() -> None:
    """Average, settle, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("pack", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET:SHARE")
    parser.add_argument("--discriminator", metavar="SET", help="to choose among pictures with")
    options = parser.parse_args()
    names, shares = zip(*(entry.rsplit(":", 1) for entry in options.sets), strict=True)
    parts = [load_weights(name, (1,)) for name in names]
    first = parts[0].card
    # In float32, and with an average, which `Stage.settled` gives its statistics.
    about = dict(first["stages"]["1"])
    config = config_from_json(about.pop("config"))
    precise = dataclasses.replace(config, precision="float32", average_decay=0.9)
    data = RunData(
        load_pack(options.pack),
        "zero-shot",
        0,
        bool(config.typed_share),
        whitening=parts[0].whitening,
    )
    gan = StageGAN(precise, data.pack.width, None, 0)
    everyone = zip(*(part.generators[1].variables for part in parts), strict=True)
    for variable, values in zip(gan.drawing_generator.variables, everyone, strict=True):
        stacked = np.stack([value.numpy() for value in values])
        variable.assign(np.average(stacked, axis=0, weights=np.array(shares, float)))
    stage = Stage(gan, data.batches(precise), 0)
    stage.step = SETTLING
    judge = load_discriminator(options.discriminator, 1) if options.discriminator else None
    card = {name: value for name, value in first.items() if name != "stages"}
    with stage.settled():
        found = StageToSave(gan.drawing_generator, config, about, judge)
        save_weights(options.out, [found], data.whitening, card)


if __name__ == "__main__":
    main()
