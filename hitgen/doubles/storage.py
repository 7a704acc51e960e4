"""S3 on this machine: moto's server with one empty bucket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer

from hitgen.lib.aws import PLAY, open_session

BUCKET = "hitgen-rehearsal"


@contextmanager
def serve_bucket() -> Iterator[str]:
    """The endpoint of a server with the bucket BUCKET, which is as shut to the world as a new one."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        client = open_session(PLAY, "us-east-1", "host.profile").client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield endpoint
    finally:
        server.stop()
