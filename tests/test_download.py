"""Downloading from a server that this file starts: whole, broken off, wrong, and malicious."""

import hashlib
import http.server
import importlib.util
import io
import re
import tarfile
import threading

import numpy as np
import pytest

from t2i_utils.data.download import download_cub, download_file, extract_archive
from t2i_utils.errors import InputError

CONTENT = np.random.default_rng(0).bytes(3_000_001)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT: whole at /whole, by ranges at /ranges, with one break at /breaks."""

    def do_GET(self):
        asked = self.headers["Range"]
        self.server.requests.append((self.path, asked))
        if self.path == "/gone":
            return self.send_error(404)
        start = 0
        if asked and self.path != "/whole":
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start >= len(CONTENT):
                self.send_error(416)
                return None
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        breaks_off = self.path == "/breaks" and not start
        self.wfile.write(CONTENT[start : 2_000_000 if breaks_off else None])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.requests = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(server, path, target, md5=MD5):
    return download_file(f"{server.url}/{path}", target, md5=md5, progress=False)


def test_a_file_is_fetched_once(server, tmp_path):
    target = tmp_path / "new" / "file.tgz"
    assert fetch(server, "ranges", target) == target
    assert target.read_bytes() == CONTENT
    fetch(server, "ranges", target)
    assert server.requests == [("/ranges", None)]
    assert [path.name for path in target.parent.iterdir()] == ["file.tgz"]


def test_a_broken_transfer_is_told_and_continues_where_it_stopped(server, tmp_path):
    target = tmp_path / "file.tgz"
    with pytest.raises(InputError, match="broke off after 2,000,000 of 3,000,001 bytes; try again"):
        fetch(server, "breaks", target)
    assert not target.exists()
    assert (tmp_path / "file.tgz.part").stat().st_size == 2_000_000
    fetch(server, "breaks", target)
    assert target.read_bytes() == CONTENT
    assert server.requests == [("/breaks", None), ("/breaks", "bytes=2000000-")]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    (tmp_path / "file.tgz.part").write_bytes(b"something old" * 9)
    fetch(server, "whole", tmp_path / "file.tgz")
    assert (tmp_path / "file.tgz").read_bytes() == CONTENT


def test_a_part_that_is_complete_already_is_taken(server, tmp_path):
    (tmp_path / "file.tgz.part").write_bytes(CONTENT)
    fetch(server, "ranges", tmp_path / "file.tgz")
    assert (tmp_path / "file.tgz").read_bytes() == CONTENT


def test_a_wrong_checksum_puts_the_file_aside_and_says_so(server, tmp_path):
    target = tmp_path / "file.tgz"
    target.write_bytes(b"an older file")
    with pytest.raises(InputError, match=f"MD5 {MD5}, expected 0+; it is kept as .*wrong"):
        fetch(server, "ranges", target, md5="0" * 32)
    assert target.read_bytes() == b"an older file"
    assert (tmp_path / "file.tgz.wrong").read_bytes() == CONTENT
    assert not (tmp_path / "file.tgz.part").exists()  # so that the next try starts anew


def test_an_unreachable_source_is_one_line(server, tmp_path):
    with pytest.raises(InputError, match="cannot download .*/gone: Not Found; try again"):
        fetch(server, "gone", tmp_path / "file.tgz")
    with pytest.raises(InputError, match="cannot download http://127.0.0.1:1/x: .*refused"):
        download_file("http://127.0.0.1:1/x", tmp_path / "x", md5=MD5, progress=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot download"):
        fetch(server, "ranges", tmp_path / "file" / "below.tgz")


def member(name, content=b"x", **attributes):
    info = tarfile.TarInfo(name)
    info.size = len(content) if "type" not in attributes else 0
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


def write_tar(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


LINK, HARD = {"type": tarfile.SYMTYPE}, {"type": tarfile.LNKTYPE}


@pytest.mark.parametrize(
    "members",
    [
        [member("../escaped")],
        [member("birds/../../escaped")],
        [member("/escaped")],
        [member("birds/link", linkname="../../escaped", **LINK)],
        [member("birds/link", linkname="/etc/passwd", **LINK)],
        [member("birds/link", linkname="../escaped", **HARD)],
        [member("up", linkname="..", **LINK), member("up/escaped")],
        [member("device", type=tarfile.CHRTYPE)],
    ],
    ids=["..", "inner ..", "absolute", "link", "absolute link", "hard link", "via link", "device"],
)
def test_an_archive_that_reaches_outside_is_refused_whole(tmp_path, members):
    archive = write_tar(tmp_path / "bad.tgz", member("good/file"), *members)
    target = tmp_path / "target"
    with pytest.raises(InputError, match="unsafe.*nothing was unpacked"):
        extract_archive(archive, target)
    assert list(target.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tgz", "target"]


def test_a_good_archive_is_unpacked_beside_what_is_there(tmp_path):
    archive = write_tar(
        tmp_path / "good.tgz",
        member("./CUB_200_2011/images.txt", b"1 a.jpg"),
        member("CUB_200_2011/same.txt", linkname="images.txt", **LINK),
        member("attributes.txt", b"1 has_x::y"),
    )
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine.txt").write_text("kept")
    extract_archive(archive, target)
    assert (target / "CUB_200_2011" / "same.txt").read_text() == "1 a.jpg"
    assert sorted(path.name for path in target.iterdir()) == [
        "CUB_200_2011",
        "attributes.txt",
        "mine.txt",
    ]
    assert download_cub(target) == target  # it is there: nothing to download
    (target / "attributes.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        extract_archive(archive, target)
    assert (target / "attributes.txt").read_text() == "mine"


def test_a_damaged_archive_leaves_nothing(tmp_path):
    archive = write_tar(tmp_path / "a.tgz", member("one", CONTENT), member("two", CONTENT))
    content = archive.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 255
    for damaged in (content[: len(content) // 2], bytes(flipped), b"no archive"):
        archive.write_bytes(damaged)
        with pytest.raises(InputError, match="damaged"):
            extract_archive(archive, tmp_path / "target")
        assert list((tmp_path / "target").iterdir()) == []


def test_sources_are_named_and_kaggle_says_what_it_needs(tmp_path):
    with pytest.raises(InputError, match="choose caltech or kaggle"):
        download_cub(tmp_path, source="ftp")
    if importlib.util.find_spec("kagglehub"):
        pytest.skip("kagglehub is installed here, so nothing is missing")
    with pytest.raises(InputError, match="pip install kagglehub"):
        download_cub(tmp_path, source="kaggle")
