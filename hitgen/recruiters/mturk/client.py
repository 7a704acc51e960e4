"""Calls to the MTurk protocol: endpoint, credentials, pace, retries, and errors in plain words."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from hitgen.errors import Fault, InputError, OutsideError, in_config
from hitgen.ledger.rows import Binding, Environment
from hitgen.lib.aws import AWS_ERRORS, code_of, credentials_fault, open_session, status_of, who_signs
from hitgen.lib.web import LOOPBACK
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.recruiters.mturk.config import MTurkRecruiter
from hitgen.recruiters.mturk.pacer import Pacer

REGION = "us-east-1"
"""MTurk lives in this region only; any other builds a host name that does not exist."""
PRODUCTION = f"https://mturk-requester.{REGION}.amazonaws.com"
SANDBOX = f"https://mturk-requester-sandbox.{REGION}.amazonaws.com"
CLOSURE = (
    "Amazon closed Mechanical Turk for good on 30 September 2026. Set "
    "recruiter.endpoint_url to a compatible marketplace, or choose another recruiter"
)
THROTTLED = {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
MAX_THROTTLED, MAX_FAILED = 60, 8
REPEATED_FOR_S = 3600
"""So long after its first use a call with a request token is sent again. The token guards a day, in which a machine may have
slept that comes back to a call without an answer."""
FIRST_PER_S, LOCAL_PER_S = 2.0, 50.0
"""The pace to begin with: what the service is assumed to permit, and what a marketplace on this machine does."""


def choose_endpoint(config: MTurkRecruiter, production: bool) -> tuple[str, Environment]:
    """The address to speak to and what kind it is; anything that may spend real money needs `production`."""
    url = config.endpoint_url.rstrip("/")
    host = urlsplit(url).hostname or ""
    if not url:
        return (PRODUCTION, "production") if production else (SANDBOX, "sandbox")
    if url == SANDBOX or host == urlsplit(SANDBOX).hostname:
        if production:
            problem = "names the sandbox, but --production was given"
            raise InputError(in_config("recruiter.endpoint_url", problem, "leaving the key out"))
        return SANDBOX, "sandbox"
    if production:
        return url, "production"
    if host in LOOPBACK:
        return url, "local"
    problem = f"{url} is not the sandbox and may spend real money"
    raise InputError(in_config("recruiter.endpoint_url", problem, "--production, or leave the key out"))


class MTurkClient:
    """An MTurk endpoint; `call` and `pages` are all that is needed of it."""

    def __init__(self, config: MTurkRecruiter, production: bool = False, pacer: Pacer | None = None) -> None:
        self.endpoint, self.environment = choose_endpoint(config, production)
        self.skew_s = 0.0
        self._pacer = pacer or Pacer(LOCAL_PER_S if self.environment == "local" else FIRST_PER_S)
        self._session = open_session(config.profile, REGION, "recruiter.profile")
        # botocore's own retries would create twice where a call carries no token, and know no pace.
        once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=60)
        self._client: Any = self._session.client("mturk", region_name=REGION, endpoint_url=self.endpoint, config=once)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def account(self) -> Binding:
        """The AWS account behind the credentials; elsewhere a digest of the key's name."""
        try:
            if self.endpoint in (PRODUCTION, SANDBOX):
                name = str(self._session.client("sts", region_name=REGION).get_caller_identity()["Account"])
            else:
                credentials = self._session.get_credentials()
                if credentials is None:
                    raise NoCredentialsError()
                name = hashlib.sha256((who_signs(credentials)[0] or "").encode()).hexdigest()[:12]
        except AWS_ERRORS as error:
            problem = f"AWS did not say whose credentials these are: {error}"
            raise credentials_fault(error) or OutsideError(problem) from error
        return Binding(self.endpoint, name, self.environment)

    def pages(self, operation: str, key: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every item under `key` of a listing, page by page."""
        token: dict[str, Any] = {}
        while True:
            answer = self.call(operation, **parameters, MaxResults=100, **token)
            items = answer.get(key, [])
            yield from items
            if not items or not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def call(self, operation: str, repeatable: bool = True, **parameters: Any) -> dict[str, Any]:
        """The service's answer to one operation, retried at the learned pace.

        `repeatable` says that doing it twice does no harm (reading, or a request token). Raises
        RefusedError, UnknownOutcomeError, InputError (credentials, linking) or OutsideError.
        """
        method: Callable[..., dict[str, Any]] = getattr(self._client, operation)
        throttled = failed = 0
        in_doubt, problem, begun_s = False, "", time.time()
        while True:
            self._pacer.wait()
            if in_doubt and "UniqueRequestToken" in parameters and not 0 <= time.time() - begun_s < REPEATED_FOR_S:
                told = f"{operation}: {problem}; since then this computer slept, or its clock was set: run this again"
                raise UnknownOutcomeError(told)
            try:
                answer = method(**parameters)
            except ClientError as error:
                self._note_date(error.response)
                if is_throttling(error):
                    self._pacer.throttled()
                    throttled += 1
                    if throttled < MAX_THROTTLED:
                        continue
                    told = f"{operation}: still throttled; run it again later"
                    raise RefusedError("Throttling", told, in_doubt) from error
                if not is_service_fault(error):
                    raise self._refusal(operation, error, in_doubt) from error
                in_doubt, problem = True, str(error)
            except ParamValidationError as error:
                raise InputError(in_config("recruiter", f"{operation}: {error}")) from error
            except (EndpointConnectionError, ConnectTimeoutError) as error:
                problem = f"{self.endpoint} cannot be reached ({error}). {self._closure()}"
            except AWS_ERRORS as error:
                if fault := credentials_fault(error):
                    raise fault from error
                in_doubt, problem = True, str(error)
            else:
                self._note_date(answer)
                self._pacer.succeeded()
                return answer
            failed += 1
            if failed >= MAX_FAILED or (in_doubt and not repeatable):
                raise (UnknownOutcomeError if in_doubt else OutsideError)(f"{operation}: {problem}")
            self._pacer.sleep(min(10.0, 0.1 * 2**failed))

    def _refusal(self, operation: str, error: ClientError, in_doubt: bool) -> Exception:
        code = code_of(error)
        message = error.response.get("Error", {}).get("Message") or error.response.get("Message", "")
        turk_code = str(error.response.get("TurkErrorCode", ""))
        if "linked" in str(message).lower():
            problem = f"this AWS account is not linked to a Mechanical Turk requester account ({message})"
            remedy = "linking them once under Developer at requester.mturk.com (and requestersandbox.mturk.com)"
            return InputError(Fault("AWS", "", problem, remedy))
        if told := credentials_fault(error):
            return told
        if not turk_code and code != "RequestError":
            return OutsideError(f"{operation}: {self.endpoint} answered {code}: {message}. {self._closure()}")
        return RefusedError(turk_code or code, f"{operation}: {message or turk_code}", in_doubt)

    def _closure(self) -> str:
        if self.endpoint in (PRODUCTION, SANDBOX):
            return f"Is there a network? {CLOSURE}"
        return "Is the marketplace running, and recruiter.endpoint_url right?"

    def _note_date(self, answer: Any) -> None:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            self.skew_s = time.time() - parsedate_to_datetime(date).timestamp()


def is_throttling(error: ClientError) -> bool:
    """Whether the service only asks to come back later."""
    return code_of(error) in THROTTLED or status_of(error) == 429


def is_service_fault(error: ClientError) -> bool:
    """Whether the service itself failed, so that nobody knows what was done."""
    return status_of(error) >= 500 or code_of(error) == "ServiceFault"


def turk_code(error: RefusedError) -> str:
    """The last word of the service's code in lower case: `hitalreadyexists`, `insufficientfunds` ..."""
    return error.code.rsplit(".", 1)[-1].lower()
