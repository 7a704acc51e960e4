"""A small web server on this machine, for what people look at here and for doubles of services."""

from __future__ import annotations

import http.server
import sys
from typing import Any


class LocalServer(http.server.ThreadingHTTPServer):
    """Listens on 127.0.0.1 alone, on `port` (0: any free one); says nothing of a browser that went away in the midst of an answer."""

    def __init__(self, handler: Any, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong with a request, but not that nobody waits for its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
