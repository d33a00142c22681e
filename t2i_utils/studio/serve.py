"""The studio as a page of its own: a Voila server on this computer, for one notebook of two lines.

A visitor can only move widgets: Voila passes on no message that would execute code, the
only folder it knows holds the one notebook, and files in it are not served. Nobody's configuration
is read, so that a `voila.json` in the working directory opens nothing. Every page has a kernel of
its own, some 1 GB; it ends when the page is closed.
"""

import asyncio
import errno
import functools
import logging
import socket
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import default
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

from t2i_utils.errors import InputError

ADDRESS = "127.0.0.1"
FIRST_PORT, PORTS = 8866, 20
TITLE = "Caption studio"
TEMPLATES = Path(__file__).parent / "page"
# What the page may load: its own files, and pictures in its own text. Voila writes its scripts into
# the page and compiles schemas, hence the two "unsafe".
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]
IDLE, LOOK = 30, 5  # seconds: a kernel whose page went away without a word ends after both
LARGEST_UPLOAD = 64 * 2**20  # bytes: a camera's photograph; tornado's own limit is 10 MiB
MOST_PAGES = 8  # open at a time


class OwnPython(KernelSpecManager):
    """One kernel: the Python that runs the server, whatever other kernels are registered."""

    def _kernel_dirs_default(self) -> list[str]:
        return []


class FewKernels(AsyncMappingKernelManager):
    """Kernels for so many pages as memory may hold; those that are starting count already."""

    async def start_kernel(self, **options: Any) -> str:
        """Start one.

        Raises:
            HTTPError: there is no room for it (503).
        """
        if len({*self.list_kernel_ids(), *self._starting}) >= MOST_PAGES:
            raise HTTPError(503, reason=f"{MOST_PAGES} pages are open: close one and try again")
        number = self.new_kernel_id()
        self._starting.add(number)
        try:
            return await super().start_kernel(kernel_id=number, **options)
        finally:
            self._starting.discard(number)

    async def cull_kernels(self) -> None:
        """End all idle kernels side by side: one after the other, eight took half a minute."""
        ends = [self.cull_kernel_if_idle(number) for number in self.list_kernel_ids()]
        for error in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(error, Exception):
                self.log.error("an idle kernel was not ended", exc_info=error)

    @functools.cached_property
    def _starting(self) -> set[str]:
        return set()


class EndOfPage(VoilaShutdownKernelHandler):
    """A page that goes away ends its kernel.

    The browser's last message carries no XSRF token, so that Jupyter Server would refuse it and
    leave the kernel there. Its id, which only its page knows, says as much as a token.
    """

    def check_xsrf_cookie(self) -> None:
        """Admit it; that it comes from the page's own origin is checked all the same."""


class StudioServer(Voila):
    """Voila with this page's settings, and a line on where it is."""

    own_browser = True

    @default("log_level")
    def _default_log_level(self) -> int:
        return logging.ERROR

    def setup_template_dirs(self) -> None:
        """Put the page's own template before those of Voila."""
        super().setup_template_dirs()
        self.template_paths = [str(TEMPLATES), *self.template_paths]

    def init_handlers(self) -> list[Any]:
        """Answer the end of a page before Voila does."""
        return [(r"/voila/api/shutdown/(.*)", EndOfPage), *super().init_handlers()]

    def launch_browser(self) -> None:
        """Called once the server listens: say so, and open the page if that was asked for."""
        print(f"The caption studio is at {self.display_url} (Ctrl-C ends it)", flush=True)
        if self.own_browser:
            webbrowser.open(self.display_url)


def serve(weights: str, port: int | None = None, browser: bool = True) -> None:
    """Serve the studio until Ctrl-C; its kernels end with it.

    Args:
        weights: a shipped set's name, or an absolute path.
        port: None takes the first free one from 8866.
        browser: whether to open a browser on it.

    Raises:
        InputError: the port is taken or forbidden.
    """
    port = _free_port(port)
    with tempfile.TemporaryDirectory(prefix="t2i-studio-") as folder:
        notebook = write_page(Path(folder) / "studio.ipynb", weights)
        server = StudioServer(config=_settings(folder, port))
        server.config_file_paths, server.own_browser = [], browser
        server.initialize([str(notebook)])
        server.start()


def write_page(path: Path, weights: str) -> Path:
    """The notebook that Voila runs for every visitor."""
    source = f"from t2i_utils.studio import Studio\nStudio(weights={weights!r})"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source)],
        metadata={
            "title": TITLE,
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        },
    )
    nbformat.write(notebook, path)
    return path


def _settings(folder: str, port: int) -> Config:
    settings = Config()
    settings.Voila.update(ip=ADDRESS, port=port, port_retries=0, root_dir=folder)
    settings.Voila.tornado_settings = {
        "allow_remote_access": False,  # a request must name this computer, not an alias of it
        "headers": {"Content-Security-Policy": POLICY},
        "websocket_max_message_size": LARGEST_UPLOAD,
        "ws_ping_interval": 0,  # a page on the same computer goes away with a word
    }
    settings.VoilaConfiguration.update(
        file_allowlist=[],
        allow_template_override="NO",
        allow_theme_override="NO",
        prelaunch_hook=_admit,
        extension_allowlist=WIDGETS,
        kernel_spec_manager_class=OwnPython,
        multi_kernel_manager_class=FewKernels,
    )
    settings.KernelManager.transport_encryption = "auto"
    settings.MappingKernelManager.update(cull_idle_timeout=IDLE, cull_interval=LOOK)
    return settings


def _admit(request: Any, **about: Any) -> None:
    """Before a kernel starts: is a person opening the page?

    Raises:
        HTTPError: a picture or frame of another page asks (403).
    """
    if request.request.headers.get("Sec-Fetch-Dest", "document") != "document":
        raise HTTPError(403, reason="open the studio as a page of its own")


def _free_port(port: int | None) -> int:
    """The port asked for, or the first free one.

    Raises:
        InputError: it is taken or forbidden.
    """
    for candidate in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            if sys.platform != "win32":  # as tornado does: a port in TIME_WAIT is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, candidate))
            except OSError as error:
                if port is None:
                    continue
                why = "is taken" if error.errno == errno.EADDRINUSE else "is not for you"
                raise InputError(
                    f"port {port} {why}: give another --port, or leave it out"
                ) from error
            return candidate
    raise InputError(f"ports {FIRST_PORT} to {FIRST_PORT + PORTS - 1} are taken: give a --port")
