"""Shipped weights, each in a folder with its model card."""

from pathlib import Path

PRETRAINED = Path(__file__).parent
CARD = "card.json"  # the model card in each folder: contents, origin, checksums
