"""The studio's server, a real one: what it serves, and what it refuses to run or to hand out."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from small_run import trained_run
from studio_server import PATIENCE, Answer, Server, start
from websocket import WebSocket, WebSocketConnectionClosedException, WebSocketException

from t2i_utils.cli import main
from t2i_utils.commands import studio as command
from t2i_utils.studio import serve


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "secret.png").write_bytes(b"a secret")
    (folder / "other.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4}')
    # What a stranger may have left in the folder where the command is typed.
    stranger = {"Voila": {"ip": "0.0.0.0"}, "VoilaConfiguration": {"file_allowlist": [".*"]}}
    (folder / "voila.json").write_text(json.dumps(stranger))
    (folder / "voila.py").write_text("raise SystemExit('a stranger was executed')")
    found = start(folder, str(trained_run()))
    yield found
    found.process.terminate()
    found.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def page(server) -> Answer:
    return server.get("/")


@pytest.fixture(scope="module")
def kernel(page) -> str:
    return json.loads(_config(page))["kernelId"]


def _config(page: Answer) -> str:
    found = re.search(r'id="jupyter-config-data" type="application/json">(.*?)<', page.text, re.S)
    assert found, page.text[-2000:]
    return found[1]


def _message(kind: str, content: dict[str, Any], channel: str = "shell") -> str:
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "visitor",
        "session": uuid.uuid4().hex,
        "date": "2026-01-01T00:00:00Z",
        "version": "5.3",
    }
    rest = {"parent_header": {}, "metadata": {}, "channel": channel, "buffers": []}
    return json.dumps({"header": header, "content": content, **rest})


def _ask(socket: WebSocket, kind: str, content: dict[str, Any], reply: str) -> dict[str, Any]:
    """Send a message that is allowed, and wait for its answer."""
    message = _message(kind, content)
    number = json.loads(message)["header"]["msg_id"]
    socket.send(message)
    while True:
        found = json.loads(socket.recv())
        if found["msg_type"] == reply and found["parent_header"].get("msg_id") == number:
            return found["content"]


# -- what it serves ---------------------------------------------------------------------------


def test_the_page_has_a_title_and_a_language_and_shows_no_code(page):
    assert page.status == 200
    assert f"<title>{serve.TITLE}</title>" in page.text and '<html lang="en">' in page.text
    assert "application/vnd.jupyter.widget-view+json" in page.text
    assert "import Studio" not in page.text and "Traceback" not in page.text


def test_the_page_fetches_nothing_from_other_servers(page):
    links = re.findall(r"<(?:link|script|img)[^>]*(?:href|src)=\"([^\"]+)\"", page.text)
    assert links and not [link for link in links if not link.startswith(("/voila/", "data:"))]
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy


def test_it_listens_on_this_computer_alone(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses an address of ours
        except OSError:
            pytest.skip("this computer has no other address")
        own = probe.getsockname()[0]
    with socket.socket() as client:
        assert client.connect_ex((own, server.port)) != 0


def test_the_log_is_quiet(server, page):
    (line,) = server.log.read_text().splitlines()
    assert line == f"The caption studio is at http://127.0.0.1:{server.port}/ (Ctrl-C ends it)"


# -- what it does not run ---------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("execute_request", {"code": "open({path!r}, 'w')", "silent": False}),
        ("execute_request", {"code": "", "user_expressions": {"x": "open({path!r}, 'w')"}}),
        ("inspect_request", {"code": "open", "cursor_pos": 1, "detail_level": 1}),
        ("complete_request", {"code": "open({path!r}, 'w').", "cursor_pos": 30}),
        ("debug_request", {"type": "request", "seq": 1, "command": "initialize"}),
        ("interrupt_request", {}),
        ("input_reply", {"value": "open({path!r}, 'w')"}),
        ("create_subshell_request", {}),
    ],
)
def test_no_message_of_a_visitors_is_executed(server, kernel, tmp_path, kind, content, channel):
    sign = tmp_path / "executed"
    text = json.dumps(content).replace("{path!r}", repr(str(sign)))
    socket = server.connect(kernel)
    refused = json.loads(_message(kind, json.loads(text), channel))
    socket.send(json.dumps(refused))
    socket.settimeout(PATIENCE)
    _ask(socket, "kernel_info_request", {}, "kernel_info_reply")  # all before it were looked at
    number = refused["header"]["msg_id"]
    socket.settimeout(0.3)
    with pytest.raises(WebSocketException):  # no answer to the one refused is under way
        while json.loads(socket.recv())["parent_header"].get("msg_id") != number:
            pass
    socket.close()
    assert not sign.exists()


def test_the_widgets_of_a_page_can_be_asked_for(server, kernel):
    socket = server.connect(kernel)
    found = _ask(socket, "comm_info_request", {"target_name": "jupyter.widget"}, "comm_info_reply")
    socket.close()
    assert len(found["comms"]) > 10


def test_another_site_cannot_connect_nor_ask_by_a_name_of_its_own(server, kernel):
    with pytest.raises(WebSocketException, match="403"):
        server.connect(kernel, origin="http://evil.example")
    with pytest.raises(WebSocketException, match="403"):
        server.connect(kernel, origin="http://evil.example", host="evil.example")
    assert server.get("/", Host="evil.example").status == 403
    assert server.get(f"/api/kernels/{kernel}", Host="evil.example").status == 403
    end = f"/voila/api/shutdown/{kernel}"
    assert server.get(end, "POST", Origin="http://evil.example").status in (403, 404)
    assert server.get(end, "POST", Host="evil.example", Origin="http://evil.example").status == 403
    assert server.get(f"/api/kernels/{kernel}", "DELETE").status == 403
    assert server.get(f"/api/kernels/{kernel}").status == 200


def test_a_picture_or_frame_of_another_sites_page_starts_no_kernel(server, page):
    for kind in ("image", "iframe", "script", "empty"):
        answer = server.get("/", Sec_Fetch_Dest=kind)
        assert answer.status == 403 and "kernelId" not in answer.text
    address = server.get("/", Sec_Fetch_Dest="document")
    assert address.status == 200
    other = json.loads(_config(address))["kernelId"]
    server.close(other)


def test_no_more_kernels_than_memory_may_hold_not_even_when_all_pages_are_opened_at_once(
    tmp_path, monkeypatch
):
    """Real kernels of an idle Python, asked for in one moment."""
    monkeypatch.setattr(serve, "MOST_PAGES", 2)

    async def open_pages() -> list[Any]:
        manager = serve.FewKernels(root_dir=str(tmp_path), connection_dir=str(tmp_path))
        try:
            asked = [manager.start_kernel() for _ in range(5)]
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert len(manager.list_kernel_ids()) == 2
            await manager.shutdown_kernel(manager.list_kernel_ids()[0])
            await manager.start_kernel()  # there is room again
            return found
        finally:
            await manager.shutdown_all()

    with ThreadPoolExecutor(1) as thread:  # a browser's test before may have left a loop in ours
        found = thread.submit(lambda: asyncio.run(open_pages())).result()
    refused = [str(error) for error in found if isinstance(error, serve.HTTPError)]
    assert refused == ["HTTP 503: 2 pages are open: close one and try again"] * 3


def test_a_message_longer_than_any_upload_ends_its_own_connection_alone(server, kernel):
    socket = server.connect(kernel)
    with pytest.raises((WebSocketException, OSError)):
        socket.send("x" * (serve.LARGEST_UPLOAD + 1))
        while socket.recv():  # what the kernel says, then the end
            pass
        raise WebSocketConnectionClosedException
    socket.close()
    again = server.connect(kernel)
    _ask(again, "kernel_info_request", {}, "kernel_info_reply")
    again.close()


# -- what it does not hand out ----------------------------------------------------------------

OUTSIDE = [
    "/voila/files/secret.png",
    "/voila/files/studio.ipynb",
    "/voila/files/../secret.png",
    "/voila/files/..%2fsecret.png",
    "/voila/files//etc/passwd",
    "/voila/files/%2fetc%2fpasswd",
    "/voila/static/../../../../../../../../etc/passwd",
    "/voila/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/voila/static//etc/passwd",
    "/voila/templates/lab/static/../../../../../../../../../etc/passwd",
    "/voila/templates/lab/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/voila/templates/..%2f..%2f..%2f/static/etc/passwd",
    "/voila/templates/../../static/etc/passwd",
    "/voila/labextensions/../../../../../../../etc/passwd",
    "/voila/api/themes/../../../../../../../etc/passwd",
    "/voila/render/other.ipynb",
    "/voila/render/%2fetc%2fpasswd",
    "/voila/tree",
    "/voila/api/contents/",
    "/api/contents/",
    "/api/kernels",
    "/other.ipynb",
    "/studio.ipynb",
    "/../../etc/passwd",
    "//etc/passwd",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_file_outside_its_own_is_served(server, page, path):
    answer = server.get(path)
    seen = 0
    while answer.status in (301, 302) and seen < 5:  # a path of one page leads to its files
        address = answer.headers["Location"]
        assert address.startswith("/") and not address.startswith("//")
        answer, seen = server.get(address), seen + 1
    assert answer.status in (400, 403, 404, 500), answer
    assert "root:" not in answer.text and "a secret" not in answer.text
    assert "kernelId" not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/voila/static/voila.js", "/voila/templates/lab/static/index.css"]
)
def test_its_own_files_are(server, path):
    assert server.get(path).status == 200


def test_a_visitor_chooses_no_template_and_writes_no_markup_into_the_page(server):
    answer = server.get("/?template=../../..&theme=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status == 200 and "alert(1)" not in answer.text
    kernel = json.loads(_config(answer))["kernelId"]
    server.close(kernel)


# -- how it begins and ends -------------------------------------------------------------------


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_its_kernels(tmp_path, sign):
    server = start(tmp_path, str(trained_run()))
    page = server.get("/")
    assert page.status == 200
    children = _children(server.process.pid)
    assert children
    server.process.send_signal(sign)
    assert server.process.wait(PATIENCE) == 0
    deadline = time.monotonic() + PATIENCE
    while any(_is_alive(child) for child in children):
        assert time.monotonic() < deadline, "a kernel outlives its server"
        time.sleep(0.1)
    log = server.log.read_text()
    assert log.startswith("The caption studio is at") and log.count("\n") == 1, log


def _children(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    rows = [tuple(map(int, line.split())) for line in found.stdout.splitlines()]
    return [pid for pid, ppid in rows if ppid == parent]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_port_that_is_taken_is_said_and_the_next_one_found(capsys, monkeypatch):
    with socket.socket() as taken:
        taken.bind((serve.ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["studio", "--port", str(port)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == (f"t2i studio: port {port} is taken: give another --port, or leave it out")
        monkeypatch.setattr(serve, "FIRST_PORT", port)
        assert serve._free_port(None) > port


@pytest.mark.parametrize("text", ["0", "-1", "65536", "http", "²"])
def test_a_port_is_a_number(text, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["studio", "--port", text])
    assert stop.value.code == 2
    assert "is not a port from 1 to 65535" in capsys.readouterr().err


def test_without_voila_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert main(["studio"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("t2i studio: the studio needs voila: pip install ")


def test_weights_that_are_not_there_are_said_before_anything_starts(capsys):
    assert main(["studio", "--weights", "no-such-set"]) == 2
    assert "no weights at 'no-such-set'" in capsys.readouterr().err


def test_the_server_itself_loads_no_network():
    script = (
        "import sys; import t2i_utils.studio.serve;"
        "print([m for m in ('tensorflow', 'keras', 'jax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_a_kernel_without_a_page_ends_by_itself(tmp_path):
    server = serve.StudioServer(config=serve._settings(str(tmp_path), 1))
    server.config_file_paths = []
    server.initialize([str(serve.write_page(tmp_path / "studio.ipynb", "birds"))])
    server.connection_dir = str(tmp_path)
    server.init_settings()
    assert isinstance(server.kernel_manager, serve.FewKernels)
    assert server.kernel_manager.cull_idle_timeout == serve.IDLE
    assert server.kernel_manager.cull_interval == serve.LOOK and serve.IDLE + serve.LOOK < 60
    assert not server.kernel_manager.cull_connected
