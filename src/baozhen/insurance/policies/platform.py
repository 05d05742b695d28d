"""The industry platform (车险信息平台): the port, and its development twin.

The platform confirms each cover with a confirmation code (投保确认码) that the policy must show.
It is asked outside transactions, with a request id of ours that was stored before: asking again
with the same id gives the same codes.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.transactions import refuse_inside_transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CoverQuery:
    """One cover to be confirmed."""

    request_id: UUID
    kind: str
    policy_no: str
    region_code: str


class IndustryPlatform(Protocol):
    """What we ask of the platform."""

    def confirm(self, covers: Sequence[CoverQuery]) -> Mapping[str, str]:
        """Return policy number -> confirmation code; raise PlatformOutage when it can't be had."""
        ...


class DevelopmentPlatform:
    """A twin that confirms everything: codes begin with DEMO and follow from the request id."""

    def __init__(self) -> None:
        """Refuse production; say loudly in the log that this is not the platform."""
        if getattr(settings, "BAOZHEN_MODE", "production") == "production":
            raise DevelopmentOnly(twin="车险信息平台（开发替身）")
        logger.warning("车险信息平台由开发替身代替：投保确认码以 DEMO 开头，不具有任何效力")

    def confirm(self, covers: Sequence[CoverQuery]) -> Mapping[str, str]:
        """Return codes that depend on the request id alone."""
        refuse_inside_transaction("a request to the industry platform")
        return {cover.policy_no: _demo_code(cover) for cover in covers}


def _demo_code(cover: CoverQuery) -> str:
    digest = hashlib.sha256(f"{cover.request_id}/{cover.kind}".encode()).hexdigest()
    return f"DEMO{cover.region_code}{int(digest[:15], 16):018d}"


_platforms: list[IndustryPlatform] = []


def get_platform() -> IndustryPlatform:
    """Return this process's connection to the platform."""
    if not _platforms:
        _platforms.append(DevelopmentPlatform())
    return _platforms[0]
