"""Where a bucket's objects are seen; pure, so that pages can name addresses without AWS's library."""

from __future__ import annotations

from hitgen.config.hosts import S3Host


def bucket_url(config: S3Host) -> str:
    """The bucket's own address, to which forms are posted; no slash at its end."""
    if config.endpoint_url:
        return f"{config.endpoint_url.rstrip('/')}/{config.bucket}"
    return f"https://{config.bucket}.s3.{config.region}.amazonaws.com"


def object_url(config: S3Host, key: str) -> str:
    """The address of a key for anyone."""
    return f"{config.base_url.rstrip('/') or bucket_url(config)}/{config.prefix}{key}"
