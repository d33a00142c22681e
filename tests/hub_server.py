"""A stand-in for the hub of Hugging Face: what its own package asks for, on this machine.

Repositories are folders. A commit replaces files; the newest is served under any revision.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def hub_server(root: Path) -> Iterator[str]:
    """Serve the repositories `root/owner/name`; gives the server's address."""

    class Handler(_Handler):
        repositories = root

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    repositories: Path

    def do_HEAD(self) -> None:
        self._file(self.path)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/[^/]+", path):
            if (self.repositories / match[1]).is_dir():
                return self._json({"id": match[1], "sha": self._commit(match[1]), "siblings": []})
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/[^/]+", path):
            files = sorted((self.repositories / match[1]).iterdir())
            return self._json(
                [
                    {"type": "file", "path": f.name, "size": f.stat().st_size, "oid": _etag(f)}
                    for f in files
                ]
            )
        else:
            return self._file(path)
        self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != "Bearer hf_of_the_tests":
            return self._json({"error": "sign in"}, 401)
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization', 'nobody')}/{asked['name']}"
            (self.repositories / name).mkdir(parents=True, exist_ok=True)
            return self._json({"url": f"http://{self.headers['Host']}/{name}"})
        if self.path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        name = "/".join(self.path.split("/")[3:5])
        if "/preupload/" in self.path:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                for f in json.loads(body)["files"]
            ]
            return self._json({"files": files})
        assert "/commit/" in self.path, self.path
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                content = base64.b64decode(entry["value"]["content"])
                (self.repositories / name / entry["value"]["path"]).write_bytes(content)
        url = f"http://{self.headers['Host']}/{name}/commit/{self._commit(name)}"
        self._json({"commitOid": self._commit(name), "commitUrl": url, "hookOutput": ""})

    def _file(self, path: str) -> None:
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/([^/]+)", path)
        file = self.repositories / match[1] / match[2] if match else None
        if match is None or file is None or not file.is_file():
            return self._json({"error": "not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        headers = {"ETag": f'"{_etag(file)}"', "X-Repo-Commit": self._commit(match[1])}
        self._answer(file.read_bytes(), 200, headers)

    def _commit(self, name: str) -> str:
        files = sorted((self.repositories / name).iterdir())
        return hashlib.sha1("".join(map(_etag, files)).encode()).hexdigest()

    def _json(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        kind = {"Content-Type": "application/json"}
        self._answer(json.dumps(content).encode(), status, {**kind, **(headers or {})})

    def _answer(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()
