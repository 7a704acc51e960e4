"""`hitgen gold`: ladders with a known answer: planted in a photograph, none at all, or known from people who rated them before."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hitgen.batch.load import load_batch
from hitgen.commands import options
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, Fault, InputError, at_option
from hitgen.lib.files import in_one_of
from hitgen.lib.pictures import SUFFIXES
from hitgen.lib.sqlite import held
from hitgen.manifest import BuildFolder
from hitgen.methods.base import AnyMethod, FoundAnswers, GoldPlan, method_of

if TYPE_CHECKING:
    import polars

OWN = "results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--source", type=Path, metavar="IMAGE", help="a photograph that is not in the study")
    kinds.add_argument(
        "--from", dest="found_in", type=Path, metavar="WHERE",
        help=f"ladders that people agreed on: `{OWN}` (this batch's own), another batch, or an export's ratings.csv",
    )  # fmt: skip
    parser.add_argument(
        "--catch", action="store_true", help="with --source: a catch trial, in which nothing is to be seen"
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="with an export: where its sources lie")
    parser.add_argument(
        "--most", type=options.positive, default=10, help="with --from: so many ladders at most (default 10)"
    )
    parser.add_argument("--role", choices=("gold", "training"), default="gold")
    parser.add_argument(
        "--onset",
        type=options.positive,
        metavar="LEVEL",
        help="where flicker begins (default: as late as nothing of the picture has to be held back)",
    )
    parser.add_argument("--name", default="", help="default: ROLE-IMAGE, or gold-WHERE")
    parser.add_argument("--seed", type=options.seed, default=1)
    parser.add_argument("--yes", action="store_true", help="do not ask before adding it")


def run(given: argparse.Namespace, console: Console) -> None:
    folder, role = given.folder, given.role
    path = folder / CONFIG_NAME
    method = method_of(read_config(path))
    lock = BuildFolder(folder).cache / "gold.lock"
    lock.parent.mkdir(exist_ok=True)
    with held(lock, path):
        before = path.read_bytes()
        plan = _plan(given, method)
        console.say(*plan.told)
        if not console.agree(f"Add it to {path}?", given.yes, "Nothing was added"):
            return
        if path.read_bytes() != before:
            raise InputError(Fault(str(path), "", "it was changed while this was being made", "the same command again"))
        method.add_gold(folder, plan)
    console.say(f"Added to {CONFIG_NAME}; [hit] {role} says how many stand on a page.", options.then("check", folder))


def _plan(given: argparse.Namespace, method: AnyMethod) -> GoldPlan:
    """What was asked for; nothing of the batch is changed yet."""
    folder, role = given.folder, given.role
    if given.found_in:
        if role != "gold" or given.catch:
            raise InputError(
                at_option("--from", "what people agreed on can be gold alone", "leaving --role and --catch out")
            )
        answers = found_answers(folder, given.found_in, given.images, [*method.tables])
        return method.find_gold(folder, answers, given.name, given.most)
    source = in_one_of(given.source, [folder, folder / "images"])
    return method.plan_gold(folder, source, role, given.onset, given.name, given.seed, given.catch)


def found_answers(folder: Path, where: Path, images: Path | None, own_tables: Sequence[str]) -> FoundAnswers:
    """The answers of an earlier study: a batch's, with its pictures, or an export's, whose pictures lie in a folder."""
    own = str(where) == OWN
    batch_folder = folder if own else where
    if own or (where / CONFIG_NAME).is_file():
        from hitgen.results.dataset import make_dataset

        tables, batch = make_dataset(batch_folder).tables, load_batch(batch_folder)
        pictures = {(each.images.name, each.source): each.path for each in batch.ladders}
        sets = {each.name: each for each in batch.config.images}
        return FoundAnswers(batch.config.batch.name, str(batch_folder), tables, pictures, sets, own)
    tables = _exported(where, ("ratings", *own_tables, "images"))
    if images is None:
        raise InputError(
            at_option("--images", f"{where} holds answers without pictures", "--images FOLDER with its sources")
        )
    by_name = {path.stem: path for path in sorted(images.glob("*")) if path.suffix.lower() in SUFFIXES}
    keys = tables["images"].select("images", "source").iter_rows()
    pictures = {key: by_name[key[1]] for key in keys if key[1] in by_name}
    return FoundAnswers("export", str(where), tables, pictures, {})


def _exported(where: Path, names: Sequence[str]) -> dict[str, polars.DataFrame]:
    """The tables of an export, by the path of its folder or of one of them."""
    import polars

    folder = where if where.is_dir() else where.parent
    tables = {}
    for name in names:
        path = folder / f"{name}.parquet" if (folder / f"{name}.parquet").is_file() else folder / f"{name}.csv"
        try:
            tables[name] = polars.read_parquet(path) if path.suffix == ".parquet" else polars.read_csv(path)
        except (OSError, polars.exceptions.PolarsError) as error:
            problem = f"it cannot be read ({str(error).splitlines()[0]})"
            remedy = "`results`, a batch folder, or the ratings.csv of `hitgen export`"
            raise InputError(Fault(str(path), "", problem, remedy)) from None
    return tables
