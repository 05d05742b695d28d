"""What the API says, as the OpenAPI document describes it."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema


class Fault(Schema):
    """One fault of a request: what, where, and a sentence in Chinese."""

    code: str = Field(description="稳定的错误代码，见 docs/errors.md")
    path: str = Field(description="字段路径，如 vehicle.vin")
    message: str = Field(description="中文说明")


class Problem(Schema):
    """An error, as RFC 9457 says it."""

    type: str = Field(description="urn:baozhen:problem:<code>")
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[Fault]
    request_id: str = Field(description="客服和日志用的编号")
    retryable: bool = Field(description="原样重试是否可能成功")


class PolicySummary(Schema):
    """One document of a proposal."""

    policy_no: str
    kind: Literal["compulsory", "commercial", "mark"]
    state: Literal["numbered", "issued", "cancelled"] = Field(
        description="numbered：内容已冻结，签章中；issued：已签发，可下载"
    )
    sha256: str | None = Field(description="签章文件的摘要；签章前为 null")
    file: str = Field(description="下载地址")


class ProposalResult(Schema):
    """What became of a proposal."""

    proposal_no: str
    state: Literal["submitted", "issued"]
    repeat: bool = Field(description="此前已收到同一投保单")
    policies: list[PolicySummary]


class PolicyFileInfo(Schema):
    """One sealed file."""

    kind: Literal["policy", "mark"]
    number: str
    version: int
    standing: Literal["current", "superseded", "cancelled"]
    sha256: str | None
    sm3: str
    size: int | None
    sealed_at: datetime | None
    timestamp: Literal["none", "pending", "stamped"]
    template: str


class PolicyInfo(Schema):
    """A policy, without personal data."""

    policy_no: str
    proposal_no: str
    kind: Literal["compulsory", "commercial"]
    form: str
    state: Literal["numbered", "issued", "cancelled"]
    premium: str = Field(description="元，两位小数")
    cover_starts_at: datetime
    cover_ends_at: datetime
    numbered_at: datetime
    issued_at: datetime | None
    files: list[PolicyFileInfo]


class ClauseInfo(Schema):
    """The clauses of one version of a product."""

    product: str
    version: str
    title: str
    filing_no: str
    sha256: str
    sm3: str
    size: int
    sealed_at: datetime
    template: str
    file: str = Field(description="下载地址")


class BatchInfo(Schema):
    """How far a batch is."""

    id: int
    state: Literal["receiving", "processing", "finished"]
    timestamp: Literal["each", "aggregated", "none"]
    size: int
    done: int
    issued: int
    refused: int
    conflict: int
    failed: int
    created_at: datetime
    finished_at: datetime | None


class BatchPolicy(Schema):
    """One document that a line of a batch gave."""

    policy_no: str
    kind: str
    sha256: str | None = None


class ItemInfo(Schema):
    """What became of one line of a batch."""

    line: int
    status: Literal["pending", "issued", "refused", "conflict", "failed"]
    proposal_no: str
    policies: list[BatchPolicy]
    errors: list[Fault]
    trace_no: str


class ItemPage(Schema):
    """A page of lines; `cursor` leads to the next one while `has_more` is true."""

    items: list[ItemInfo]
    has_more: bool
    cursor: str | None


class Resumed(Schema):
    """How many lines will be tried again."""

    id: int
    resumed: int


class StepResult(Schema):
    """One numbered check; see docs/verification.md."""

    step: int
    title: str
    result: Literal["passed", "failed", "unknown"]
    detail: str


class VerificationResult(Schema):
    """What a file is worth, and the register's word about it."""

    verdict: Literal["genuine", "tampered", "untrusted", "not_signed", "unsupported", "unreadable"]
    verdict_text: str
    register_word: Literal["current", "changed", "superseded", "cancelled", "unknown"]
    policy_no: str | None
    sha256: str
    sm3: str
    signatures: list[dict[str, Any]]
    checks: list[StepResult]


class Health(Schema):
    """Whether the site answers and can reach its database."""

    status: Literal["ok"]


class Token(Schema):
    """An access token, RFC 6749 §5.1."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str
