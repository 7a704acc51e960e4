"""Who leaves a page without answers finds the way back: declined, screened out, or wrong in training once too often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from hitgen.build import build
from hitgen.cli import main
from hitgen.doubles.panel.panel import ANY
from hitgen.doubles.panel.server import PanelServer
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.support.batches import SMALL, link_batch
from tests.support.servers import collecting, free_port
from tests.support.visitors import screen_is, visit

pytestmark = pytest.mark.browser
MOBILE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


@dataclass
class Open:
    """A published study, its panel, and where the panel sends people."""

    panel: PanelServer
    address: str

    def came(self, browser: Browser, number: int, **more: str) -> tuple[str, Page]:
        """A person who pressed the button, at their page."""
        person, address = self.panel.send(number, self.address)
        page = visit(browser, address, **more)[1]
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/*assignmentId=*")
        return person, page

    def went(self, person: str, page: Page, way: str = "You can go back from here.") -> str:
        """How the panel takes them back who follow the page's link."""
        page.get_by_role("link", name=way).click()
        page.wait_for_url(f"{self.panel.base}/**")
        page.context.close()
        return self.panel.ended[person]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder, port = tmp_path_factory.mktemp("ways") / "batch", free_port()
    url = f"http://127.0.0.1:{port}"
    with PanelServer() as panel:
        ways = "".join(f'{why.replace("-", "_")} = "{panel.base}{way}"\n' for why, way in ANY.ways.items())
        recruiter = f'kind = "panel"\n{ways}results = {{kind = "collector", url = "{url}"}}'
        link_batch(
            folder,
            port,
            f"training_tries = 2\n{SMALL.replace('ratings = 3', 'ratings = 9').replace('assignments = 3', 'assignments = 9')}",
            recruiter,
        )
        build(folder, workers=1)
        with collecting(folder, port):
            assert main(["publish", str(folder)]) == 0
            yield Open(panel, f"{url}/go")


class Stubborn(Robot):
    """Tries again without heeding what it is told."""

    def _learn(self, trial: object, answer: Answer) -> None:
        self.hit("retry").click()


def test_whoever_is_wrong_twice_in_training_is_sent_back_and_stays_so(study: Open, browser: Browser) -> None:
    person, page = study.came(browser, 1)
    robot = Stubborn(page, lambda _: Answer(12, []))
    robot.work()
    assert robot.screen() == "done" and [attempt.attempt for attempt in robot.record.attempts] == [1, 2]
    page.reload()
    screen_is(page, "done")
    page.get_by_text("You cannot go on with this study").wait_for()
    assert not robot.hit("return").count()
    assert study.went(person, page) == "failed"
    page = visit(browser, study.panel.send(1, study.address)[1])[1]
    assert page.url.startswith(study.panel.base) and study.panel.ended[person] == "failed"
    page.context.close()


def test_whoever_learns_from_the_first_goes_on(study: Open, browser: Browser) -> None:
    person, page = study.came(browser, 2)
    # Right about the places; about the level once not.
    right = [(64.0, 48.0), (256.0, 48.0), (160.0, 192.0)]
    robot = Robot(page, lambda trial: Answer(12, right))
    robot.work()
    assert robot.screen() == "submit" and max(attempt.attempt for attempt in robot.record.attempts) == 2
    robot.hit("submit").click()
    assert study.went(person, page, "Please go on here to finish.") == "complete"


def test_whoever_does_not_consent_can_go_back(study: Open, browser: Browser) -> None:
    person, page = study.came(browser, 3)
    page.locator('[data-hit="decline"]').click()
    assert study.went(person, page) == "declined"


def test_a_phone_is_sent_back(study: Open, browser: Browser) -> None:
    person, page = study.came(browser, 4, user_agent=MOBILE)
    screen_is(page, "blocked")
    assert study.went(person, page) == "screened-out"
