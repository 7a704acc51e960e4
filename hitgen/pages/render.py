"""From context to sealed HTML: Jinja2, the linked script, the styles and the policy."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import mimetypes
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateNotFound, meta
from markupsafe import Markup

from hitgen.batch import resources
from hitgen.batch.load import Batch
from hitgen.config.read import nearest
from hitgen.config.told import survey_in
from hitgen.errors import Fault, InputError, in_config, raise_faults
from hitgen.lib.files import text_of
from hitgen.lib.languages import direction, spoken
from hitgen.manifest import Ladder, Level
from hitgen.methods.base import method_of
from hitgen.pages.bounds import Bounded
from hitgen.pages.context import InlinePack, PageContext, Wording, page_data, wordings
from hitgen.pages.data import PageData
from hitgen.pages.faulty import Loader, name_of, plainly, refusal
from hitgen.pages.marks import OtherElementsError, marked
from hitgen.pages.script import link_asking, link_page
from hitgen.pages.seal import TAKE_PACK, policy
from hitgen.pages.slots import slot_faults, source_faults, style_faults
from hitgen.pages.texts import load_texts
from hitgen.plan import PlannedPage
from hitgen.recruiters import kind_of
from hitgen.recruiters.answers import sources
from hitgen.stimuli.form import in_form, makes_any
from hitgen.stimuli.packs import damaged, pack_path

CHECKS_STYLE = "checks/checks.css"
CHUNK_BYTES = 3 * 2**18
"""Divisible by three, so that base64 of the chunks is base64 of the whole."""
DATA_MARK = "@@PAGE@@"
"""Where a page's data go once it is known what they have to say in every language."""


class Renderer:
    """Renders the pages of one batch; templates, styles and script are read once."""

    def __init__(self, batch: Batch, *, makes: bool = True) -> None:
        """Where no frame is to be made after all, pages may do no more than others that carry theirs."""
        self._batch = batch
        self._layout = batch.config.hit.layout
        self._wordings = wordings(batch, load_texts(batch.config, batch.folder))
        kind = kind_of(batch.config)
        self._origins = kind.submit_origins()
        self._results = sources(kind.answers())
        self._method = batch.config.method.kind
        find = functools.partial(resources.find, batch_folder=batch.folder)
        used: set[str] = set()

        def asset(name: str) -> Path | None:
            used.add(name)
            return find("assets", name)

        self._makes = makes and makes_any(in_form(batch, method_of(batch.config).sources(batch))[0])
        self._checks = tuple(table.kind for table in batch.config.check)
        self._script = link_page(
            self._method, asset, makes=self._makes, checks=self._checks, speaks=len(self._wordings) > 1
        )
        self._linked = batch.config.hit.packs == "linked"
        self._further = link_asking(asset) if self._linked else TAKE_PACK
        unused = resources.unused_scripts(batch.folder, used)
        raise_faults(unused)
        self._styles = self._read_styles()
        self.style = "\n".join(self._styles.values())
        """All that the page is styled by."""
        self._sources: dict[str, str] = {}
        self._said: dict[str, list[Wording]] = {}
        self._loader = Loader(
            [str(folder) for folder in resources.search_path("templates", batch.folder, self._method)]
        )
        self._environment = Bounded(
            loader=self._loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._environment.globals["inline"] = self._inline
        self._checked = False
        self.lacks_choice = False
        """Whether the layout, once checked, has no place where one of several languages is chosen."""

    def _inline(self, name: str) -> str:
        """What a template writes where an address belongs: a file of the batch's assets/ itself, as a data: address."""
        path = resources.find("assets", name, self._batch.folder)
        if path is None:
            raise InputError(Fault(f"assets/{name}", "", "there is no such file for inline()", "putting it there"))
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"

    def _read_styles(self) -> dict[str, str]:
        """The styles of the page by their names, those that win last."""
        names = [f"methods/{self._method}/method.css", *([CHECKS_STYLE] if self._checks else []), "styles/base.css"]
        found = {
            name: resources.find("assets", name, self._batch.folder) for name in (*names, f"styles/{self._layout}.css")
        }
        return {name: text_of(path) for name, path in found.items() if path}

    def check(self, planned: PlannedPage) -> None:
        """Refuse what is wrong with templates, before any ladder is made: stand-ins are there for the ladders."""
        stand_in = Ladder(
            ladder="", images="", source="", codec="", role="study", pack="0" * 64, bytes=0, width=1, height=1,
            levels=(Level(0, None, ""),),
        )  # fmt: skip
        data = self.data(planned, defaultdict(lambda: stand_in))
        self._html(data, self._inlined(data))

    def data(self, planned: PlannedPage, ladders: Mapping[str, Ladder]) -> PageData:
        """What the page's script will read."""
        said = [wording.of_page(self._batch.config, planned) for wording in self._wordings]
        self._said[planned.page] = said
        return page_data(self._batch, planned, ladders, said, self._origins)

    def chunks(self, data: PageData, packs: Path) -> Iterator[bytes]:
        """The sealed page piece by piece, so that its packs are never all in memory."""
        inlined = self._inlined(data)
        html = self._html(data, inlined)
        for pack in inlined:
            before, _, html = html.partition(pack.base64)
            yield before.encode()
            yield from _base64_chunks(pack_path(packs, pack.sha256))
        yield html.encode()

    def _inlined(self, data: PageData) -> list[InlinePack]:
        """Where packs go in the page, by a mark that stands for each."""
        if self._linked:
            return []
        hashes = dict.fromkeys(pack for trial in (*data.training, *data.study) for pack in trial.packs)
        return [InlinePack(digest, Markup(f"@@PACK {digest}@@")) for digest in hashes]

    def _first_pack(self, data: PageData) -> Markup:
        """What asks for a page's first linked pack at once; where packs are inline, nothing."""
        first = next((pack for trial in (*data.training, *data.study) for pack in trial.packs), None)
        if not self._linked or first is None:
            return Markup()
        return Markup('<script data-pack="{0}" data-address="{1}{0}.pack">{2}</script>').format(
            first, data.pack_base, Markup(self._further)
        )

    def _html(self, data: PageData, packs: list[InlinePack]) -> str:
        """The page; where it has several languages in the first one, with what it takes to say it in the others."""
        said = self._said[data.page]
        if len(said) == 1:
            html = self._rendered(said[0], data, data.json(), packs)
        else:
            rendered = [self._rendered(each, data, DATA_MARK, packs) for each in said]
            texts = [each.texts for each in said]
            known = {tuple(text[key] for text in texts): key for key in texts[0]}
            try:
                html, more = marked(rendered, known)
            except OtherElementsError as error:
                problem = f"it has other elements in {said[error.args[0]].language!r} than in {said[0].language!r}"
                raise refusal(f"layouts/{self._layout}.html", 1, problem, "other words in the same elements") from None
            html = html.replace(DATA_MARK, data.saying(more).json())
        if not self._checked:
            self._check(html, tuple(_check_screens(json.loads(data.json()))))
            self._checked = True
        return html

    def _rendered(self, said: Wording, data: PageData, told_json: str, packs: list[InlinePack]) -> str:
        """The page in one language; `told_json` stands where its data go."""
        config, page = self._batch.config, json.loads(data.json())
        context = PageContext(
            language=said.language,
            direction=direction(said.language),
            languages=spoken(config.batch.spoken),
            layout=self._layout,
            policy=policy(
                script=self._script,
                further=self._further,
                style=self.style,
                linked=self._linked,
                origins=self._origins,
                results=self._results,
                makes=self._makes,
            ),
            style=Markup(self.style),
            script=Markup(self._script),
            first_pack=self._first_pack(data),
            text=dict(said.texts),
            consent=said.consent,
            survey=survey_in(config, said.language),
            checks=_check_screens(page),
            page=page,
            page_json=Markup(told_json),
            packs=packs,
        )
        name = f"layouts/{self._layout}.html"
        self._environment.begin()
        try:
            with plainly(name):
                return self._environment.get_template(name).render(vars(context))
        except TemplateNotFound:
            raise _no_layout(name) from None

    def _check(self, html: str, checks: tuple[str, ...]) -> None:
        """Refuse a layout that lacks a slot or holds what the policy blocks; once, as all pages share it."""
        environment = self._environment
        pending, sources = [f"layouts/{self._layout}.html", *(f"checks/{kind}.html" for kind in checks)], self._sources
        while pending:
            source, path, _ = self._loader.get_source(environment, pending.pop())
            name = name_of(path)
            if name not in sources:
                sources[name] = source
                pending += [found for found in meta.find_referenced_templates(environment.parse(source)) if found]
        self.lacks_choice = len(self._wordings) > 1 and 'data-hit="language"' not in html
        display, survey = self._batch.config.display, self._batch.config.survey
        faults = (
            source_faults(sources)
            + style_faults(self._styles)
            + slot_faults(
                html,
                self._layout,
                sources,
                method=self._method,
                form=method_of(self._batch.config).form(self._batch.config),
                physical=display.scaling == "physical",
                survey=bool(survey),
                checks=checks,
            )
        )
        raise_faults(faults)


def _check_screens(page: dict[str, Any]) -> list[str]:
    """The checks of eyes and screens that have screens of their own."""
    return [check["kind"] for check in page.get("checks", ()) if "screen" in check]


def _base64_chunks(path: Path) -> Iterator[bytes]:
    """A pack as a page carries it; InputError where it is not the one of its name any more."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            yield base64.b64encode(chunk)
    if digest.hexdigest() != path.stem:
        raise InputError(damaged(path))


def _no_layout(layout: str) -> InputError:
    known = [
        name.split("/")[1].removesuffix(".html") for name in resources.names("templates") if name.startswith("layouts/")
    ]
    problem = f"there is no layout {layout.split('/')[1].removesuffix('.html')!r}"
    return InputError(in_config("hit.layout", problem, nearest("", known)))
