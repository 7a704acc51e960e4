"""AWS: sessions by the usual chain of credentials, and its errors in plain words, once for all services."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import ConstantProvider
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from hitgen.errors import Fault, InputError, OutsideError, in_config
from hitgen.lib.clock import clock_if_dated

AWS_ERRORS = (BotoCoreError, ClientError, RuntimeError)
"""What a call by boto3 may raise: a RuntimeError where credentials that were just handed out have expired already."""
NO_SESSION = (SSOError, TokenRetrievalError, NoAuthTokenError)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
UNKNOWN_KEY = {
    "InvalidToken",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "IncompleteSignature",
    "MissingAuthenticationTokenException",
}
CLOCK = {"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException"}
OUT_OF_TIME = ("Signature expired", "Signature not yet current")
"""So begins what some services say of a signature by a wrong clock, under the code of a wrong key."""
PLAY = "hitgen-rehearsal"
"""A profile that everyone has: play credentials for services on this machine, and nothing of the user's."""
FORBIDDEN = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedOperation"}


def open_session(profile: str, region: str, field: str) -> boto3.session.Session:
    """A boto3 session by the usual chain of credentials, or by a profile, which `field` of batch.toml names."""
    if profile == PLAY:
        return _play_session(region)
    try:
        session = boto3.session.Session(profile_name=profile or None, region_name=region)
        session.get_credentials()  # where they cannot be had, every client says so, without words for people
    except ProfileNotFound as error:
        remedy = "`aws configure list-profiles` to see those there are"
        raise InputError(in_config(field, str(error), remedy)) from error
    except AWS_ERRORS as error:
        raise _credentials_error(error) from error
    return session


def _play_session(region: str) -> boto3.session.Session:
    core = botocore.session.Session()
    config = core.get_component("config_store")
    for name, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull)):
        config.set_config_provider(name, ConstantProvider(value))
    made = boto3.session.Session("REHEARSAL", "rehearsal", region_name=region, botocore_session=core)
    # One on this machine is reached without a proxy.
    core.set_default_client_config(Config(proxies={}))
    return made


def who_signs(credentials: Any) -> tuple[str, str | None, datetime | None]:
    """The access key and session token that sign now, and when they end as far as boto3 knows."""
    if credentials is None:
        return "", None, None
    try:
        frozen = credentials.get_frozen_credentials()
    except AWS_ERRORS as error:
        raise _credentials_error(error) from error
    return frozen.access_key, frozen.token, getattr(credentials, "_expiry_time", None)


def _credentials_error(error: Exception) -> Exception:
    return credentials_fault(error) or OutsideError(f"AWS credentials: {error}")


def code_of(error: ClientError) -> str:
    """The service's code of an error, the empty text where it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status of an error, 0 where it has none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def credentials_fault(error: Exception) -> InputError | None:
    """What to tell a user whose credentials are missing, expired, wrong or not enough, or whose endpoint has no certificate that is
    trusted; None for any other error.
    """
    if isinstance(error, SSLError):
        remedy = "a certificate of an authority that all know; or AWS_CA_BUNDLE=CERTIFICATE.pem, which is then trusted from here"
        problem = f"the endpoint's certificate is not trusted ({error})"
        return InputError(Fault("AWS", "", problem, clock_if_dated(str(error)) + remedy))
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        remedy = '`aws configure --profile NAME` and profile = "NAME" in batch.toml; docs/aws.md has the steps'
        return InputError(Fault("AWS", "", f"no credentials were found ({error})", remedy))
    if isinstance(error, NO_SESSION):
        problem = f"there is no session, or it has expired ({error})"
        return InputError(Fault("AWS", "", problem, "`aws sso login`"))
    if isinstance(error, CredentialRetrievalError):
        return InputError(Fault("AWS", "", f"no credentials were given ({error})", "`aws sts get-caller-identity`"))
    if isinstance(error, RuntimeError) and "still expired" in str(error):
        problem = "the credentials that were handed out have expired already"
        return InputError(Fault("AWS", "", problem, "setting this computer's clock, or new temporary credentials"))
    if not isinstance(error, ClientError):
        return None
    code, message = code_of(error), error.response.get("Error", {}).get("Message") or str(error)
    if code in EXPIRED:
        problem, remedy = "the session's credentials have expired", "`aws sso login` or new temporary credentials"
    elif code in UNKNOWN_KEY and not message.startswith(OUT_OF_TIME):
        problem = f"AWS does not accept these credentials ({code}: {message})"
        remedy = "`aws configure` with a valid key"
    elif code in CLOCK or "InvalidSignature" in code or message.startswith(OUT_OF_TIME):
        problem, remedy = f"AWS refused the signature ({message})", "setting this computer's clock, and the right key"
    elif code in FORBIDDEN:
        problem, remedy = f"these credentials may not do that ({message})", "the policy in docs/aws.md"
    else:
        return None
    return InputError(Fault("AWS", "", problem, remedy))
