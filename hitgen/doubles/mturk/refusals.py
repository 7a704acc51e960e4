"""How the marketplace says no, in the service's own codes."""

from __future__ import annotations


class RefusalError(Exception):
    """An answer that is an error: nothing was done.

    `code` is the wire's error type, `turk_code` the last word of the service's own code, or empty.
    """

    def __init__(self, turk_code: str, message: str, code: str = "RequestError", status: int = 400) -> None:
        super().__init__(message)
        self.turk_code = turk_code
        self.code = code
        self.status = status


def invalid(message: str) -> RefusalError:
    """A parameter that the service does not take."""
    return RefusalError("InvalidParameterValue", message)


def no_such(kind: str, name: str) -> RefusalError:
    """Something that does not exist: kind is `HIT`, `Assignment` or `QualificationType`."""
    return RefusalError(f"{kind}DoesNotExist", f"{kind} {name} does not exist.")


def wrong_state(kind: str, name: str, state: str, wanted: str) -> RefusalError:
    """Something that is not in the state that the operation needs."""
    message = f"This {kind} {name} is currently in the state '{state}'. This operation can be called with a status of: {wanted}"
    return RefusalError(f"Invalid{kind}State", message)
