"""The whole campaign of faults: `make faults`, or one part by its name.

python tests/faults/campaign.py [PART ...] [--count N] [--seed N]

Parts: mutations (1,000 spoilt files), kills (100 kills of trainings of both stages, on both recipes
and backends), crowds (200 calls from eight threads, two packers, two trainings), pages (40 pages at
once). Each part prints what it did; the exit status is 1 if anything was lost or let in.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(ROOT)]
LARGEST, LONGEST = 2.0, 20.0  # gigabytes, seconds


def mutations(options: argparse.Namespace) -> bool:
    """Spoilt files, kind by kind, each kind in a process of its own."""
    kinds = options.kinds.split(",") if options.kinds else []
    if len(kinds) != 1:
        import mutations as module

        good, kinds = True, kinds or list(module.KINDS)
        for kind in kinds:
            words = ["mutations", "--kinds", kind, "--seed", str(options.seed)]
            words += ["--count", str(-(-(options.count or 1000) // len(kinds)))]
            good &= subprocess.run([sys.executable, __file__, *words]).returncode == 0
        return good
    import mutations as module
    from small_run import trained_run

    (kind,) = kinds
    module.RUN = trained_run()
    with tempfile.TemporaryDirectory() as folder:
        found = [
            module.attempt(kind, number, Path(folder), options.seed)
            for number in range(options.count or 125)
        ]
    wrong = [one for one in found if one.result not in ("done", "refused")]
    wrong += [one for one in found if one.seconds > LONGEST]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for one in wrong:
        print(f"  {one.kind} {one.number}: {one.seconds:.1f} s, {one.result}")
    print(
        f"{kind}: {len(found)} spoilt, {sum(one.result == 'refused' for one in found)} refused, "
        f"{len(wrong)} wrong; slowest {max(one.seconds for one in found):.1f} s, "
        f"{memory:.2f} GB at most",
        flush=True,
    )
    return not wrong and memory < LARGEST


def kills(options: argparse.Namespace) -> bool:
    """Trainings of both stages that are killed, for each recipe and backend."""
    from kills import kill
    from small_run import toy_pack

    pairs = [(r, b) for r in ("paper", "modern") for b in ("tensorflow", "jax")]
    pairs = [pair for pair in pairs if not options.kinds or "-".join(pair) in options.kinds]
    count, good = -(-(options.count or 100) // len(pairs)), True
    for recipe, backend in pairs:
        with tempfile.TemporaryDirectory() as folder:
            pack = toy_pack().folder
            wrong = kill(Path(folder), pack, recipe, backend, count - 1, options.seed)
        good &= _told(f"{recipe} on {backend}: {count} kills", wrong)
    return good


def crowds(options: argparse.Namespace) -> bool:
    """Eight threads, two packers, two trainings."""
    from crowds import threads, two_at_once
    from small_run import toy_data, toy_pack, trained_run

    good = _told("200 calls from eight threads, on both backends", threads(trained_run()))
    with tempfile.TemporaryDirectory() as folder:
        wrong = two_at_once(toy_data(), toy_pack().folder, Path(folder))
    return _told("two packers, two trainings", wrong) and good


def pages(options: argparse.Namespace) -> bool:
    """Forty pages of the studio at once."""
    from crowds import pages as open_pages

    with tempfile.TemporaryDirectory() as folder:
        wrong, figures = open_pages(Path(folder), options.count or 40)
    return _told(f"{options.count or 40} pages at once, {figures}", wrong)


def _told(what: str, wrong: list[str]) -> bool:
    """Print what was done, and what went wrong."""
    print(f"{what}: {len(wrong)} wrong", *wrong, sep="\n  ", flush=True)
    return not wrong


PARTS = {"mutations": mutations, "kills": kills, "crowds": crowds, "pages": pages}


def main() -> int:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--count", type=int, help="spoilt files, kills or pages")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", help="of spoilt files, or paper-jax, with commas between")
    options = parser.parse_args()
    good, began = True, time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("T2I_TEST_SCRATCH", scratch)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        for part in options.parts or PARTS:
            good &= PARTS[part](options)
    print(f"{'all is well' if good else 'SOMETHING IS WRONG'}, {time.perf_counter() - began:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
