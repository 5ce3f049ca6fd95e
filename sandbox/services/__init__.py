"""The embedded stack: real MongoDB, Redis and an S3 API on free loopback ports."""

from sandbox.processes.service import ServiceUnavailable
from sandbox.services.embedded import EmbeddedServices

__all__ = ["EmbeddedServices", "ServiceUnavailable"]
