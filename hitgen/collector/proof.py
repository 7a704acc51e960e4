"""Whether an answer that a page sends would arrive: one is sent as browsers send it, looked for, and taken out again."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from hitgen.collector import by_page
from hitgen.collector.app import UNABLE
from hitgen.collector.inbox import Inbox
from hitgen.errors import InputError, in_config
from hitgen.lib.web import NoAnswerError, Response, UntrustedError, fetch

SERVE = "`hitgen serve BATCH` behind this address, which must stay on while answers come"
NO_BROWSER = "no Chromium was found here"
COPY = "copy the batch folder there now, with its ledger.sqlite, and begin `hitgen serve` anew"


@dataclass(frozen=True)
class Site:
    """Where pages will lie, empty where that is not known, and what their policy lets them reach for their answers."""

    page: str = ""
    origin: str = ""


def prove(address: str, inbox: Inbox, batch: str, name: str, site: Site) -> list[str]:
    """What to mind of the collector at `address`, asked with an answer for the place `name`, which nobody was given.

    It is sent by hitgen, and then by a page at `site` in a browser, where this machine has one. Raises InputError where
    pages could not deliver there.
    """
    body = json.dumps({"schema": 1, "batch": batch, "page": "p0000", "assignment": name, "trials": []})
    try:
        told = _judged(address, _post(f"{address}/results", body.encode()), inbox, name)
        inbox.remove(name)  # or the next one would be counted as the same again
        return [*told, *_by_page(address, body, site)]
    finally:
        inbox.remove(name)


def _by_page(address: str, body: str, site: Site) -> list[str]:
    hindered = by_page.hindrance(site.page, site.origin, f"{address}/results", body) if site.page else ""
    if hindered is None:
        return [f"{NO_BROWSER}: that an answer reaches {address} was tried without one"]
    if hindered:
        problem = f"a page at {site.page} cannot send there; the browser says: {hindered}"
        remedy = "an address that a page may send to, with a certificate that browsers trust"
        raise InputError(in_config("recruiter.results.url", problem, remedy))
    return []


def _post(url: str, body: bytes) -> Response:
    try:
        # As a page in a sandboxed frame does; text/plain is asked about by no browser beforehand.
        return fetch(url, "POST", body, {"Content-Type": "text/plain", "Origin": "null"})
    except UntrustedError as error:
        raise InputError(in_config("recruiter.results.url", f"{url}: {error.problem}", error.remedy)) from error
    except NoAnswerError as error:
        raise InputError(in_config("recruiter.results.url", f"no answer can arrive: {error}", SERVE)) from error


def _judged(address: str, answer: Response, inbox: Inbox, name: str) -> list[str]:
    outcome = _outcome(answer)
    if answer.status in (503, 507) and UNABLE.encode() in answer.body:
        problem = f"the collector at {address} cannot write where it keeps answers: {answer.status} {answer.reason}"
        remedy = "making room there, or giving it the right to write, and then this again"
        raise InputError(in_config("recruiter.results.url", problem, remedy))
    if not outcome and not (answer.status == 503 and b"not published yet" in answer.body):
        led = f", and leads to {answer.headers['Location']}" if 300 <= answer.status < 400 else ""
        problem = (
            f"what is at {address}/results is no collector of hitgen: it says {answer.status} {answer.reason}{led}"
        )
        raise InputError(in_config("recruiter.results.url", problem, SERVE))
    if answer.headers.get("Access-Control-Allow-Origin") not in ("*", "null"):
        problem = f"pages may not read what {address}/results says (CORS)"
        remedy = "letting Access-Control-Allow-Origin through as the collector sends it"
        raise InputError(in_config("recruiter.results.url", problem, remedy))
    if outcome in ("full", "too-often"):
        raise InputError(
            in_config("recruiter.results.url", f"the collector at {address} takes nothing more: {outcome}", SERVE)
        )
    if outcome == "stored" and name in inbox.delivered(name):
        return []
    if outcome == "not-ours":
        raise InputError(in_config("recruiter.results.url", f"the collector at {address} is of another batch", SERVE))
    return [f"the collector at {address} is not this folder's: answers stay where it runs; {COPY}"]


def _outcome(answer: Response) -> str:
    with suppress(ValueError, AttributeError):
        return str(answer.json().get("outcome", ""))
    return ""
