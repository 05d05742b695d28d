"""The OpenAPI document (docs/openapi.json) and the parts that every operation shares."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from baozhen.faces.api.schemas import Problem
from baozhen.faces.extent import is_closed
from baozhen.faces.files import CONTENT_TYPE as PDF
from baozhen.faces.problems import CONTENT_TYPE, TITLES
from baozhen.signing.organizations.extent import is_alone

PROBLEMS: dict[int, type[Problem]] = dict.fromkeys(sorted(TITLES), Problem)

PDF_RESPONSES: dict[str, Any] = {
    "responses": {
        200: {
            "description": "签章原件，逐字节与归档一致",
            "headers": {"ETag": {"schema": {"type": "string"}, "description": "文件的 SHA-256"}},
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "与 If-None-Match 所给的相同"},
    }
}

_WHOLE = (
    "电子保单平台接口。投保单核保、签名、收费完成后提交，平台签发双签名（SM2 与 RSA）电子保单。"
)
_ALONE = "签署中心接口。发起签署任务、管理模版和印章、查询文件，各方签署之后取回文件和证据。"
_RULES = """

* 认证：`Authorization: Bearer <接口密钥或访问令牌>`。
* 写操作须带 `Idempotency-Key`；同一键、同一内容可安全重试。
* 错误一律为 `application/problem+json`（RFC 9457）；`errors[]` 一次列出全部问题。
* 限流见 `RateLimit` 与 `Retry-After` 响应头。
"""
DESCRIPTION = _WHOLE + _RULES
_REFERENCE: Final = "#/components/schemas/"


class DocumentedAPI(NinjaAPI):
    """An API whose OpenAPI document says that errors are problem documents."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        """Return the document."""
        schema = super().get_openapi_schema(*args, **kwargs)
        for address in [path for path in schema["paths"] if is_closed(path)]:
            del schema["paths"][address]
        if is_alone():
            schema["info"]["description"] = _ALONE + _RULES
            _drop_unused(schema)
        for path in schema["paths"].values():
            for operation in path.values():
                _say_problem_json(operation["responses"])
        schema["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        return schema


def _drop_unused(schema: OpenAPISchema) -> None:
    """Leave out the schemas that no operation leads to any more."""
    schemas = schema["components"]["schemas"]
    used: set[str] = set()
    found = set(_names(schema["paths"]))
    while found:
        used |= found
        found = {name for one in found for name in _names(schemas[one])} - used
    for name in set(schemas) - used:
        del schemas[name]


def _names(part: Any) -> Iterator[str]:
    """Yield the names of the schemas that a part of the document refers to."""
    if isinstance(part, Mapping):
        reference = part.get("$ref", "")
        if isinstance(reference, str) and reference.startswith(_REFERENCE):
            yield reference.removeprefix(_REFERENCE)
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _names(one)


def _say_problem_json(responses: dict[Any, Any]) -> None:
    for status, response in responses.items():
        if int(status) in PROBLEMS:
            response["description"] = TITLES[int(status)]
            response["content"] = {CONTENT_TYPE: response["content"]["application/json"]}


def headers_of(name: str, description: str) -> dict[str, Any]:
    """Return a required request header as a parameter of an operation."""
    return {
        "in": "header",
        "name": name,
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    }
