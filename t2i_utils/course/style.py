"""One look for every plot of the course."""

PALETTE = ("#1f6f8b", "#e07a3f", "#5b8c5a", "#b5446e", "#7a6bb0", "#c9a227")
INK = "#2b2b2b"


def use_style() -> None:
    """Set seaborn's theme, the course's palette and sizes that can be read at 100 %."""
    import matplotlib
    import seaborn

    seaborn.set_theme(
        context="notebook",
        style="whitegrid",
        palette=list(PALETTE),
        rc={
            "figure.figsize": (8.0, 4.0),
            "figure.dpi": 96,
            "figure.constrained_layout.use": True,
            "axes.titlesize": 13,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.edgecolor": "#bbbbbb",
            "axes.labelcolor": INK,
            "text.color": INK,
            "grid.color": "#e6e6e6",
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
        },
    )
    matplotlib.rcParams["figure.max_open_warning"] = 0
