"""What the notebooks share: their start, data, look and the checks of their exercises."""
