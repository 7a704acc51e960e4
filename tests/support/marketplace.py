"""A marketplace with an unmodified boto3 client, and workers who hand in without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from hitgen.doubles.mturk.marketplace import Marketplace

QUESTION = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>https://pages.example.org/p.html?a=1&amp;b=2</ExternalURL>'
    "<FrameHeight>0</FrameHeight></ExternalQuestion>"
)
HIT = {
    "Title": "Flicker",
    "Description": "Look",
    "Reward": "1.00",
    "AssignmentDurationInSeconds": 600,
    "AutoApprovalDelayInSeconds": 7200,
    "LifetimeInSeconds": 3600,
    "MaxAssignments": 2,
    "Question": QUESTION,
    "RequesterAnnotation": "a",
}


@contextmanager
def open_marketplace(path: Path, **options: Any) -> Iterator[tuple[Marketplace, Any]]:
    """A running marketplace and a boto3 client that tries nothing twice."""
    with pytest.MonkeyPatch.context() as patch, Marketplace(path, **options) as market:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
        client = boto3.client("mturk", region_name="us-east-1", endpoint_url=market.endpoint_url, config=once)
        yield market, client
        client.close()


def hand_in(market: Marketplace, hit_id: str, worker: str, **fields: str) -> str:
    """Accept and hand in one assignment; its id."""
    assignment = market.workers.accept(hit_id, worker)
    market.workers.hand_in(assignment, list((fields or {"submission": "{}"}).items()))
    return assignment
