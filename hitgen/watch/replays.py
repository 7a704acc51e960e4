"""One submission, trial by trial, to be seen again: what was answered, and the very pictures that were shown."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from hitgen.methods.base import method_of
from hitgen.methods.replay import Pane, Picture, Replay
from hitgen.methods.work import AnyWork, Attempt
from hitgen.results.study import Study
from hitgen.stimuli.made import encoded
from hitgen.stimuli.packs import Frame, Pack, open_pack, pack_path
from hitgen.stimuli.shown import PackPixels
from hitgen.stimuli.views import composed
from hitgen.watch.rows import Values

KEPT_PACKS, KEPT_PICTURES = 4, 256


class Replays:
    """Submissions to be seen again; their pictures come from the first of the folders of packs that has them."""

    def __init__(self, packs: Sequence[Path]) -> None:
        self._packs = packs
        self._pack = lru_cache(KEPT_PACKS)(self._read)
        self.picture = lru_cache(KEPT_PICTURES)(self._picture)

    def trials(self, study: Study, work: AnyWork) -> list[Values]:
        """What was answered in each attempt of a submission, in the order in which it was worked."""
        return [
            {
                "order": attempt.order,
                "attempt": attempt.row.attempt,
                "role": attempt.known.role,
                "source": attempt.known.source,
                "images": attempt.known.images,
                "codec": attempt.known.codec,
                "s": round((attempt.row.ended_ms - attempt.row.started_ms) / 1000, 1),
                "answer": self.replay(study, work, attempt).answer,
                "checks": [
                    [check.name, passed]
                    for check, passed in zip(method_of(study.config).checks, attempt.passes, strict=False)
                    if passed is not None
                ],
            }
            for attempt in work.attempts
        ]

    def replay(self, study: Study, work: AnyWork, attempt: Attempt[Any]) -> Replay:
        """What the study's method shows of an attempt."""
        return method_of(study.config).replay(work, attempt, study.manifest)

    def values(self, study: Study, work: AnyWork, attempt: Attempt[Any]) -> Values:
        """A replay as JSON values, its pictures by their numbers."""
        found = self.replay(study, work, attempt)
        numbers = {picture: number for number, picture in enumerate(found.pictures)}
        curve = found.curve and vars(found.curve)
        return {
            "answer": found.answer,
            "lasts_ms": attempt.row.ended_ms - attempt.row.started_ms,
            "swap_ms": study.config.display.swap_ms(work.submission.display.refresh_at(attempt.row.ended_ms)),
            "pictures": len(numbers),
            "panes": [_pane(pane, numbers) for pane in found.panes],
            "curve": curve,
            "facts": found.facts,
        }

    def _read(self, digest: str) -> Pack:
        for folder in self._packs:
            path = pack_path(folder, digest)
            if path.is_file():
                return open_pack(path)
        raise FileNotFoundError(digest)

    def _picture(self, picture: Picture) -> tuple[str, bytes]:
        """A picture as a file, with its type; OSError where its pack is gone, InputError where it is damaged."""
        pack, level = self._pack(picture.pack), picture.level
        view = picture.view
        if level == 0 or view is None:
            return _file(pack, level)
        outside, inside = view.at(level)
        if not inside:
            return _file(pack, outside)
        shown = PackPixels(pack)
        buffer = io.BytesIO()
        Image.fromarray(composed(shown.at(outside), [shown.at(each) for each in inside], view)).save(
            buffer, "PNG", compress_level=1
        )
        return "image/png", buffer.getvalue()


def _file(pack: Pack, level: int) -> tuple[str, bytes]:
    frame = pack.frame(level)
    if isinstance(frame, Frame):
        return frame.type, frame.content
    with Image.open(io.BytesIO(pack.source.content)) as source:
        return "image/jpeg", encoded(source.convert("RGB"), frame.subsampling, frame.quality)


def _pane(pane: Pane, numbers: dict[Picture, int]) -> Values:
    steps = [[ms, [numbers[picture] for picture in pictures]] for ms, pictures in pane.steps]
    return {**vars(pane), "steps": steps}
