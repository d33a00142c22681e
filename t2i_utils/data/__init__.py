"""Captioned pictures: reading, cropping, packing and batches (notebook 01)."""

from t2i_utils.data.feed import Batches
from t2i_utils.data.pack import Pack, load_pack
from t2i_utils.data.packing import auto_pack, write_pack
from t2i_utils.data.readers import read_dataset
from t2i_utils.data.records import Dataset, Record

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
