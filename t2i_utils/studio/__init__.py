"""The caption studio, a panel of widgets: `Studio()` as a cell's last line shows it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from t2i_utils.studio.panel import Studio

__all__ = ["Studio"]


def __getattr__(name: str) -> Any:
    """Load the panel, and Keras with it, only where it is asked for: the server needs neither."""
    if name != "Studio":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from t2i_utils.quiet_import import quiet_import

    with quiet_import():
        from t2i_utils.studio.panel import Studio
    return Studio
