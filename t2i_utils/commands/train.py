"""`t2i train` and `train.py`: train Stage I, Stage II or both."""

import argparse
import contextlib
import dataclasses
import sys
from pathlib import Path
from typing import Any

from t2i_utils import devices
from t2i_utils.commands import data as data_command
from t2i_utils.commands.arguments import (
    Parser,
    add_packing_options,
    device_count,
    positive,
    seed,
)
from t2i_utils.commands.fine_tuning import (
    CANDIDATES,
    FINE_TUNING,
    find_judge,
    fine_tunes,
    what_is_kept,
)
from t2i_utils.commands.run_config import read_settings, to_toml
from t2i_utils.config import POLICIES, PRESETS, Config
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import
from t2i_utils.stackgan.recipes import config_from_json, fine_tuning, make_config, recipe_names

ABOUT = """train the two-stage GAN on captioned pictures

Without arguments: on CUB if it lies in ./CUB_200_2011 or ./data, else on toy birds that are drawn
now; both stages; sized for this machine. Ctrl-C stops and saves; --resume goes on.

--data my_folder --init birds fine-tunes: Stage I goes on from a trained one with small learning
rates. The length follows from the number of training pictures: 250 steps for 100, 430 for 300, 790
for 1,000. After each tenth of it the drawings are compared with the tenth of the pictures that was
held back, and so are those of the set as it was: the best is kept. Stage II stays the set's."""
RAW_FOLDERS = ("CUB_200_2011", "data", "data/CUB_200_2011")
SMOKE_IMAGES = 256
SAVE_EVERY = 200  # steps
# What is used where an option is left out; --resume takes what the run was started with instead.
DEFAULTS = {"split": "zero-shot", "crop": "box", "recipe": "modern", "stage": "both", "seed": 0}
DURATIONS = {"smoke": "a minute or two", "cpu": "some hours", "gpu": "many hours"}
REMEMBERED = (
    "data",
    "captions",
    "encoder",
    "skip_broken",
    "preset",
    "precision",
    "accumulate",
    *DEFAULTS,
)


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data",
        metavar="DIR|toy",
        help="folder of captioned pictures (CUB's, or your own), a pack, or 'toy'; left out: see "
        "above",
    )
    data.add_argument(
        "--split",
        choices=("zero-shot", "official"),
        help="whose training part; default: zero-shot, to fine-tune official",
    )
    data.add_argument(
        "--crop",
        choices=("paper", "box"),
        help="around the bird with some context, or its box alone; default: box",
    )
    data.add_argument("--captions", type=Path, metavar="DIR", help="folder with text_c10 captions")
    add_packing_options(data)
    model = parser.add_argument_group("model")
    model.add_argument(
        "--preset",
        choices=PRESETS,
        help="smoke: a minute or two, does it run?; cpu: hours; gpu: many; default: by the "
        "machine. With --init: do not fine-tune, but train as from nothing",
    )
    model.add_argument(
        "--recipe",
        choices=recipe_names(),
        help="paper: StackGAN as published; modern: the same two stages, better pictures "
        "in less time; default: modern",
    )
    model.add_argument(
        "--precision",
        choices=("auto", *POLICIES),
        help="numbers to compute in; auto: what this machine computes fast; default: the preset's",
    )
    model.add_argument(
        "--accumulate",
        type=positive,
        metavar="N",
        help="compute a batch in N parts, one after the other, where it does not fit into memory; "
        "BatchNorm, matching and diversity then see a part at a time; default: 1",
    )
    model.add_argument("--stage", choices=("1", "2", "both"), help="default: both, to fine-tune 1")
    model.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        help="settings of the recipe that differ from the preset's",
    )
    model.add_argument(
        "--show-config",
        action="store_true",
        help="print all settings, as a file for --config, and train nothing",
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--devices",
        type=device_count,
        default=1,
        metavar="N|all",
        help="spread each batch over N devices; needs KERAS_BACKEND=jax; a resumed run may have "
        "another number; default: 1",
    )
    run.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        help="step at which each stage ends, both side by side; default: the preset's, "
        "Stage II after Stage I; to fine-tune, by the number of pictures",
    )
    run.add_argument(
        "--run",
        dest="folder",
        type=Path,
        default=Path("runs/run"),
        metavar="DIR",
        help="folder for checkpoints, weights, logs and samples; default: %(default)s",
    )
    run.add_argument(
        "--resume", action="store_true", help="continue the run, with the options it was given"
    )
    run.add_argument(
        "--init",
        metavar="WEIGHTS",
        help="start from these weights (a shipped name, or a folder), at their generators' widths; "
        "without --preset, --stage 2 or both: fine-tune them",
    )
    run.add_argument("--seed", type=seed, metavar="N", help="default: 0")
    parser.run_with(run_command)


def run_command(options: argparse.Namespace) -> int:
    """Pack the data if need be, train, and say where the result is."""
    from t2i_utils.training.run_folder import RunFolder

    files = RunFolder(options.folder)
    asked = _settings(options, files)
    stages = (1, 2) if asked["stage"] == "both" else (int(asked["stage"]),)
    settings = read_settings(options.config) if options.config else {}
    if options.show_config:
        with contextlib.redirect_stdout(sys.stderr):
            pack = _pack(_choose_data(asked["data"]), asked) if fine_tunes(asked) else None
        count = _count(pack, asked) if pack else 0
        print(to_toml([_config(asked, stage, settings, options.steps, count) for stage in stages]))
        return 0
    files.check_start(stages, options.resume, options.init)
    lock = files.locked() if files.is_started else contextlib.nullcontext()
    with devices.spread(options.devices), lock:
        return _train(options, files, asked, stages, settings)


def _config(
    asked: dict[str, Any],
    stage: int,
    settings: dict[int, dict[str, Any]],
    steps: int | None,
    num_images: int,
) -> Config:
    """The configuration of a stage: the preset's, changed by a file and by options.

    What fine-tuning changes depends on the number of pictures.
    """
    precision = POLICIES.get(asked["precision"], asked["precision"])
    given = {"steps": steps, "precision": precision, "accumulate": asked["accumulate"]}
    tuning = fine_tuning(asked["recipe"], num_images) if fine_tunes(asked) else {}
    given = {name: value for name, value in given.items() if value is not None}
    changes = {**tuning, **settings.get(stage, {}), **given}
    with quiet_import():
        return make_config(asked["recipe"], asked["preset"] or _preset_here(), stage, **changes)


def _preset_here() -> str:
    """The preset that fits this machine."""
    with quiet_import():
        from t2i_utils import backend
    return "gpu" if backend.has_accelerator() else "cpu"


def _train(
    options: argparse.Namespace,
    files: Any,
    asked: dict[str, Any],
    stages: tuple[int, ...],
    settings: dict[int, dict[str, Any]],
) -> int:
    """Do what takes long, when all that can be checked in a moment has been."""
    from t2i_utils.training.run_folder import check_same

    before = [files.read_checkpoint_note(stage) if options.resume else None for stage in stages]
    for stage, note in zip(stages, before, strict=True):
        known = {**note, "accumulate": Config.accumulate, **note["config"]} if note else {}
        names = ("seed", "split", "recipe", "preset", "accumulate")
        given = {name: getattr(options, name) for name in names}
        given["precision"] = POLICIES.get(options.precision)
        check_same(files.path, known, {k: v for k, v in given.items() if v is not None})
        if note:  # the checkpoint says how its stage is trained, whatever a later version's preset
            set_anew = {k: v for k, v in settings.get(stage, {}).items() if k != "steps"}
            check_same(files.path, note["config"], set_anew)
    if not fine_tunes(asked):  # a wrong setting is said before pictures are packed
        for stage in stages:
            _config(asked, stage, settings, options.steps, 0)
    data = _choose_data(asked["data"])
    if not devices.is_alone() and not (data / "manifest.json").is_file():
        raise InputError(
            f"{data} is not packed, and several processes would pack it at once: run "
            "`t2i data pack` first and name the pack with --data"
        )
    pack = _pack(data, asked)
    with quiet_import():
        from t2i_utils.training.run import Run

    configs, count = [], _count(pack, asked)
    for stage, note in zip(stages, before, strict=True):
        config = _config(asked, stage, settings, options.steps, count)
        if note:
            config = dataclasses.replace(config_from_json(note["config"]), steps=config.steps)
        configs.append(config)
    judge, save_every = None, SAVE_EVERY
    if fine_tunes(asked):
        judge = find_judge(pack, asked["split"])
        save_every = fine_tuning(asked["recipe"], count)["steps"] // CANDIDATES
    run = Run(
        options.folder,
        pack,
        configs,
        split=asked["split"],
        seed=asked["seed"],
        resume=options.resume,
        init=options.init,
        judge=judge,
        asked=asked,
    )
    fixed = options.steps or fine_tunes(asked)
    _announce(run, None if fixed else DURATIONS[asked["preset"]])
    run.train(
        {config.stage: config.steps for config in configs},
        save_every=save_every,
        in_turn=options.steps is None,
    )
    # With a slash, lest the folder is called like a shipped set.
    folder = options.folder if options.folder.name != str(options.folder) else f"./{options.folder}"
    draw = "python generate.py" if options.program == "train.py" else "t2i generate"
    kept = what_is_kept(run) if judge else ""
    print(f'done: {kept}{draw} "a small red bird" --weights {folder}')
    return 0


def _settings(options: argparse.Namespace, files: Any) -> dict[str, Any]:
    """The options, with what is left out taken from the run that is resumed, or by default."""
    last = files.read_about().get("asked") or {}
    given = {name: getattr(options, name) for name in REMEMBERED}
    if given["captions"] is not None:
        given["captions"] = str(given["captions"].resolve())
    tunes = bool(options.init) and options.preset is None and options.stage in (None, "1")
    known = {**DEFAULTS, **(FINE_TUNING if tunes else {}), **(last if options.resume else {})}
    asked = {name: known.get(name) if value is None else value for name, value in given.items()}
    return {**asked, "fine_tuning": tunes or last.get("fine_tuning", False)}


def _choose_data(name: str | None) -> Path:
    """The folder of the data: as named, else CUB where it lies, else toy birds drawn now."""
    if name not in (None, "toy"):
        return Path(str(name))
    if name is None:
        for folder in map(Path, RAW_FOLDERS):
            if (folder / "images.txt").is_file() or (folder / "CUB_200_2011/images.txt").is_file():
                print(f"CUB lies in {folder}: training on it")
                return folder
        print("no CUB_200_2011 here: training on toy birds (t2i data download fetches CUB)")
    folder, toys = data_command.TOY_FOLDER, (data_command.TOY_CLASSES, data_command.TOY_IMAGES)
    if not (folder / "CUB_200_2011").is_dir():
        print(f"drawing toy birds in {folder}, this once")
        data_command.draw_toy_birds(folder, *toys)
    return folder


def _pack(data: Path, asked: dict[str, Any]) -> Any:
    """The pack of the data; `asked` then names the data's folder, and a preset."""
    from t2i_utils.data import auto_pack
    from t2i_utils.text import load_encoder

    asked["data"] = str(data.resolve())
    asked["preset"] = asked["preset"] or _preset_here()
    return auto_pack(
        data,
        encoder=load_encoder(asked["encoder"]) if asked["encoder"] else None,
        crop=asked["crop"],
        captions=asked["captions"],
        limit=SMOKE_IMAGES if asked["preset"] == "smoke" else None,
        skip_broken=bool(asked["skip_broken"]),
    )


def _count(pack: Any, asked: dict[str, Any]) -> int:
    """How many pictures there are to train on."""
    return len(pack.indices(asked["split"], "train"))


def _announce(run: Any, duration: str | None) -> None:
    """Say what is about to happen, on what, and for how long."""
    from t2i_utils import backend
    from t2i_utils.precision import explain

    if backend.name() == "jax" and (there := len(backend.devices())) > 1:
        more = "" if devices.count() > 1 else "; --devices all takes all"
        print(f"a batch is spread over {devices.count()} of {there} devices{more}")
    for policy in dict.fromkeys(stage.gan.config.precision for stage in run.stages.values()):
        print(explain(policy))
    card = run.data.card
    print(
        f"data: {card['data']}, {card['num_images']} pictures to train on ({run.data.split} split, "
        f"crop {card['crop']}, captions from {card['caption_source']})"
    )
    for stage in run.stages.values():
        config, step = stage.gan.config, stage.step
        todo = f"steps {step + 1} to {config.steps} of {config.batch_size} pictures"
        todo += f" in {config.accumulate} parts" if config.accumulate > 1 else ""
        print(
            f"stage {config.stage}: {config.image_size} px, recipe {config.recipe}, preset "
            f"{config.preset}, {todo if step < config.steps else f'at step {step} already'}"
        )
    device = "on a GPU" if backend.has_accelerator() else "without a GPU"
    print(
        f"training with {backend.name()}, {device}{f', for {duration}' if duration else ''}; "
        "the first step compiles for a minute or so, then the bar tells the time left\n"
        f"Ctrl-C stops and saves in {run.folder}; samples appear in {run.folder / 'samples'}",
        flush=True,
    )
