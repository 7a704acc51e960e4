"""From a recruiter's raw answer to the submission's JSON text: the XML of the MTurk protocol, or JSON as it is."""

from __future__ import annotations

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from hitgen.lib.contract import SUBMISSION_FIELD
from hitgen.methods.submission import FaultyError

MAX_CHARS = 1_000_000
"""64 KB of JSON whose every character is escaped in XML stays below this."""


def submission_text(answer: str) -> str:
    """The JSON text of a raw answer; FaultyError where there is none, or where the XML is not what it should be."""
    if len(answer) > MAX_CHARS:
        raise FaultyError(f"the answer has {len(answer)} characters; at most {MAX_CHARS} are read")
    if answer.lstrip("\ufeff \t\r\n").startswith("<"):
        return _field(answer)
    return answer


def _field(xml: str) -> str:
    """The one field that a page sends, out of `QuestionFormAnswers`."""
    try:
        root = fromstring(xml.lstrip("\ufeff \t\r\n"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise FaultyError(f"the XML holds what no answer needs ({type(error).__name__})") from None
    except (ParseError, ValueError, RecursionError):
        raise FaultyError("the answer is not XML that can be read") from None
    found = [_text(answer, "FreeText") for answer in root if _text(answer, "QuestionIdentifier") == SUBMISSION_FIELD]
    if len(found) != 1 or found[0] is None:
        raise FaultyError(f"the XML has {len(found)} answers named {SUBMISSION_FIELD!r}; there is exactly one")
    return found[0]


def _text(answer: object, name: str) -> str | None:
    """The text of the child of that name, whatever its namespace."""
    for child in answer:  # type: ignore[attr-defined]
        if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name:
            return child.text or ""
    return None
