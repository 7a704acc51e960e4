"""Windows of three browser engines under one interface: Chromium by Playwright, Firefox and WebKit by the commands of WebDriver."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Download

from tests.support.servers import free_port

SIZE = (1366, 900)
KEYS = {
    "Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Escape": "\ue00c", "Space": " ",
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}  # fmt: skip
"""What WebDriver calls keys."""
PREFERENCES = {
    "marionette.port": 0,
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,  # it takes the keyboard from the page, and on a busy machine from the next one
    "browser.download.panel.shown": True,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
}
ASYNC = """
const done = arguments[arguments.length - 1];
Promise.resolve().then(() => ({function})(arguments[0])).then((value) => done([value ?? null, null]), (error) => done([null, String(error)]));
"""

KEYS_SEEN = "() => (window.keysSeen ??= (addEventListener('keyup', () => (window.keysSeen += 1), true), 0))"
"""How many keys a page has heard: a busy browser may say that it sent them before it did."""


class Window(ABC):
    """One window of a browser."""

    name: str

    @abstractmethod
    def goto(self, address: str) -> None:
        """Load a page."""

    @abstractmethod
    def reload(self) -> None:
        """Load the page again."""

    @abstractmethod
    def evaluate(self, function: str, argument: Any = None) -> Any:
        """What a function, which may be asynchronous, returns in the page."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys one after another; `Shift+Tab` holds the first."""

    @abstractmethod
    def saved(self) -> Path:
        """Wait for a download; where it lies."""

    def wait(self, function: str, argument: Any = None, seconds: float = 30) -> Any:
        """Wait until a function returns something true in the page; what that is."""
        end = time.monotonic() + seconds
        while not (found := self.evaluate(function, argument)):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: {function} {argument or ''}")
            self.evaluate("() => new Promise((resolve) => setTimeout(resolve, 40))")
        return found


class Chromium(Window):
    """A page of the browser that all other tests use."""

    name = "chromium"

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        self._page = self._context.new_page()
        self._downloads: list[Download] = []
        self._page.on("download", lambda download: self._downloads.append(download))

    def goto(self, address: str) -> None:
        self._page.goto(address)

    def reload(self) -> None:
        self._page.reload()

    def evaluate(self, function: str, argument: Any = None) -> Any:
        return self._page.evaluate(function, argument)

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def saved(self) -> Path:
        for _ in range(600):
            if self._downloads:
                return Path(self._downloads.pop().path())
            self._page.wait_for_timeout(50)
        raise TimeoutError("chromium: nothing was saved")

    def close(self) -> None:
        self._context.close()


Send = Callable[[str, dict[str, Any]], Any]
"""Gives a command by its path in HTTP, with its parameters; what came back."""


class WebDriver(Window):
    """A window that takes WebDriver's commands."""

    def __init__(self, name: str, send: Send, downloads: Path) -> None:
        self.name, self._send, self._downloads = name, send, downloads
        send("timeouts", {"script": 120_000, "pageLoad": 60_000})
        # Its frame takes some of it.
        send("window/rect", {"x": 0, "y": 0, "width": SIZE[0] + 20, "height": SIZE[1] + 100})

    def goto(self, address: str) -> None:
        self._send("url", {"url": address})

    def reload(self) -> None:
        self._send("refresh", {})

    def evaluate(self, function: str, argument: Any = None) -> Any:
        script = ASYNC.replace("{function}", function)
        value, error = self._send("execute/async", {"script": script, "args": [argument]})
        if error is not None:
            raise RuntimeError(f"{self.name}: {error}")
        return value

    def press(self, *keys: str) -> None:
        acts: list[dict[str, str]] = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in key.split("+")]
            acts += [{"type": "keyDown", "value": part} for part in parts]
            acts += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        seen = self.evaluate(KEYS_SEEN) + sum(act["type"] == "keyUp" for act in acts)
        self._send("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": acts}]})
        with suppress(TimeoutError):  # the last one may go to the browser's own bars, or lead to another page
            self.wait(f"(wanted) => ({KEYS_SEEN})() >= wanted", seen, 3)

    def saved(self) -> Path:
        for _ in range(600):
            whole = [path for path in self._downloads.glob("*.json") if path.stat().st_size]
            if whole and not list(self._downloads.glob("*.part")):
                return whole[0]
            time.sleep(0.05)
        raise TimeoutError(f"{self.name}: nothing was saved")


def missing(name: str) -> str:
    """What of an engine is not on this machine, in one line; empty where all is there."""
    wanted = {"firefox": ("firefox-esr",), "webkit": ("Xvfb", "WebKitWebDriver")}.get(name, ())
    lacks = [program for program in wanted if not shutil.which(program)]
    if name == "webkit" and not _mini_browser():
        lacks.append("MiniBrowser")
    return f"{name} is not at hand ({', '.join(lacks)}); on Debian `make engines` installs it" if lacks else ""


@contextmanager
def opened(name: str, browser: Browser, folder: Path) -> Iterator[Window]:
    """A window of an engine, with a profile and downloads of its own in a folder."""
    if name == "chromium":
        page = Chromium(browser)
        yield page
        page.close()
        return
    with ExitStack() as stack:
        downloads = folder / "downloads"
        downloads.mkdir()
        start = _firefox if name == "firefox" else _webkit
        yield WebDriver(name, start(stack, folder, downloads), downloads)


def _firefox(stack: ExitStack, profile: Path, downloads: Path) -> Send:
    """By Marionette: the commands in JSON over a socket."""
    names = {
        "url": "Navigate", "refresh": "Refresh", "execute/async": "ExecuteAsyncScript", "actions": "PerformActions",
        "window/rect": "SetWindowRect", "timeouts": "SetTimeouts",
    }  # fmt: skip
    rows = {**PREFERENCES, "browser.download.dir": str(downloads)}
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in rows.items())
    )
    command = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    _started(stack, command, {"HOME": str(profile)})
    port = _until(lambda: (profile / "MarionetteActivePort").read_text())
    channel = stack.enter_context(socket.create_connection(("127.0.0.1", int(port)), timeout=120))
    stream = stack.enter_context(channel.makefile("rb"))

    def receive() -> Any:
        length = b"".join(iter(lambda: stream.read(1), b":"))
        return json.loads(stream.read(int(length)))

    count = iter(range(1, 10**9))

    def send(path: str, parameters: dict[str, Any]) -> Any:
        message = json.dumps([0, next(count), f"WebDriver:{names.get(path, path)}", parameters]).encode()
        channel.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = receive()
        if error:
            raise RuntimeError(f"firefox: {error['message']}")
        return result.get("value", result)

    receive()
    send("NewSession", {})
    return send


def _webkit(stack: ExitStack, home: Path, downloads: Path) -> Send:
    """WebKitGTK's MiniBrowser on a screen of its own, drawn by the processor."""
    (home / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{downloads}"\n')
    reading, writing = os.pipe()
    screen = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    _started(stack, screen, {}, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        display = told.readline().strip()
    port = free_port()
    homes = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    _started(stack, ["WebKitWebDriver", f"--port={port}"], {**homes, "DISPLAY": f":{display}", "GDK_BACKEND": "x11"})
    _until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5).read())
    session = ""

    def send(path: str, parameters: dict[str, Any], method: str = "POST") -> Any:
        address = f"http://127.0.0.1:{port}/session{session}{'/' * bool(path)}{path}"
        request = urllib.request.Request(address, json.dumps(parameters).encode(), method=method)
        try:
            with urllib.request.urlopen(request, timeout=150) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"webkit: {error.read().decode()}") from None

    browser = {"binary": _mini_browser(), "args": ["--automation"]}
    made = send("", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser}}})
    session = f"/{made['sessionId']}"
    stack.callback(send, "", {}, "DELETE")
    return send


def _mini_browser() -> str:
    return next((str(path) for path in sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), reverse=True)), "")


def _started(stack: ExitStack, command: list[str], more: dict[str, str], *kept: int) -> None:
    process = subprocess.Popen(
        command, env={**os.environ, **more}, pass_fds=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _until(look: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)
