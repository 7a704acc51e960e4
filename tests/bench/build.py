"""Building ladders and packs against bare Pillow that encodes and writes the same frames, in one run."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hitgen.batch.sources import LadderSource
from hitgen.build import build
from hitgen.config.images import JpegSet
from hitgen.stimuli.form import Frames
from hitgen.stimuli.make import make_ladders
from tests.support.batches import HEAD

SOURCES = 200
FORMS: tuple[Frames, ...] = ("carried", "made")
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "ihc.png")


def photographs(folder: Path, count: int, width_px: int = 640) -> list[Path]:
    """Distinct PNGs of four to three, cut from the photographs that scikit-image ships."""
    import skimage

    shipped = Path(skimage.__file__).parent / "data"
    there = [shipped / name for name in PHOTOS if (shipped / name).exists()]
    photos = [Image.open(path).convert("RGB") for path in there[:count]]
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        photo = photos[number % len(photos)]
        scale = rng.uniform(0.7, 1.0)
        width = int(min(photo.width, photo.height * 4 / 3) * scale)
        left = int(rng.integers(0, photo.width - width + 1))
        top = int(rng.integers(0, photo.height - width * 3 // 4 + 1))
        box = (left, top, left + width, top + width * 3 // 4)
        picture = photo.crop(box).resize((width_px, width_px * 3 // 4), Image.Resampling.LANCZOS)
        path = folder / f"photo{number:04d}.png"
        picture.save(path, compress_level=1)
        paths.append(path)
    return paths


def ladder_sources(paths: list[Path]) -> list[LadderSource]:
    images = JpegSet(name="study", sources="*.png", codec="jpeg")
    return [LadderSource(images, path.stem, path, path.parent) for path in paths]


def bare(task: tuple[Path, Path]) -> None:
    """What a short script of one's own would do for one source."""
    path, folder = task
    image = Image.open(path).convert("RGB")
    image.save(folder / f"{path.stem}_000.webp", lossless=True, quality=20, method=0, exact=True)
    for level in range(1, 101):
        image.save(folder / f"{path.stem}_{level:03d}.jpg", quality=101 - level)


def bare_time_s(paths: list[Path], folder: Path) -> float:
    folder.mkdir(parents=True)
    start = time.perf_counter()
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        list(pool.map(bare, [(path, folder) for path in paths], chunksize=4))
    return time.perf_counter() - start


def stock_encoder_time_s(paths: list[Path], folder: Path) -> float:
    """A shell loop of cjpeg over the same qualities, on all cores; from PPM files, which it reads."""
    folder.mkdir(parents=True)
    for path in paths:
        Image.open(path).convert("RGB").save(folder / f"{path.stem}.ppm")
    loop = 'for quality in $(seq 1 100); do cjpeg -baseline -quality $quality -dct int -outfile "$0.$quality.jpg" "$0"; done'
    jobs = "\n".join(str(folder / f"{path.stem}.ppm") for path in paths)
    start = time.perf_counter()
    subprocess.run(["xargs", "-P", str(os.cpu_count()), "-n", "1", "sh", "-c", loop], input=jobs, text=True, check=True)
    return time.perf_counter() - start


def our_time_s(sources: list[LadderSource], folder: Path) -> float:
    start = time.perf_counter()
    make_ladders(sources, folder / "packs", folder / "cache")
    return time.perf_counter() - start


def study(folder: Path, count: int, frames: Frames) -> Path:
    """A batch of photographs on inline pages, which was never built."""
    photographs(folder / "images", count)
    (folder / "batch.toml").write_text(
        f'{HEAD}[[images]]\nname = "study"\nsources = "images/*.png"\ncodec = "jpeg"\n'
        f'[hit]\ntraining = 0\nstudy = 10\ngold = 0\nframes = "{frames}"\n[display]\nscaling = "pixels"\n',
        encoding="utf-8",
    )
    return folder


def build_time_s(folder: Path) -> float:
    """Of the command, as people give it: a process of its own, which has yet to load what it needs."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "hitgen", "build", str(folder)], capture_output=True, check=True)
    return time.perf_counter() - start


def rebuild_time_s(folder: Path) -> float:
    """Of the build alone: what a command takes to begin, whatever it is for, does not belong to it."""
    start = time.perf_counter()
    build(folder)
    return time.perf_counter() - start


def forms(scratch: Path, rounds: int) -> dict[str, float]:
    """`hitgen build` of made frames, with their proof, against carried ones: medians over rounds, each form first in every other one."""
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        for frames in FORMS[:: 1 if number % 2 else -1]:
            folder = study(scratch / f"{frames}{number}", SOURCES, frames)
            times.setdefault(frames, []).append(build_time_s(folder))
            times.setdefault(f"{frames} again", []).append(rebuild_time_s(folder))
            shutil.rmtree(folder)
    found = {name: float(np.median(values)) for name, values in times.items()}
    pairs = zip(times["made"], times["carried"], strict=True)
    return {
        "carried_build_s": found["carried"],
        "made_build_s": found["made"],
        "made_build_ratio": float(np.median([made / carried for made, carried in pairs])),
        "made_rebuild_ratio": found["made again"] / found["made"],
    }


def of_stock_encoder(paths: list[Path], scratch: Path) -> dict[str, float]:
    """What ladders take of a shell loop's time; nothing where the stock encoder is missing, which is said."""
    if not shutil.which("cjpeg"):
        print(
            "cjpeg_loop_ratio: not measured, as there is no cjpeg here (tests/setup/cjpeg.sh installs it)", flush=True
        )
        return {}
    stock = stock_encoder_time_s(paths, scratch / "stock")
    return {"cjpeg_loop_ratio": our_time_s(ladder_sources(paths), scratch / "few") / stock}


def measure(scratch: Path, rounds: int = 3) -> dict[str, Any]:
    """Medians over alternating rounds: times in seconds and their ratios."""
    paths = photographs(scratch / "photos", SOURCES)
    sources = ladder_sources(paths)
    ours, theirs, again = [], [], []
    for number in range(rounds):
        folder = scratch / f"round{number}"
        theirs.append(bare_time_s(paths, folder / "bare"))
        ours.append(our_time_s(sources, folder))
        again.append(our_time_s(sources, folder))
        shutil.rmtree(folder)
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    return {
        "sources": SOURCES,
        "bare_s": float(np.median(theirs)),
        "hitgen_s": float(np.median(ours)),
        "build_ratio": float(np.median(ratios)),
        **of_stock_encoder(paths[: SOURCES // 10], scratch),
        "rebuild_s": float(np.median(again)),
        "rebuild_ratio": float(np.median(again) / np.median(ours)),
        **forms(scratch / "forms", 2 * rounds + 1),
    }


TARGETS = {"build_ratio": 1.15, "rebuild_ratio": 0.02, "made_build_ratio": 1.5, "made_rebuild_ratio": 0.02}
