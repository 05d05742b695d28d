"""What the platform answers, as types: plain dictionaries, described."""

from typing import Any, Literal, TypeAlias, TypedDict

Resource: TypeAlias = dict[str, Any]


class Event(TypedDict):
    """What happened; `data` holds ids and hashes."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


class Webhook(TypedDict, total=False):
    """An address that is called about events; `secret` only when it is new."""

    id: str
    url: str
    types: list[str]
    description: str
    active: bool
    disabled_reason: str
    failing_since: str | None
    public_key: str
    created_at: str
    secret: str


class NewSecret(TypedDict):
    """The new secret of a webhook."""

    id: str
    secret: str


class Delivery(TypedDict, total=False):
    """One event for one webhook."""

    id: str
    event: str
    type: str
    status: Literal["waiting", "delivered", "given_up"]
    attempts: int
    created_at: str
    next_at: str | None
    delivered_at: str | None
    calls: list[dict[str, Any]]


class PolicySummary(TypedDict):
    """One document of a proposal."""

    policy_no: str
    kind: str
    state: str
    sha256: str | None
    file: str


class ProposalResult(TypedDict):
    """What became of a proposal."""

    proposal_no: str
    state: str
    repeat: bool
    policies: list[PolicySummary]


class Policy(TypedDict):
    """A policy, without personal data."""

    policy_no: str
    proposal_no: str
    kind: str
    form: str
    state: str
    premium: str
    cover_starts_at: str
    cover_ends_at: str
    numbered_at: str
    issued_at: str | None
    files: list[dict[str, Any]]


class Batch(TypedDict):
    """How far a batch is."""

    id: int
    state: Literal["receiving", "processing", "finished"]
    timestamp: str
    size: int
    done: int
    issued: int
    refused: int
    conflict: int
    failed: int
    created_at: str
    finished_at: str | None


class BatchItem(TypedDict):
    """What became of one line of a batch."""

    line: int
    status: str
    proposal_no: str
    policies: list[dict[str, Any]]
    errors: list[dict[str, str]]
    trace_no: str


class Verification(TypedDict):
    """What a file is worth."""

    verdict: str
    verdict_text: str
    register_word: str
    policy_no: str | None
    sha256: str
    sm3: str
    signatures: list[dict[str, Any]]
    checks: list[dict[str, Any]]
