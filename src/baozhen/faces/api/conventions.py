"""What all routers share: pages by cursor, writes that may be repeated, the shapes of ids.

A list:      `page = page_of(queryset, cursor=cursor, limit=limit)`, then `page.items`.
A write:     `return idempotent(request, lambda: Made(201, answer, answer["id"]))`.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field as ModelField
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Schema, Status

from baozhen.faces.api.auth import actor_of
from baozhen.faces.api.bodies import idempotency_key
from baozhen.faces.api.documents import headers_of
from baozhen.faces.errors import InvalidRequest
from baozhen.foundation.clock import now
from baozhen.foundation.requests.services import (
    Asked,
    keep_answer,
    release_answer,
    reserve_answer,
)
from baozhen.signing.organizations.models import ApiClient

LIMIT_MAX = 200
LIMIT_DEFAULT = 50

Row = TypeVar("Row", bound=Model)
Cursor = Annotated[str, Field(max_length=200, description="上一页给出的 cursor；首页为空")]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="每页条数，最多 200")]
PublicId = Annotated[
    str, Field(pattern=r"^[a-z]{2,4}_[0-9a-z]{26}$", examples=["env_06bt3k9q2w8v5n7r4t6y8z0a1c"])
]
BusinessNumber = Annotated[
    str, Field(max_length=64, description="调用方自己的业务号，在同一客户端内唯一")
]

REPEATABLE: dict[str, Any] = {
    "parameters": [
        headers_of("Idempotency-Key", "幂等键，保留 7 天；同一键、同一内容返回首次的结果")
    ]
}


class PageInfo(Schema):
    """How a page of a list ends; `cursor` leads on while `has_more` is true."""

    has_more: bool
    cursor: str | None = Field(description="下一页的 cursor；没有更多时为 null")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows in a stable order."""

    items: list[Row]
    next_cursor: str | None
    has_more: bool

    def answer(self, describe: Callable[[Row], Mapping[str, Any]]) -> dict[str, Any]:
        """Return the page as the API says it."""
        return {
            "items": [dict(describe(row)) for row in self.items],
            "has_more": self.has_more,
            "cursor": self.next_cursor,
        }


@dataclass(frozen=True)
class Made:
    """What a write answers, and the public id of what it made or changed."""

    status: int
    answer: Mapping[str, Any]
    subject_id: str = ""


def page_of(
    queryset: "QuerySet[Row]", *, cursor: str = "", limit: int = LIMIT_DEFAULT, key: str = "-id"
) -> "Page[Row]":
    """Return the rows after `cursor` in the order of `key` (a column, `-` for falling).

    Rows of equal key come in the order of their primary keys, so that no page skips one.
    Raises InvalidRequest for a cursor that this list did not give.
    """
    name, falls = key.removeprefix("-"), key.startswith("-")
    sign = "-" if falls else ""
    if cursor:
        queryset = queryset.filter(_after(queryset, name, falls, read_cursor(cursor)))
    order = [key] if name in {"id", "pk"} else [key, f"{sign}pk"]
    found = list(queryset.order_by(*order)[: limit + 1])
    items, has_more = found[:limit], len(found) > limit
    following = write_cursor(_plain(getattr(items[-1], name)), items[-1].pk) if has_more else None
    return Page(items=items, next_cursor=following, has_more=has_more)


def write_cursor(*values: object) -> str:
    """Return an opaque cursor of these values."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, count: int = 2) -> list[Any]:
    """Return the values of a cursor; raises InvalidRequest."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
        values = json.loads(text)
    except (binascii.Error, ValueError, RecursionError) as exc:
        raise InvalidRequest(path="cursor") from exc
    if not isinstance(values, list) or len(values) != count:
        raise InvalidRequest(path="cursor")
    if not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        raise InvalidRequest(path="cursor")
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise InvalidRequest(path="cursor")
    return values


def idempotent(request: HttpRequest, act: Callable[[], Made]) -> Status[Any]:
    """Do the act once for the request's Idempotency-Key; a repetition gets the kept answer.

    Raises IdempotencyKeySpent (409, with the id of what exists) when the content differs,
    RequestInProgress while the first request is at it, and whatever the act raises: then the key
    is free again. An act that dies between its commit and the keeping of its answer is tried
    again after a minute; what it makes should be unique by `biz_no` or by the key.
    """
    asked = Asked(
        client=client_name(request), key=idempotency_key(request), fingerprint=fingerprint(request)
    )
    row = reserve_answer(asked, at=now())
    if row.status is not None:
        request.is_repeat = True  # type: ignore[attr-defined]
        return Status(row.status, row.answer)
    try:
        made = act()
    except BaseException:
        release_answer(row)
        raise
    answer = json.loads(json.dumps(made.answer, cls=DjangoJSONEncoder))
    keep_answer(row, status=made.status, answer=answer, subject_id=made.subject_id)
    return Status(made.status, answer)


def client_of_request(request: HttpRequest) -> ApiClient:
    """Return the calling client."""
    return request.auth  # type: ignore[attr-defined,no-any-return]


def client_name(request: HttpRequest) -> str:
    """Return the name under which the calling client's acts and things are recorded."""
    return actor_of(client_of_request(request))


def fingerprint(request: HttpRequest) -> str:
    """Return a digest of what is asked: verb, address, and body or form with files."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    # The boundary differs from try to try; fields and files do not.
    for name in sorted(request.POST):
        digest.update(json.dumps([name, request.POST.getlist(name)]).encode())
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(json.dumps([name, str(getattr(file, "name", ""))]).encode())
            digest.update(_digest_of(file))
    return digest.hexdigest()


def _digest_of(file: "UploadedFile[Any]") -> bytes:
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    return content.digest()


def _after(queryset: "QuerySet[Row]", name: str, falls: bool, values: list[Any]) -> Q:
    value, key = values
    word = "lt" if falls else "gt"
    try:
        number = int(key)
        if name in {"id", "pk"}:
            return Q(**{f"pk__{word}": number})
        column = cast("ModelField[Any, Any]", queryset.model._meta.get_field(name))
        column.to_python(value)
    except Exception as exc:  # each column has errors of its own for a value that is none of its
        raise InvalidRequest(path="cursor") from exc
    return Q(**{f"{name}__{word}": value}) | Q(**{name: value, f"pk__{word}": number})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)
