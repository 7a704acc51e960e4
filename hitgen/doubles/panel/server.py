"""A panel's site on this machine, to which people go back."""

from __future__ import annotations

import http.server
from urllib.parse import urlsplit

from hitgen.doubles.panel.panel import ANY, Panel, RefusalError, Service
from hitgen.doubles.service import OnPort


class PanelServer(Panel, OnPort):
    """A panel on a port of this machine while the block runs; of another service, its paths stand under this address."""

    def __init__(self, service: Service = ANY) -> None:
        super().__init__(service)
        self.faults: list[str] = []

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """What answers people who come back, and calls for credit."""
        return _handler(self)

    def __enter__(self) -> PanelServer:
        super().__enter__()
        self.base = self.address
        return self


def _handler(panel: PanelServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            fault = panel.faults.pop(0) if panel.faults else ""
            if fault == "busy":
                self._answer(503, "busy")
            elif panel.service.credit and urlsplit(self.path).path == urlsplit(panel.service.credit).path:
                text = panel.credit(panel.base + self.path)
                if fault != "lost":
                    self._answer(200, text)
            else:
                try:
                    self._answer(200, f"<p>{panel.visit(panel.base + self.path)}</p>")
                except RefusalError as refusal:
                    self._answer(400, str(refusal))

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
