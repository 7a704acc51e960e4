"""The call by which a panel's server learns that somebody earned their credit."""

from __future__ import annotations

from collections.abc import Mapping

from hitgen.errors import InputError, in_config
from hitgen.lib.web import NoAnswerError, UntrustedError, fetch_patiently
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.recruiters.panel.config import PanelRecruiter
from hitgen.recruiters.panel.ends import fill

HIDDEN = "..."


class Credit:
    """Grants credit by an address; the panel itself sees to it that one person gets it once."""

    def __init__(self, config: PanelRecruiter, secret: str) -> None:
        self._config = config
        self._secret = secret

    def grant(self, values: Mapping[str, str]) -> None:
        """Tell the panel; RefusedError with its words where it does not grant, UnknownOutcomeError where nothing came back."""
        config = self._config
        url = fill(config.credit, {**values, "secret": self._secret}, config.digest)
        try:
            answer = fetch_patiently(url)
        except UntrustedError as error:
            raise InputError(in_config("recruiter.credit", self._told(error.problem), error.remedy)) from None
        except NoAnswerError as error:
            raise UnknownOutcomeError(f"the panel did not answer: {self._told(str(error))}") from error
        text = answer.body.decode("utf-8", "replace")
        # A panel that does not know its key any more leads to where one logs in, and that succeeds.
        led = bool(answer.led_to) and not config.credit_shows
        granted = answer.is_ok and not led and config.credit_shows in text
        before = bool(config.credit_shown_before) and config.credit_shown_before in text
        if not granted and not before:
            to = f"it leads to {answer.led_to}" if led else answer.words()
            raise RefusedError(str(answer.status), f"the panel grants no credit: {answer.status} {self._told(to)}")

    def _told(self, text: str) -> str:
        """Words without the panel's key."""
        return text.replace(self._secret, HIDDEN) if self._secret else text
