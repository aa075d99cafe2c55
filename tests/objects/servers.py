"""An S3 server process on loopback, and a proxy before it that fails on demand."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import obstore
from obstore.store import S3Store

from warehouse.store.bucket import Bucket
from warehouse.store.s3 import Access

BUCKET = "limitwise-tests"
KEYS = {
    "access_key_id": "an-access-key",
    "secret_access_key": "a-secret-key",
    "region": "us-east-1",
}
_LOOKS = 6_000  # for a port to be opened; each waits for an answer of the kernel


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class S3Server:
    """Moto's S3 server as a process of its own."""

    def __init__(self, folder: Path):
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._log = folder / "s3.log"

    def __enter__(self) -> "S3Server":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=self._log.open("w"),
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
        )
        while True:
            assert self._process.poll() is None, self._log.read_text()
            with (
                suppress(ConnectionRefusedError),
                socket.create_connection(("127.0.0.1", self.port), timeout=60),
            ):
                break
            os.sched_yield()
        self.ask("PUT", f"/{BUCKET}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send one request and return the body of the answer, which must be good."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, content
        return content

    def overwrite(self, key: str, content: bytes) -> None:
        """Put an object as any other program would, which knows nothing of our metadata."""
        plain = {"allow_http": True}
        store = S3Store(BUCKET, endpoint=self.endpoint, client_options=plain, **KEYS)
        obstore.put(store, key, content)

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Return the variables by which a process reaches the server, or a proxy before it."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": KEYS["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": KEYS["secret_access_key"],
            "AWS_REGION": KEYS["region"],
        }

    def bucket(self, prefix: str, cache: Path, endpoint: str | None = None) -> Bucket:
        """Return a prefix of the bucket, with a folder for copies."""
        access = Access(setting="LIMITWISE_LAKE", endpoint=endpoint or self.endpoint, config=KEYS)
        return Bucket(f"s3://{BUCKET}/{prefix}", cache, access)


Hook = Callable[["Request"], object]


class Request:
    """A request that reached the proxy.

    Attributes:
        method, path, headers: Of the request; the path with its query.
        count: How many of this kind there were, with this one.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, count: int):
        self.method, self.path, self.count = handler.command, handler.path, count
        self.headers = {k: v for k, v in handler.headers.items() if k.lower() != "connection"}
        self.status: int | None = None
        self.is_cut = False

    def answer(self, status: int) -> None:
        """Answer with a failure instead of asking the server."""
        self.status = status

    def cut(self) -> None:
        """Close the connection in the middle of the server's answer."""
        self.is_cut = True


class FaultyProxy:
    """Passes requests on to the S3 server, and lets a test act on some of them.

    Attributes:
        endpoint: Where it listens.
        seen: Method and path of every request.
    """

    def __init__(self, server: S3Server):
        self.seen: list[tuple[str, str]] = []
        self._hooks: list[tuple[re.Pattern, str, Hook]] = []
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                proxy._pass_on(self, server)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "FaultyProxy":
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def on(self, pattern: str, act: Hook, *, when: str = "before") -> None:
        """Call `act` with each request whose `METHOD path` matches, from now on.

        Args:
            pattern: Regular expression.
            act: May answer or cut the request.
            when: `before` the server is asked, or `after`, when its answer is still to be sent.
        """
        self._hooks.append((re.compile(pattern), when, act))

    def _call(self, request: Request, when: str) -> None:
        for pattern, moment, act in self._hooks:
            if moment == when and pattern.search(f"{request.method} {request.path}"):
                act(request)

    def _pass_on(self, handler: BaseHTTPRequestHandler, server: S3Server) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._lock:
            self.seen.append((handler.command, handler.path))
            count = self._counts[handler.command] = self._counts.get(handler.command, 0) + 1
        request = Request(handler, count)
        self._call(request, "before")
        if request.status:
            self._send(handler, request.status, [], _error(request.status), request)
            return
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request(handler.command, handler.path, body, request.headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self._call(request, "after")
        if request.status:
            self._send(handler, request.status, [], _error(request.status), request)
        else:
            self._send(handler, answer.status, answer.getheaders(), content, request)

    def _send(self, handler, status: int, headers, content: bytes, request: Request) -> None:
        handler.send_response_only(status)
        kept = {"connection", "transfer-encoding", "content-length"}
        for name, value in headers:
            if name.lower() not in kept or (name.lower() == "content-length" and not content):
                handler.send_header(name, value)
        if content:
            handler.send_header("Content-Length", str(len(content)))
        elif not any(name.lower() == "content-length" for name, _ in headers):
            handler.send_header("Content-Length", "0")
        handler.end_headers()
        if request.is_cut:
            handler.wfile.write(content[: len(content) // 2])
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif handler.command != "HEAD":
            handler.wfile.write(content)


def _error(status: int) -> bytes:
    code = {403: "AccessDenied", 500: "InternalError"}.get(status, "Refused")
    return f"<Error><Code>{code}</Code><Message>as the test asked</Message></Error>".encode()
