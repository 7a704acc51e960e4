"""Calls to a recruiter's REST service: token, retries of what is safe to repeat, and errors in plain words."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from hitgen.config.loading import CONFIG_NAME
from hitgen.errors import Fault, InputError
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError

TIMEOUT_S = 60
TRIES = 6
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
MAX_SAID = 500


def token_from(variable: str) -> str:
    """The secret token in an environment variable; InputError where there is none."""
    token = os.environ.get(variable, "").strip()
    if not token:
        problem = f"the environment variable {variable} is not set"
        raise InputError(
            Fault(CONFIG_NAME, "recruiter.token_env", problem, f"export {variable}=TOKEN; keep it out of files")
        )
    return token


class Rest:
    """JSON over https with `Authorization: Token ...`.

    Reading is tried again after every failure, changing only where the service says that it did nothing
    (429, 503); `UnknownOutcomeError` where a change may have happened, `RefusedError` where it did not.
    """

    def __init__(self, base_url: str, token: str, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.base_url = base_url.rstrip("/")
        self.skew_s = 0.0
        self._token = token
        self._name = name
        self._sleep = sleep

    def get(self, path: str) -> Any:
        """What is at `path`, from JSON."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """What is at `path`, as it is."""
        return self._tried("GET", path, None).decode("utf-8")

    def change(self, method: str, path: str, values: Any = None) -> Any:
        """Ask for a change; returns the answer, None where it is empty."""
        body = self._tried(method, path, None if values is None else json.dumps(values).encode())
        return json.loads(body) if body.strip() else None

    def _tried(self, method: str, path: str, body: bytes | None) -> bytes:
        wait_s = FIRST_WAIT_S
        for number in range(TRIES):
            last = number == TRIES - 1
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as error:
                with error:
                    nothing_done = error.code in (429, 503)
                    if last or not (nothing_done or (method == "GET" and error.code >= 500)):
                        raise self._plain(error, method, path) from error
                    wait_s = max(wait_s, _asked_s(error))
            except (OSError, http.client.HTTPException) as error:
                if last or method != "GET":
                    raise UnknownOutcomeError(f"{self._name} at {self.base_url} gave no answer: {error}") from error
            self._sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        raise AssertionError

    def _once(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Authorization": f"Token {self._token}", "Accept": "*/*"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.base_url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            if date := answer.headers.get("Date"):
                self.skew_s = time.time() - parsedate_to_datetime(date).timestamp()
            read: bytes = answer.read()
            return read

    def _plain(self, error: urllib.error.HTTPError, method: str, path: str) -> Exception:
        said = error.read(MAX_SAID).decode("utf-8", "replace").strip()
        words = f"{self._name} answered {error.code} to {method} {path}: {said or error.reason}"
        if error.code in (401, 403):
            return InputError(Fault(CONFIG_NAME, "recruiter.token_env", words, "a valid token with these rights"))
        if error.code >= 500 and error.code != 503:
            return UnknownOutcomeError(words)
        return RefusedError(str(error.code), words)


def _asked_s(error: urllib.error.HTTPError) -> float:
    """How long the service asks to wait, in seconds."""
    asked = error.headers.get("Retry-After") or ""
    return min(float(asked), LONGEST_WAIT_S) if asked.isdigit() else 0.0
