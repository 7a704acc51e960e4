"""A real Turkle in a process of its own, with a requester and workers."""

from __future__ import annotations

import os
import subprocess
import sys
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
SERVE = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
import django
django.setup()
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers import basehttp
site = StaticFilesHandler(basehttp.get_internal_wsgi_application())
basehttp.run("127.0.0.1", 0, site, threading=True, on_bind=lambda port: print(port, flush=True))
"""
"""Takes a free port, holds it and tells it; Ctrl+C in the terminal is for whoever asks it what came back."""
STARTS_S = 120
"""The first page may take so long: much is loaded for it."""


@dataclass(frozen=True)
class RunningTurkle:
    """Its address and the requester's API token."""

    url: str
    token: str


@contextmanager
def running_turkle(folder: Path, workers: Sequence[str] = ("anna", "ben", "cleo")) -> Iterator[RunningTurkle]:
    """Turkle with an empty database in `folder`, on a free port, until the block ends."""
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
    private_file(folder / "turkle.log")
    with (
        (folder / "turkle.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, stderr=log, umask=0o077
        ) as server,
    ):
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip().decode()
            assert port, "Turkle ended at once"
            url = f"http://127.0.0.1:{port}"
            urllib.request.urlopen(f"{url}/login/", timeout=STARTS_S).close()
            yield RunningTurkle(url, token)
        finally:
            server.kill()
