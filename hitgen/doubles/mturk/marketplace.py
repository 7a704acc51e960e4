"""A running marketplace: what tests and the verb `rehearse` start."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

from hitgen.doubles.mturk.clock import Clock
from hitgen.doubles.mturk.faults import Faults
from hitgen.doubles.mturk.requester import Requester
from hitgen.doubles.mturk.server import Server
from hitgen.doubles.mturk.state import State
from hitgen.doubles.mturk.workers import Workers

PLAY_USD = Decimal("10000.00")
"""What a requester has to spend at first, as in the service's sandbox."""


class Marketplace:
    """A marketplace on 127.0.0.1, for as long as its `with` block lasts; its state stays in the file `path`.

    `faults` and `clock` may be changed from any thread meanwhile. `port` 0 takes a free one. `funds_usd`
    counts only where the file is new.
    """

    def __init__(
        self,
        path: Path,
        port: int = 0,
        funds_usd: Decimal = PLAY_USD,
        clock: Clock | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.faults = faults or Faults()
        self._path, self._port, self._funds_usd = path, port, funds_usd

    def __enter__(self) -> Marketplace:
        self.state = State(self._path, self.clock, int(self._funds_usd * 100))
        self._server = Server(self._port, self.clock, self.faults)
        self.requester = self._server.requester = Requester(self.state)
        self.workers = self._server.workers = Workers(self.state, self._server.origin)
        self.calls = self._server.calls
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.state.close()

    @property
    def endpoint_url(self) -> str:
        """Where requesters speak the MTurk protocol."""
        return self._server.origin

    @property
    def worker_url(self) -> str:
        """Where workers find HITs; `?workerId=A...` says who comes."""
        return f"{self._server.origin}/worker"
