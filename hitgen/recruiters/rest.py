"""Calls to a recruiter's REST service: its token, JSON both ways, and its refusals in plain words."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hitgen.errors import Fault, InputError, in_config
from hitgen.ledger.rows import Environment
from hitgen.lib.web import LOOPBACK, NoAnswerError, Response, UntrustedError, fetch_patiently
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.recruiters.shapes import Shape, misfit


def token_from(variable: str, environment: Mapping[str, str] | None, key: str = "recruiter.token_env") -> str:
    """The secret in an environment variable, which `key` of batch.toml names; InputError where there is none."""
    token = (os.environ if environment is None else environment).get(variable, "").strip()
    if not token:
        problem = f"the environment variable {variable} is not set"
        raise InputError(in_config(key, problem, f"export {variable}=TOKEN; keep it out of files"))
    return token


class Rest:
    """JSON over https with a token in a header, `Authorization: Token ...` unless said.

    `UnknownOutcomeError` where a change may have happened, `RefusedError` where it did not.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        name: str,
        header: tuple[str, str] = ("Authorization", "Token {}"),
        key: str = "recruiter.token_env",
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.skew_s = 0.0
        self._secret = {header[0]: header[1].format(token)}
        self._key = key
        self._name = name

    def environment(self, production: bool) -> Environment:
        """Where money would be spent: a service on this machine is none that pays anybody."""
        if urlsplit(self.base_url).hostname in LOOPBACK:
            return "local"
        return "production" if production else "sandbox"

    def get(self, path: str, shape: Shape = object) -> Any:
        """What is at `path`, from JSON, where it has this shape."""
        return self._json(self._answer("GET", path, None), path, shape)

    def text(self, path: str) -> str:
        """What is at `path`, as it is."""
        return self._answer("GET", path, None).body.decode("utf-8", "replace")

    def change(
        self,
        method: str,
        path: str,
        values: Any = None,
        headers: Mapping[str, str] | None = None,
        shape: Shape = object,
    ) -> Any:
        """Ask for a change, with further `headers`; returns the answer where it has this shape, None where it is empty."""
        body = None if values is None else json.dumps(values).encode()
        return self._json(self._answer(method, path, body, headers), path, shape)

    def _json(self, answer: Response, path: str, shape: Shape) -> Any:
        try:
            found = answer.json()
        except ValueError as error:
            problem = f"{self._name} at {self.base_url} answered with what is no JSON: {answer.words()}"
            raise UnknownOutcomeError(problem) from error
        if fault := misfit(found, shape):
            problem = f"{self._name} answered {path} with something that hitgen does not understand: {fault} is missing or of another kind"
            raise UnknownOutcomeError(problem)
        return found

    def _answer(self, method: str, path: str, body: bytes | None, more: Mapping[str, str] | None = None) -> Response:
        headers = {**self._secret, "Accept": "*/*", **(more or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = fetch_patiently(self.base_url + path, method, body, headers)
        except UntrustedError as error:
            raise InputError(Fault(f"{self._name} at {self.base_url}", "", error.problem, error.remedy)) from error
        except NoAnswerError as error:
            raise UnknownOutcomeError(f"{self._name} at {error}") from error
        if answer.skew_s is not None:
            self.skew_s = answer.skew_s
        if answer.is_ok:
            return answer
        words = f"{self._name} answered {answer.status} to {method} {path}: {answer.words()}"
        if answer.status in (401, 403):
            raise InputError(in_config(self._key, words, "a valid token with these rights"))
        if answer.status >= 500 and answer.status != 503:
            raise UnknownOutcomeError(words)
        raise RefusedError(str(answer.status), words)
