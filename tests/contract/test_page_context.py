"""What templates may use is what the context gives and what the docs describe."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from jinja2 import Environment, meta

from hitgen.analysis.report import ReportContext
from hitgen.batch.resources import names
from hitgen.lib.shipped import shipped
from hitgen.pages.context import PageContext


def test_templates_context_and_docs_agree() -> None:
    given = {field.name for field in fields(PageContext)}
    used: set[str] = set()
    for name in names("templates"):
        if name.endswith(".html") and not name.startswith("report/"):
            source = (shipped("templates") / name).read_text(encoding="utf-8")
            used |= meta.find_undeclared_variables(Environment().parse(source))
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    table = text.split("## What a template receives")[1].split("##")[0]
    documented = {
        word for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)
    }
    assert used - {"range"} == given == documented


def test_the_report_uses_what_its_context_gives() -> None:
    environment, used = Environment(), set()
    environment.filters |= {"level": str, "share": str}
    for name in ("report", "macros"):
        source = (shipped("templates") / "report" / f"{name}.html").read_text(encoding="utf-8")
        used |= meta.find_undeclared_variables(environment.parse(source))
    # names set inside the template count as undeclared too; one that nobody gives fails when it is rendered
    assert used >= {field.name for field in fields(ReportContext)} | {"style", "policy", "version"}
