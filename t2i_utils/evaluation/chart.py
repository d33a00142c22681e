"""A chart of the scores that are shares, each between the values of chance and photographs."""

from pathlib import Path

from matplotlib.figure import Figure

from t2i_utils.evaluation.scores import Score
from t2i_utils.files import replace_file


def draw_chart(scores: list[Score], title: str, path: Path) -> None:
    """Draw one line for each share, from 0 to 100 %, and write it as a PNG.

    Raises:
        InputError: the file cannot be written.
    """
    shares = [score for score in scores if score.is_share and score.better == "higher"]
    figure = Figure(figsize=(7.5, 1.3 + 0.5 * len(shares)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(shares))
    for place, score in zip(places, shares, strict=True):
        known = [score.value, score.photographs, score.shuffled, score.chance]
        ends = [100 * value for value in known if value is not None]
        axes.plot([min(ends), max(ends)], [place, place], color="#cccccc", linewidth=3, zorder=1)
    for label, colour, marker, values in (
        ("chance", "#999999", "|", [score.chance for score in shares]),
        ("shuffled captions", "#d98c3f", "s", [score.shuffled for score in shares]),
        ("photographs", "#4a8f5b", "D", [score.photographs for score in shares]),
        ("generator", "#3b6fb6", "o", [score.value for score in shares]),
    ):
        found = [(place, value) for place, value in zip(places, values, strict=True)
                 if value is not None]  # fmt: skip
        if found:
            axes.scatter(
                [100 * value for _, value in found], [place for place, _ in found],
                color=colour, marker=marker, s=120 if marker == "|" else 60, label=label, zorder=2,
            )  # fmt: skip
    axes.set_yticks(list(places), [score.measure for score in shares])
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("per cent of the pictures")
    axes.set_title(title, loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    replace_file(
        path, lambda file: figure.savefig(file, format="png", dpi=130), "name another --out"
    )
