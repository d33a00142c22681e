"""Draw the course's diagrams, with the shapes of the real models: figures/diagrams/*.svg.

    python tools/diagrams.py [FOLDER]

`make figures` calls it. A changed network changes its diagram.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.diagram import generators, players, reading, sentences  # noqa: E402

FOLDER = ROOT / "figures" / "diagrams"
DIAGRAMS = (
    sentences.pipeline,
    sentences.encoder,
    sentences.conditioning,
    generators.stage1,
    players.game,
    players.discriminator,
    players.update,
    players.takeover,
    generators.stage2,
    reading.captioner,
    reading.measures,
    reading.balls,
)


def main(folder: Path = FOLDER) -> None:
    """Write every diagram into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for draw in DIAGRAMS:
        diagram = draw()
        (folder / f"{diagram.name}.svg").write_text(diagram.write(), encoding="utf-8")
        print(f"{diagram.name}.svg")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
