"""What a page shows first, and to whom: to a window without a size nothing yet, to a robot no screen that stands in markup alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

SCREENS = """() => {
  window.screens = [];
  new MutationObserver(() => window.screens.push(document.documentElement.dataset.screen))
    .observe(document, { attributes: true, subtree: true, attributeFilter: ["data-screen"] });
}"""
HELD_BACK_S = 0.5
POINTS = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]
PIXELS = '[display]\nscaling = "pixels"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = built_page(write_batch(tmp_path_factory.mktemp("first"), PIXELS, study=1))
    return Path(address.removeprefix("file://")).read_text("utf-8")


@contextmanager
def at(*parts: str, around: str = "") -> Iterator[str]:
    """The address of a page that comes in parts, each some time after the one before; at `/around` stands another one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = [around] if self.path == "/around" else parts
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            for number, part in enumerate(sent):
                time.sleep(HELD_BACK_S if number else 0)
                self.wfile.write(part.encode())
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.browser
@pytest.mark.parametrize("hiding", ["display: none", "width: 0", "height: 0"])
def test_a_frame_that_has_no_size_yet_refuses_nobody(built: str, open_page: OpenPage, hiding: str) -> None:
    page = open_page("about:blank", offline=False)
    page.context.add_init_script(f"({SCREENS})()")
    frame = '<!doctype html><iframe id="frame" src="/" style="width: 1200px; height: 900px; border: 0"></iframe>'
    with at(built, around=frame.replace("border: 0", f"border: 0; {hiding}")) as url:
        page.goto(f"{url}/around")
        inner = page.locator("#frame").element_handle().content_frame()
        inner.wait_for_load_state("load")
        assert inner.evaluate("() => screens") == []
        page.evaluate("() => document.querySelector('#frame').style = 'width: 1200px; height: 900px'")
        inner.locator("[data-screen-part=consent]").wait_for()
        assert inner.evaluate("() => screens") == ["consent"]


@pytest.mark.browser
def test_a_robot_waits_for_the_first_screen_of_a_page_that_arrives_slowly(built: str, open_page: OpenPage) -> None:
    own = built.replace("<html ", '<html data-screen="blocked" ', 1)  # as a base.html of one's own may have it
    early, late = own.split("<noscript>")
    with at(early, f"<noscript>{late}") as url:
        page = open_page("about:blank", offline=False)
        page.goto(url, wait_until="commit")
        robot = Robot(page, lambda _: Answer(5, POINTS))
        robot.work()
    assert robot.record.screens[0] == "consent"
    assert robot.screen() == "submit"
