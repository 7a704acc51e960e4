"""Text for a terminal: what strangers wrote made fit for it, and numbers with their nouns."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` in one printable line: whatever a terminal could take for a command is spelled out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def count(number: int, noun: str) -> str:
    """A number with its noun, as in "1 study", "2 studies", "2 surveys", "2 bonuses"."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in "aeou":
        return f"{number} {noun[:-1]}ies"
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number} {plural}"
