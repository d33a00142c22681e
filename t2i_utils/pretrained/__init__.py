"""Shipped weights, each in a folder with its model card."""

from pathlib import Path

PRETRAINED = Path(__file__).parent
CARD = "card.json"  # in each folder: what it is, how it was made, its files' checksums
