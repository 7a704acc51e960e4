"""One batch by seven ways to people: the same plan and packs, and the same dataset from the same robots."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import polars
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.doubles.connect.server import Connect
from hitgen.doubles.panel.panel import ANY
from hitgen.doubles.panel.server import PanelServer
from hitgen.doubles.prolific.server import Prolific
from hitgen.doubles.turkle.server import PASSWORD, running_turkle
from hitgen.manifest import Manifest, read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot, Trial
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.results.export import export, export_path
from hitgen.results.fetch import fetch
from hitgen.robots.crew import work_one
from hitgen.robots.robot import MakeRobot
from hitgen.robots.visits import visit, visit_from_panel, work_at_turkle
from tests.browser.test_rehearse_people import without_seal
from tests.support.batches import places, write_batch
from tests.support.figures import write_figures
from tests.support.marketplace import open_marketplace
from tests.support.servers import collecting, free_port, serving
from tests.support.strict_s3 import gate

ROBOTS = 3
TEXT = """ratings = {robots}
assignments = {robots}
[display]
scaling = "pixels"
[screening]
gold_answers_min = 0
off = ["speed", "flicker", "straight", "gold"]
[host]
{host}
[recruiter]
{recruiter}
"""
SEEDED = """() => {
  let state = SEED;
  crypto.getRandomValues = (array) => {
    for (let place = 0; place < array.length; place++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      array[place] = array instanceof Uint8Array ? state >>> 24 : state;
    }
    return array;
  };
}"""
WHOLE = """addEventListener("DOMContentLoaded", () => {
  const frame = window === top && document.querySelector("iframe");
  if (frame) Object.assign(frame.style, { position: "absolute", left: "0px", top: "100px" });
})"""
"""A mouse stands on whole pixels of the window, so a frame at a fraction of a pixel moves every mark by that fraction."""
RECRUITERS = {"assignment", "worker", "hit"}
MEASURED = {
    *(
        "started_ms",
        "ended_ms",
        "duration_ms",
        "stalled_ms",
        "display_warnings",
        "trace_json",
        "swaps",
        "swap_mean_ms",
        "swap_sd_ms",
        "swap_max_ms",
    ),
    *("source_mean_ms", "distorted_mean_ms", "dropped", "hidden_ms", "refresh_hz", "submitted_at", "median_trial_s"),
}
"""What clocks and displays say differs between any two visits."""


@dataclass
class Seeded:
    """A browser whose pages draw the same chances for the same robot."""

    browser: Any
    robot: int

    def new_context(self, **more: Any) -> Any:
        context = self.browser.new_context(**{**more, "viewport": {"width": 1680, "height": 1050}})
        context.add_init_script(WHOLE)
        context.add_init_script(f"({SEEDED.replace('SEED', str(self.robot))})()")
        return context


def working(robot: int) -> MakeRobot:
    return lambda page, worker: Robot(page, policy(robot), worker=worker)


def policy(robot: int) -> Callable[[Trial], Answer]:
    """What a robot sees in a trial: drawn from both, on whole pixels."""

    def answer(trial: Trial) -> Answer:
        chance = hashlib.sha256(f"{robot} {trial.trial}".encode()).digest()
        points = [(float(5 + chance[n] % 120), float(5 + chance[n + 3] % 100)) for n in range(3)]
        level = None if chance[9] < 40 else 1 + chance[8] % trial.level_count
        return Answer(level, [(x + 60 * n, y) for n, (x, y) in enumerate(points)])

    return answer


Work = Callable[[Any, int], str]
"""Lets robot 1, 2, ... work one page in a browser; how it ended."""


def made(folder: Path, host: str, recruiter: str) -> Path:
    write_batch(folder, TEXT.format(robots=ROBOTS, host=host, recruiter=recruiter))
    (folder / "plan.secret").write_text("5" * 32)  # the same plan by every way
    build(folder, workers=1)
    return folder


def published(folder: Path) -> None:
    with open_publication(folder) as publication:
        plan = plan_publication(publication)
        publish(publication, plan, str(plan.quote.total_usd))


@contextmanager
def by_link(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    recruiter = f'kind = "link"\nresults = {{kind = "collector", url = "{url}"}}'
    folder = made(place / "batch", f'kind = "folder"\nbase_url = "{url}"', recruiter)
    with collecting(folder, port):
        published(folder)
        yield (
            folder,
            lambda browser, robot: visit(browser, places(folder)[robot - 1]["url"], working(robot), str(robot)),
        )


@contextmanager
def by_bucket(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    address, port = server.get_host_and_port()
    with gate(f"http://{address}:{port}") as s3:
        client = boto3.client("s3", endpoint_url=s3.url, region_name="us-east-1")
        client.create_bucket(Bucket="study-bucket")
        client.close()
        host = f'kind = "s3"\nbucket = "study-bucket"\nendpoint_url = "{s3.url}"'
        folder = made(place / "batch", host, 'kind = "link"\nresults = {kind = "s3"}')
        _open(folder)
        published(folder)
        yield (
            folder,
            lambda browser, robot: visit(browser, places(folder)[robot - 1]["url"], working(robot), str(robot)),
        )
    server.stop()


def _open(folder: Path) -> None:
    from hitgen.config.hosts import S3Host
    from hitgen.config.read import read_config
    from hitgen.hosts.bucket import configure_bucket, needed_changes
    from hitgen.hosts.s3 import S3

    config = read_config(folder / "batch.toml").host
    assert isinstance(config, S3Host)
    host = S3(config, "small")
    configure_bucket(host, needed_changes(host, linked=False, posting=True))


@contextmanager
def served(place: Path) -> Iterator[str]:
    (place / "served").mkdir(parents=True)
    with serving(place / "served") as url:
        yield f'kind = "folder"\nfolder = "../served"\nbase_url = "{url}"'


@contextmanager
def by_turkle(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    with (
        served(place) as host,
        running_turkle(place, [f"worker{n}" for n in range(1, ROBOTS + 1)]) as turkle,
    ):
        patch.setenv("TURKLE_TOKEN", turkle.token)
        folder = made(place / "batch", host, f'kind = "turkle"\nurl = "{turkle.url}"')
        published(folder)

        def work(browser: Any, robot: int) -> str:
            (ended,) = work_at_turkle(browser, turkle.url, f"worker{robot}", PASSWORD, working(robot), lambda: None)
            time.sleep(1.1)  # Turkle tells times by the second
            return ended

        yield folder, work


@contextmanager
def by_prolific(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Prolific() as service:
        patch.setenv("PROLIFIC_TOKEN", service.token)
        recruiter = (
            f'kind = "prolific"\nworkspace = "{service.workspace}"\nminutes = 5\nendpoint_url = "{service.url}"\n'
            f'results = {{kind = "collector", url = "{url}"}}'
        )
        folder = made(place / "batch", f'kind = "folder"\nbase_url = "{url}"', recruiter)
        with collecting(folder, port):
            published(folder)

            def work(browser: Any, robot: int) -> str:
                session, address = service.take(service.offers(f"{robot:024x}")[0], f"{robot:024x}")
                ended = visit(browser, address, working(robot), str(robot))
                service.complete(session, "HITGEN01")
                return ended

            yield folder, work


@contextmanager
def by_mturk(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    place.mkdir(parents=True, exist_ok=True)
    with served(place) as host, open_marketplace(place / "marketplace.sqlite") as (market, _):
        folder = made(place / "batch", host, f'kind = "mturk"\nendpoint_url = "{market.endpoint_url}"')
        published(folder)
        (row,) = market.state.rows("SELECT * FROM hits")

        def work(browser: Any, robot: int) -> str:
            page = browser.new_context().new_page()
            done = work_one(page, market.worker_url, working(robot), f"AROBOT{robot:04d}", row["hit_id"])
            page.context.close()
            return done.ended

        yield folder, work


@contextmanager
def by_panel(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with PanelServer() as service:
        ways = "".join(f'{why.replace("-", "_")} = "{service.base}{way}"\n' for why, way in ANY.ways.items())
        recruiter = f'kind = "panel"\n{ways}results = {{kind = "collector", url = "{url}"}}'
        folder = made(place / "batch", f'kind = "folder"\nbase_url = "{url}"', recruiter)
        with collecting(folder, port):
            published(folder)

            def work(browser: Any, robot: int) -> str:
                person, address = service.send(robot, f"{url}/go")
                (ended,) = visit_from_panel(browser, address, working(robot), str(robot))
                assert service.ended[person] == "complete"
                return ended

            yield folder, work


@contextmanager
def by_connect(place: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Work]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Connect() as service:
        patch.setenv("CONNECT_API_KEY", service.key)
        recruiter = (
            f'kind = "connect"\nminutes = 2\nendpoint_url = "{service.url}"\n'
            f'results = {{kind = "collector", url = "{url}"}}'
        )
        folder = made(place / "batch", f'kind = "folder"\nbase_url = "{url}"', recruiter)
        with collecting(folder, port):
            published(folder)

            def work(browser: Any, robot: int) -> str:
                person = f"{robot:032X}"
                (ended,) = visit_from_panel(browser, service.take(person), working(robot), str(robot))
                assert service.complete(person, "HITGEN01")
                return ended

            yield folder, work


WAYS = {
    **{"link": by_link, "bucket": by_bucket, "turkle": by_turkle, "prolific": by_prolific, "mturk": by_mturk},
    **{"panel": by_panel, "connect": by_connect},
}


def exported(folder: Path) -> dict[str, str]:
    """The export's tables as CSV, without the recruiter's columns and what was measured in time."""
    with open_account(folder) as account:
        assert fetch(account).faulty == ()
    export(folder)
    found = {}
    for path in sorted(export_path(folder).glob("*.csv")):
        table = polars.read_csv(io.BytesIO(path.read_bytes()), infer_schema=False)
        found[path.stem] = table.drop(sorted((RECRUITERS | MEASURED) & set(table.columns))).write_csv()
    return found


def without_config(manifest: Manifest) -> Manifest:
    """A manifest without the digest of its batch.toml, in which the ways differ."""
    assert manifest.provenance
    same = manifest.provenance.model_copy(update={"config_sha256": ""})
    return manifest.model_copy(update={"provenance": same})


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_seven_ways_one_dataset(tmp_path: Path, browser: Browser) -> None:
    tables, manifests, began = {}, {}, time.perf_counter()
    for name, way in WAYS.items():
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            folder, work = stack.enter_context(way(tmp_path / name, patch))
            ended = [work(Seeded(browser, robot), robot) for robot in range(1, ROBOTS + 1)]
            assert ended == ["done"] * ROBOTS, name
            tables[name], manifests[name] = exported(folder), without_config(without_seal(read_manifest(folder)))
    rows = {table: text.count("\n") - 1 for table, text in tables["link"].items()}
    figures = {"robots": ROBOTS, "rows": rows, "minutes": round((time.perf_counter() - began) / 60, 1)}
    same = {name: found == tables["link"] for name, found in tables.items()}
    write_figures("same_dataset", {**figures, "byte_equal": same, "dropped": sorted(RECRUITERS | MEASURED)})
    for name, manifest in manifests.items():
        assert manifest == manifests["link"], name
    for name, found in tables.items():
        for table, text in found.items():
            assert text == tables["link"][table], (name, table)
    assert rows["ratings"] >= 3 * ROBOTS and rows["clicks"] > 0
