"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cub_root() -> Path:
    """The folder with real CUB photographs that T2I_CUB_DIR names, or a skip that says so."""
    value = os.environ.get("T2I_CUB_DIR")
    if not value:
        pytest.skip("set T2I_CUB_DIR to a folder that holds CUB_200_2011 to run this test")
    root = Path(value).resolve()
    assert root.is_dir(), f"T2I_CUB_DIR={value} is not a folder"
    return root
