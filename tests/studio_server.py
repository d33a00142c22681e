"""`t2i studio` as a process of its own, and a plain client to ask it."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from websocket import WebSocket, create_connection

from t2i_utils.studio import serve

PATIENCE = 300  # seconds: an upper bound for a busy machine, nothing waits for it to pass


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


class Server(NamedTuple):
    process: subprocess.Popen
    port: int
    folder: Path  # where it was started
    log: Path

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path as it is written: no client tidies it up."""
        connection = HTTPConnection(serve.ADDRESS, self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, dict(answer.getheaders()), text)

    def close(self, kernel: str) -> None:
        """End a kernel as its page does when it goes away."""
        assert self.get(f"/voila/api/shutdown/{kernel}", "POST").status == 204

    def connect(self, kernel: str, **options: Any) -> WebSocket:
        session = uuid.uuid4().hex
        address = f"ws://{serve.ADDRESS}:{self.port}/api/kernels/{kernel}/channels"
        return create_connection(f"{address}?session_id={session}", PATIENCE, **options)


def start(folder: Path, weights: str = "birds") -> Server:
    """Start it in a folder, and wait until it says where it is."""
    with socket.socket() as probe:
        probe.bind((serve.ADDRESS, 0))
        port = probe.getsockname()[1]
    log = folder / "server.log"
    program = [str(Path(sys.executable).parent / "t2i"), "studio", "--no-browser"]
    program += ["--port", str(port), "--weights", weights]
    # Ctrl-C reaches it even if it is ignored here, as it is for a job in a shell's background.
    ready = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    # JAX sets this level in our own process when it is imported.
    own = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    with open(log, "w") as file:
        process = subprocess.Popen(
            program, cwd=folder, env=own, stdout=file, stderr=file, preexec_fn=ready
        )
    deadline = time.monotonic() + PATIENCE
    while "(Ctrl-C ends it)" not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return Server(process, port, folder, log)
