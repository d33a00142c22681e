"""Captioned pictures: reading, cropping, packing and batches (notebook 01)."""

from t2i_utils.data.batches import Batches
from t2i_utils.data.dataset import Dataset, Record, read_dataset
from t2i_utils.data.pack import Pack, load_pack
from t2i_utils.data.packing import auto_pack, write_pack

__all__ = [
    "Batches",
    "Dataset",
    "Pack",
    "Record",
    "auto_pack",
    "load_pack",
    "read_dataset",
    "write_pack",
]
