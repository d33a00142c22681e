"""When the power goes: nothing gets its name before all of it is on the disk."""

import os
from pathlib import Path

from small_run import configs, pack_birds, toy_data, toy_pack

from t2i_utils.training.run import Run


class Disk:
    """Watches what is flushed and what is renamed."""

    def __init__(self, monkeypatch) -> None:
        self.flushed: dict[int, tuple[int, int]] = {}  # inode: size and time of the last change
        self.unsynced: list[str] = []
        self.waiting: set[Path] = set()  # folders whose names are not flushed yet
        self.renames = 0
        fsync, replace = os.fsync, os.replace

        def watched_fsync(descriptor: int) -> None:
            fsync(descriptor)
            about = os.fstat(descriptor)
            self.flushed[about.st_ino] = about.st_size, about.st_mtime_ns
            self.waiting -= {path for path in self.waiting if path.stat().st_ino == about.st_ino}

        def watched_replace(source: Path, target: Path) -> None:
            source, target = Path(source), Path(target)
            for path in [source, *source.rglob("*")]:
                about = path.stat()
                if self.flushed.get(about.st_ino) != (about.st_size, about.st_mtime_ns):
                    self.unsynced.append(f"{path} -> {target}")
            replace(source, target)
            self.waiting.add(target.parent)
            self.renames += 1

        monkeypatch.setattr(os, "fsync", watched_fsync)
        monkeypatch.setattr(os, "replace", watched_replace)


def test_what_a_training_saves_is_on_the_disk_before_it_is_renamed(tmp_path, monkeypatch):
    run = Run(tmp_path / "run", toy_pack(), configs(1))
    run.files.write_about({})
    disk = Disk(monkeypatch)
    for _ in range(2):  # new files, and files that take the place of others
        run.save()
    assert disk.renames >= 8 and disk.unsynced == [] and disk.waiting == set()


def test_a_pack_is_on_the_disk_before_it_is_renamed(tmp_path, monkeypatch):
    disk = Disk(monkeypatch)
    pack_birds(toy_data(), tmp_path / "pack", limit=6, image_sizes=(16,))
    assert disk.renames >= 1 and disk.unsynced == [] and disk.waiting == set()


def test_the_watch_sees_what_is_not_flushed(tmp_path, monkeypatch):
    disk = Disk(monkeypatch)
    (tmp_path / "new").write_text("x")
    os.replace(tmp_path / "new", tmp_path / "file")
    assert disk.unsynced and disk.waiting == {tmp_path}
