"""The Python SDK: call a Baozhen platform, check its callbacks and its policies off line.

It stands on the trust core alone and needs no Django:

    from baozhen.client import Client

    with Client("https://baozhen.example.com", key="bz_…") as client:
        envelope = client.envelopes.create({"flow": "…", "biz_no": "2026-000001"})
"""

from baozhen.client.asynchronous import AsyncClient
from baozhen.client.configuration import Options, Retries
from baozhen.client.errors import (
    APIError,
    AuthenticationFailed,
    BaozhenClientError,
    Conflict,
    InvalidRequest,
    NoAnswer,
    NotFound,
    NotPermitted,
    RateLimited,
    Refused,
    ServerError,
    WebhookInvalid,
)
from baozhen.client.offline import verify_policy, verify_webhook
from baozhen.client.paging import Page
from baozhen.client.signatures import RequestSigner
from baozhen.client.sync import Client

__all__ = [
    "APIError",
    "AsyncClient",
    "AuthenticationFailed",
    "BaozhenClientError",
    "Client",
    "Conflict",
    "InvalidRequest",
    "NoAnswer",
    "NotFound",
    "NotPermitted",
    "Options",
    "Page",
    "RateLimited",
    "Refused",
    "RequestSigner",
    "Retries",
    "ServerError",
    "WebhookInvalid",
    "verify_policy",
    "verify_webhook",
]
