"""What a Turkle server is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.recruiters.answers import origin
from hitgen.recruiters.base import Kind, Opening, Recruiter
from hitgen.recruiters.double import Double
from hitgen.recruiters.turkle.config import TurkleRecruiter


class TurkleKind(Kind[TurkleRecruiter]):
    """A server of one's own that frames pages, keeps the answers and pays nobody."""

    model = TurkleRecruiter
    people = "Participants worked on a Turkle server of the researchers"
    unit = "task"

    def warnings(self) -> list[str]:
        """Pages that share pictures."""
        hit = self.config.hit
        if (hit.assignments or hit.ratings) >= hit.ratings:
            return []
        return [
            "batch.toml: hit.assignments: Turkle cannot keep people from another page with the same pictures; leave it "
            "out, so that each picture stands on one page"
        ]

    def answers(self) -> dict[str, Any]:
        """Answers go to the page around the frame."""
        return {"results": {"kind": "frame", "origins": [origin(self.own.url)]}}

    @classmethod
    @contextmanager
    def rehearse(cls, config: BatchConfig, scratch: Path, address: str) -> Iterator[Double]:
        """A real Turkle."""
        from hitgen.doubles.turkle.server import running_turkle
        from hitgen.recruiters.turkle.double import TOKEN, WORKERS, TurkleDouble

        with running_turkle(scratch, workers=WORKERS) as service:
            given = config.recruiter
            own = given if isinstance(given, TurkleRecruiter) else TurkleRecruiter(kind="turkle", url=service.url)
            yield TurkleDouble(own.model_copy(update={"url": service.url, "token_env": TOKEN}), service)

    def open(self, opening: Opening) -> Recruiter:
        """The server, by its REST API."""
        from hitgen.recruiters.turkle.turkle import Turkle

        return Turkle(self.own, self.config.batch.name, opening)
