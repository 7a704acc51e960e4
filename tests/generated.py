"""Parts of the docs that are made from what the code declares: `python -m tests.generated` writes them anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hitgen.lib.contract import read_contract

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- generated: {} -->", "<!-- end of what is generated -->"


def contract_tables(method: str) -> str:
    """Screens, slots, parts, phases and attributes, each with its sentence; the method's marked as such."""
    frame, own = read_contract(), read_contract(f"methods/{method}")

    def joined(key: str) -> dict[str, str]:
        found = dict(frame.get(key, {}))
        for name in ("physical", "survey"):
            note = {"physical": '`scaling = "physical"`', "survey": "a survey"}[name]
            found |= {slot: f"{text} (with {note})" for slot, text in frame[name].get(key, {}).items()}
        return found | {name: f"{text} (`{method}`)" for name, text in own.get(key, {}).items()}

    sections = [
        ("Screens", "`<html data-screen=\"...\">`", joined("screens")),
        ("Slots", "`data-hit`", joined("slots")),
        ("Parts", "`data-part`", joined("parts")),
        (f"Phases of `{method}`", "`data-phase`", joined("phases")),
        ("Attributes", "attribute", joined("attributes")),
    ]  # fmt: skip
    return "\n".join(_table(*section) for section in sections)


def _table(title: str, head: str, rows: Mapping[str, str]) -> str:
    lines = [
        f"### {title}",
        "",
        f"| {head} | is |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in rows.items()),
    ]
    return "\n".join([*lines, ""])


GENERATED = {("templates.md", "the page contract"): lambda: contract_tables("pjnd")}


def written(text: str, name: str, made: str) -> str:
    """A document with its generated part made anew."""
    begin = BEGIN.format(name)
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{made}\n{END}{after}"


def main() -> None:
    """Write every generated part of the docs."""
    for (file, name), make in GENERATED.items():
        path = DOCS / file
        path.write_text(written(path.read_text(encoding="utf-8"), name, make()), encoding="utf-8")


if __name__ == "__main__":
    main()
