"""A WSGI application on a port, by waitress: every connection has a deadline, and the slowest make room for the next."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol, cast

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask
from waitress.wasyncore import close_all

from hitgen.collector.rates import address_of
from hitgen.errors import OutsideError
from hitgen.lib.contract import SUBMISSION_LIMIT_BYTES

THREADS = 8
IDLE_S = 30
"""How long a connection may lie still."""
REQUEST_S = 60
"""How long a request may take to arrive: 64 KB at 1 kB/s."""
ANSWER_S = 900
"""How long a connection may be kept to send an answer: a page of 20 MB at 200 kbit/s."""
MOST_HEADER_BYTES = 16_384
MOST_CONNECTIONS = 400
"""Beyond it the one that waits for longest without a whole request is closed."""
MOST_OF_ONE = 100
"""As many connections of one address, unless it is the web server before this one."""


# A request that waits for a moment is nothing to tell people of.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class App(Protocol):
    """A WSGI application that is told, by its status, of each answer that the server gives without it: no HTTP, or too long."""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]: ...
    def refused(self, status: int) -> None: ...


class Server:
    """An application that listens on `host` and `port` (0: any free one) while it runs, or on a socket that is `held` for it.

    Raises OutsideError where nothing can listen there.
    """

    def __init__(self, app: App, host: str, port: int, held: socket.socket | None = None) -> None:
        made: Any = create_server(
            cast(Any, app),
            sockets=[held or bound(host, port)],
            threads=THREADS,
            max_request_body_size=SUBMISSION_LIMIT_BYTES + 1,
            max_request_header_size=MOST_HEADER_BYTES,
            channel_timeout=IDLE_S,
            cleanup_interval=5,
            connection_limit=2 * MOST_CONNECTIONS,
            asyncore_use_poll=True,
            # Read where a web server before this one wrote it, and for counting alone.
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        self._server = made
        made.channel_class = _channel_class(app)
        made.maintenance = lambda now_s: _close_late(made, now_s)
        self.host, self.port = host, int(made.effective_port)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def run(self) -> None:
        """Serve until interrupted."""
        self._server.run()

    def __enter__(self) -> Server:
        """Serve in the background until the block ends."""
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        pulled = threading.Event()

        def close() -> None:
            # A request's end may wake the loop before the trigger is pulled, whose file is then still to be written to.
            pulled.wait()
            self._close_all()

        # In the loop's own thread, which ends when nothing is left to listen to.
        self._server.trigger.pull_trigger(close)
        pulled.set()
        self._thread.join(10)
        self._server.task_dispatcher.shutdown()

    def _close_all(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()  # with the files that it was sending
        close_all(self._server._map)


def bound(host: str, port: int) -> socket.socket:
    """One socket on one address, though a name may stand for several; OutsideError where it cannot be had."""
    try:
        return _bound(host, port)
    except (OSError, OverflowError, ValueError) as error:
        remedy = "an address of this machine"
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            remedy = "another --port, or ending what listens there, such as another `hitgen serve`"
        if isinstance(error, OSError) and error.errno == errno.EACCES:
            remedy = "a --port of 1024 or more"
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OutsideError(f"{host}:{port} cannot be listened on: {why}; try {remedy}") from error


def _bound(host: str, port: int) -> socket.socket:
    if not host:
        raise ValueError("it names no host")
    # An address without colons is taken as one of IPv4, which every web server before this one speaks.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made


def _close_late(server: Any, now_s: float) -> None:
    """Close connections that are past a deadline, however busily they trickle."""
    for channel in list(server.active_channels.values()):
        if channel.requests:
            continue
        idle_s = now_s - channel.last_activity
        late = channel.request is not None and now_s - channel.waits_since_s > REQUEST_S
        if idle_s > IDLE_S or late or now_s - channel.waits_since_s > ANSWER_S:
            channel.will_close = True


def _make_room(server: Any, newest: Any) -> None:
    """Close whoever waits for longest where there are too many, of one address or in all."""
    waiting = [each for each in server.active_channels.values() if each is not newest and not each.requests]
    address = newest.known_address
    mine = [each for each in waiting if address and each.known_address == address]
    for channels, most in ((mine, MOST_OF_ONE), (waiting, MOST_CONNECTIONS)):
        if len(channels) >= most:
            # Whoever is being answered comes last.
            min(channels, key=lambda each: (each.total_outbufs_len > 0, each.waits_since_s)).will_close = True


def _channel_class(app: App) -> type[HTTPChannel]:
    """A channel that knows since when it waits, and tells what the server refuses by itself, such as too long bodies."""

    class CountingError(ErrorTask):
        def execute(self) -> None:
            request: Any = self.request
            with suppress(Exception):  # who cannot note it keeps nobody waiting
                app.refused(request.error.code)
            super().execute()

    class CountingChannel(HTTPChannel):
        error_task_class = CountingError

        def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002
            super().__init__(server, sock, addr, adj, map=map)
            self.waits_since_s = time.time()
            self.known_address = address_of({"REMOTE_ADDR": addr[0]})
            _make_room(server, self)

        def received(self, data: bytes) -> bool:
            if self.request is None:
                self.waits_since_s = time.time()
            return bool(super().received(data))

    return CountingChannel
