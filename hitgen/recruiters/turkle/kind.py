"""What a Turkle server is."""

from __future__ import annotations

from typing import Any

from hitgen.recruiters.answers import origin
from hitgen.recruiters.base import Kind, Opening, Recruiter
from hitgen.recruiters.turkle.config import TurkleRecruiter


class TurkleKind(Kind[TurkleRecruiter]):
    """A server of one's own that frames pages, keeps the answers and pays nobody."""

    model = TurkleRecruiter

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

    def open(self, opening: Opening) -> Recruiter:
        """The server, by its REST API."""
        from hitgen.recruiters.turkle.turkle import Turkle

        return Turkle(self.own, self.config.batch.name, opening.folder, opening.book)
