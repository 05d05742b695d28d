"""Ask a business system's SCIM 2.0 endpoint for its people and units (RFC 7644 §3.4.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.organizations.directory.planning import Snapshot
from baozhen.signing.organizations.directory.scim import CONTENT_TYPE, Resource, snapshot_of
from baozhen.signing.organizations.errors import DirectoryUnavailable

PAGE = 200
RESOURCES_MAX = 200_000
TIMEOUT_SECONDS = 30.0
BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What the directory said, and the newest change in it: the next run begins there."""

    snapshot: Snapshot
    newest: datetime | None


def pull(
    base_url: str,
    token: str,
    *,
    since: datetime | None,
    transport: httpx.BaseTransport | None = None,
) -> Pulled:
    """Read everything, or of the people what is newer than `since`; raises DirectoryUnavailable.

    Units are always read whole: there are few, and only their members say who hangs where.
    """
    refuse_inside_transaction("a directory was asked")
    headers = {"Authorization": f"Bearer {token}", "Accept": CONTENT_TYPE}
    with httpx.Client(
        base_url=base_url.rstrip("/"),
        headers=headers,
        timeout=TIMEOUT_SECONDS,
        transport=transport,
        follow_redirects=False,
    ) as client:
        wanted = {}
        if since is not None:
            begun = since.astimezone(UTC).isoformat(timespec="microseconds")
            wanted["filter"] = f'meta.lastModified gt "{begun}"'
        users = list(_resources(client, "/Users", wanted))
        groups = list(_resources(client, "/Groups", {}))
    newest = max((moment for user in users if (moment := _modified(user))), default=since)
    return Pulled(snapshot=snapshot_of(users, groups, is_full=since is None), newest=newest)


def _resources(client: httpx.Client, path: str, wanted: dict[str, str]) -> Iterator[Resource]:
    """Yield every resource, page by page; a server that never ends is cut off."""
    start = 1
    while start <= RESOURCES_MAX:
        answer = _get(client, path, {**wanted, "startIndex": str(start), "count": str(PAGE)})
        found = answer.get("Resources") or []
        if not isinstance(found, list):
            raise DirectoryUnavailable(reason="Resources 不是列表")
        yield from found
        start += len(found)
        if not found or start > int(answer.get("totalResults") or 0):
            return
    raise DirectoryUnavailable(reason=f"资源超过 {RESOURCES_MAX:,} 个")


def _get(client: httpx.Client, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    try:
        response = client.get(path, params=parameters)
        response.raise_for_status()
        if len(response.content) > BYTES_MAX:
            raise DirectoryUnavailable(reason="回答过大")
        answer = response.json()
    except httpx.HTTPStatusError as error:
        raise DirectoryUnavailable(reason=f"HTTP {error.response.status_code}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise DirectoryUnavailable(reason=type(error).__name__) from error
    if not isinstance(answer, dict):
        raise DirectoryUnavailable(reason="回答不是对象")
    return answer


def _modified(resource: Resource) -> datetime | None:
    text = str((resource.get("meta") or {}).get("lastModified", ""))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
