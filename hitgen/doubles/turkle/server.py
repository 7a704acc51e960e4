"""A real Turkle in a process of its own, with a requester and workers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hitgen.lib.files import private_file

PASSWORD = "rehearsal"
PEOPLE = """
import sys, django
django.setup()
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
boss = User.objects.create_superuser("requester", password=sys.argv[1])
for name in sys.argv[2:]:
    User.objects.create_user(name, password=sys.argv[1])
print(Token.objects.create(user=boss).key)
"""


@dataclass(frozen=True)
class RunningTurkle:
    """Its address and the requester's API token."""

    url: str
    token: str


@contextmanager
def running_turkle(
    folder: Path, port: int = 0, workers: Sequence[str] = ("anna", "ben", "cleo")
) -> Iterator[RunningTurkle]:
    """Turkle with an empty database in `folder`, on a port (0: a free one), until the block ends."""
    database = str(folder / "turkle.sqlite")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hitgen.doubles.turkle.settings",
        "TURKLE_DATABASE": database,
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, umask=0o077).stdout

    run("-m", "django", "migrate", "-v", "0")
    token = run("-c", PEOPLE, PASSWORD, *workers).strip().splitlines()[-1]
    port = port or _free_port()  # not before: others could be given it meanwhile
    url = f"http://127.0.0.1:{port}"
    private_file(folder / "turkle.log")
    with (folder / "turkle.log").open("wb") as log:
        command = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, umask=0o077)
        try:
            _wait(url, server)
            yield RunningTurkle(url, token)
        finally:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "Turkle ended at once"
        try:
            urllib.request.urlopen(f"{url}/login/", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError("Turkle does not answer")
