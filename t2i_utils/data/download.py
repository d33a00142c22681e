"""Get CUB-200-2011 (1.15 GB) from Caltech's record or from Kaggle, safely.

Caltech's archive comes in one file that continues where a broken transfer stopped, is compared with
its published MD5, and is unpacked beside its place, so that a half-unpacked data set never looks
whole. Kaggle's copy has no checksum to compare with: Kaggle packs it anew for each download, and
whoever uploaded it published none. What is read of it is checked as any other folder's.
"""

import contextlib
import gzip
import http.client
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from t2i_utils.data.readers.cub import FOLDER_NAME, find_layout
from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum, put_in_place, working_folder

CALTECH_URL = "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz"
CALTECH_MD5 = "97eceeb196236b17998738112f37df78"
KAGGLE_HANDLE = "thiagojr/cub-200-2011"
TERMS = (
    "CUB-200-2011 is for non-commercial research; its photographs belong to their photographers."
)
CHUNK = 1 << 20


def download_cub(folder: str | Path = "data", source: str = "caltech") -> Path:
    """Download CUB-200-2011 and unpack it; the archive is deleted when all went well.

    Neither source has captions that people wrote: without `--captions`, sentences are made from
    the attributes (see `t2i_utils.data.attributes`).

    Args:
        folder: where the folder CUB_200_2011 shall lie. If it is there already, nothing is done.
        source: "caltech", or "kaggle" (needs `pip install kagglehub`), which cannot be compared
            with a checksum; it says so.

    Returns:
        The folder to give to `read_dataset`.

    Raises:
        InputError: if the source cannot be reached, the archive is damaged, or the disk is full.
    """
    if source not in ("caltech", "kaggle"):
        raise InputError(f"unknown source {source!r}: choose caltech or kaggle")
    folder = Path(folder)
    if find_layout(folder) is not None:
        return folder
    print(TERMS, file=sys.stderr)
    if source == "kaggle":
        return _download_from_kaggle()
    archive = download_file(CALTECH_URL, folder / "CUB_200_2011.tgz", md5=CALTECH_MD5)
    extract_archive(archive, folder)
    if find_layout(folder) is None:
        raise InputError(f"{archive} holds no {FOLDER_NAME}/images.txt; delete it and try again")
    archive.unlink()
    return folder


def download_file(url: str, target: str | Path, *, md5: str, progress: bool = True) -> Path:
    """Fetch a file, continuing where an earlier try stopped, and check it.

    Until it is complete the file is called `<target>.part`; call again to continue a broken
    transfer. A complete file with the right checksum is not fetched again.

    Args:
        url: where from.
        target: the file to write.
        md5: its published MD5, in hexadecimal digits.
        progress: show a bar.

    Raises:
        InputError: if the transfer fails (what came is kept), or the checksum is another one (the
            file is put aside as `<target>.wrong`).
    """
    target = Path(target)
    if target.is_file() and file_checksum(target, "md5") == md5:
        return target
    part = target.with_name(f"{target.name}.part")
    with _plain_errors(f"download {url}", f"try again to continue {part}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(url, part, progress)
    actual = file_checksum(part, "md5")
    if actual != md5:
        wrong = target.with_name(f"{target.name}.wrong")
        part.replace(wrong)
        raise InputError(
            f"{url} gave a file with MD5 {actual}, expected {md5}; it is kept as {wrong}: "
            "try again, or get the archive from another source"
        )
    put_in_place(part, target)
    return target


def extract_archive(archive: str | Path, folder: str | Path) -> None:
    """Unpack a .tgz into a folder: all of it, or nothing.

    Args:
        archive: the .tgz file.
        folder: the folder to put its contents into; what lies there stays.

    Raises:
        InputError: for an archive that is damaged, that reaches outside its folder (an absolute
            path, "..", a link that leaves it), or whose contents lie there already.
    """
    archive, folder = Path(archive), Path(folder)
    with _plain_errors(f"unpack {archive}", "free some space, or choose another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        partial = working_folder(folder, ".unpacking-")
        try:
            with gzip.open(archive) as content, tarfile.open(fileobj=content) as tar:
                for member in tqdm(tar, desc="unpacking", unit=" files"):
                    _refuse_outside(member, archive)
                    tar.extract(member, partial, filter="data")
                while content.read(CHUNK):  # to the very end, where gzip keeps its checksum
                    pass
            contents = sorted(partial.iterdir())
            for path in contents:
                if (folder / path.name).exists():
                    raise InputError(
                        f"{folder / path.name} exists already: move it away before unpacking "
                        f"{archive}"
                    )
            for path in contents:
                put_in_place(path, folder / path.name)
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(
                f"archive {archive} is damaged or unsafe ({error}): nothing was unpacked; "
                "delete it and download it anew"
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _fetch(url: str, part: Path, progress: bool) -> None:
    """Append to `part` until the server has no more."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(
        url, headers={"User-Agent": "t2i", "Accept-Encoding": "identity"}
    )
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if have and error.code == 416:  # there is nothing after what we have
            return
        raise
    with response:
        continues = response.status == 206 and _range_start(response) == have
        if not continues:
            have = 0  # the server sends the whole file again
        expected = have + int(response.headers["Content-Length"] or 0)
        with (
            open(part, "ab" if continues else "wb") as file,
            tqdm(
                total=expected or None,
                initial=have,
                desc=part.stem,
                unit="B",
                unit_scale=True,
                disable=not progress,
            ) as bar,
        ):
            while chunk := response.read(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
            got = file.tell()
    if got < expected:
        raise ConnectionError(f"the transfer broke off after {got:,} of {expected:,} bytes")


def _range_start(response: Any) -> int:
    """The first byte that a "Content-Range: bytes 100-199/200" announces, or -1."""
    span = (response.headers["Content-Range"] or "").removeprefix("bytes ").partition("-")[0]
    return int(span) if span.isdigit() else -1


def _refuse_outside(member: tarfile.TarInfo, archive: Path) -> None:
    """Refuse what the "data" filter would quietly mend: a leading slash."""
    parts = Path(member.name).parts
    if member.name.startswith(("/", "\\")) or ".." in parts:
        raise InputError(
            f"archive {archive} is unsafe: {member.name!r} lies outside it; nothing was unpacked; "
            "delete it and download it anew"
        )


def _download_from_kaggle() -> Path:
    try:
        import kagglehub  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError(
            "Kaggle needs one more package: run `pip install kagglehub`, or choose source caltech"
        ) from error
    print(
        f"note: Kaggle's {KAGGLE_HANDLE} is a copy without a published checksum; Caltech's archive "
        "has one",
        file=sys.stderr,
    )
    try:
        root = Path(kagglehub.dataset_download(KAGGLE_HANDLE))
    except Exception as error:  # kagglehub raises many kinds, none of ours
        raise InputError(
            f"Kaggle did not give {KAGGLE_HANDLE} ({' '.join(str(error).split())[:200]}); "
            "sign in with `kagglehub.login()`, or choose source caltech"
        ) from error
    listing = next(iter(sorted(root.rglob("images.txt"))), None)
    if listing is None:
        raise InputError(
            f"Kaggle's {KAGGLE_HANDLE} in {root} has no images.txt; choose source caltech"
        )
    return listing.parent


@contextlib.contextmanager
def _plain_errors(what: str, mend: str) -> Iterator[None]:
    """Turn errors of the network and the disk into one line."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:  # URLError and tarfile.ReadError too
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise InputError(f"cannot {what}: {reason}; {mend}") from error
