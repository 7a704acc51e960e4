"""The collector on a port, by waitress."""

from __future__ import annotations

import threading
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask
from waitress.wasyncore import close_all

from hitgen.collector.app import Collector
from hitgen.collector.inbox import LIMIT_BYTES, Inbox

THREADS = 8
IDLE_S = 60


class Server:
    """A collector that listens on `host` and `port` (0: any free one) while it runs."""

    def __init__(self, collector: Collector, inbox: Inbox, host: str, port: int) -> None:
        made: Any = create_server(
            collector,
            host=host,
            port=port,
            threads=THREADS,
            max_request_body_size=LIMIT_BYTES + 1,
            channel_timeout=IDLE_S,
            ident=None,
            # One family, so that it is one socket: a name may stand for both.
            ipv4=":" not in host,
            ipv6=":" in host,
        )
        self._server = made
        made.channel_class = _counting(inbox)
        self.host, self.port = host, int(made.effective_port)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    def run(self) -> None:
        """Serve until interrupted."""
        self._server.run()

    def __enter__(self) -> Server:
        """Serve in the background until the block ends."""
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # In the loop's own thread, which ends when nothing is left to listen to.
        self._server.trigger.pull_trigger(lambda: close_all(self._server._map))
        self._thread.join(10)
        self._server.task_dispatcher.shutdown()


def _counting(inbox: Inbox) -> type[HTTPChannel]:
    """A channel that counts what the server refuses by itself, such as bodies beyond the limit."""

    class CountingError(ErrorTask):
        def execute(self) -> None:
            request: Any = self.request
            inbox.refuse("too-large" if request.error.code == 413 else "not-http", 0)
            super().execute()

    class CountingChannel(HTTPChannel):
        error_task_class = CountingError

    return CountingChannel
