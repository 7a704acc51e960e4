"""2,000 ids of a panel at once and repeatedly, 5,000 looks between them, and a server that is killed and begun again."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector.inbox import Inbox
from tests.support.batches import link_batch
from tests.support.figures import write_figures
from tests.support.servers import collecting, free_port

IDS, LOOKS, KILLS, THREADS, TIMES = 2_000, 5_000, 4, 48, 3
LOOKING = [
    ("HEAD", {}),
    ("GET", {}),
    ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("POST", {"Sec-Purpose": "prefetch"}),
    ("OPTIONS", {}),
]
HIT = 'ratings = 2000\nassignments = 2000\n[display]\nscaling = "pixels"\n'


def ask(port: int, method: str, person: str, headers: dict[str, str]) -> str:
    """Where /go leads, tried until the server that was killed is there again."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, f"/go?PID={person}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status < 500:
                return answer.headers["Location"] or ""
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise AssertionError("the server did not come back")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_thousand_ids_at_once_get_one_place_each(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    results = f'kind = "panel"\nresults = {{kind = "collector", url = "{address}"}}'
    folder = link_batch(tmp_path / "batch", port, HIT, results)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    people = [f"person{number}" for number in range(IDS)]
    acts = [("POST", name, {}) for name in people * TIMES]
    acts += [(method, f"look{n}", headers) for n in range(LOOKS) for method, headers in [LOOKING[n % len(LOOKING)]]]
    random.Random(1).shuffle(acts)
    given: dict[str, set[str]] = {name: set() for name in people}
    looks: Counter[str] = Counter()
    lock = threading.Lock()

    def act(one: tuple[str, str, dict[str, str]]) -> None:
        method, person, headers = one
        url = ask(port, method, person, headers)
        place = parse_qs(urlsplit(url).query).get("assignmentId", [""])[0]
        with lock:
            if person in given:
                given[person].add(place)
            else:
                looks[place] += 1

    command = [sys.executable, "-m", "hitgen", "serve", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    began_s = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(act, one) for one in acts]
        for number in range(1, KILLS + 1):
            while sum(job.done() for job in running) < number * len(acts) // (KILLS + 1):
                time.sleep(0.05)
            server.kill()
            server.wait()
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for job in running:
            job.result()
    took_s = time.monotonic() - began_s
    late = ask(port, "POST", "one-too-many", {})
    server.kill()
    server.wait()
    with Inbox(folder / "collected.sqlite", "small") as inbox:
        rows = inbox.query("SELECT person, assignment FROM turns")
    places = {place for found in given.values() for place in found}
    figures = {"ids": IDS, "requests": len(acts), "looks": LOOKS, "kills": KILLS, "seconds": round(took_s, 1)}
    write_figures(
        "places",
        {
            **figures,
            "places": len(places),
            "given": len(rows),
            "burnt by looks": IDS - len(rows) if looks.keys() - {""} else 0,
        },
    )
    assert {len(found) for found in given.values()} == {1} and len(places) == IDS and "" not in places
    assert {(row["person"], row["assignment"]) for row in rows} == {(name, *found) for name, found in given.items()}
    assert set(looks) == {""} and late == ""
