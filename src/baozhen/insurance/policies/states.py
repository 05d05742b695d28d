"""States of policies (保单) and the conditions of their files."""

from collections.abc import Mapping
from enum import StrEnum

from baozhen.foundation.timestamps.modes import TimestampMode  # noqa: F401 - for migration 0001


class PolicyState(StrEnum):
    """`numbered`: content frozen, a promise; `issued`: sealed file archived; `cancelled`: 注销."""

    NUMBERED = "numbered"
    ISSUED = "issued"
    CANCELLED = "cancelled"


POLICY_MOVES: Mapping[str, frozenset[str]] = {
    PolicyState.NUMBERED: frozenset({PolicyState.ISSUED}),
    PolicyState.ISSUED: frozenset({PolicyState.CANCELLED}),
    PolicyState.CANCELLED: frozenset(),
}


class PolicyKind(StrEnum):
    """交强险 or 商业险."""

    COMPULSORY = "compulsory"
    COMMERCIAL = "commercial"


class FileKind(StrEnum):
    """The policy itself, or its electronic insurance mark (电子保险标志)."""

    POLICY = "policy"
    MARK = "mark"


# What a policy's file is called, by the kinds of file and policy.
FILE_TITLES: Mapping[tuple[str, str], str] = {
    (FileKind.POLICY, PolicyKind.COMPULSORY): "交强险电子保单",
    (FileKind.POLICY, PolicyKind.COMMERCIAL): "商业险电子保单",
    (FileKind.MARK, PolicyKind.COMPULSORY): "电子保险标志",
}


class TimestampState(StrEnum):
    """Whether a file's time is attested; `pending` is visible to the holder until a job is done."""

    NONE = "none"
    PENDING = "pending"
    STAMPED = "stamped"


class Standing(StrEnum):
    """The register's word on one file."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class ReceiptState(StrEnum):
    """回执: the holder was asked to sign for the policy, or has signed."""

    ASKED = "asked"
    SIGNED = "signed"


RECEIPT_MOVES: Mapping[str, frozenset[str]] = {
    ReceiptState.ASKED: frozenset({ReceiptState.SIGNED}),
    ReceiptState.SIGNED: frozenset(),
}


class InvoiceState(StrEnum):
    """电子发票: asked for under our own number; there; or refused by the invoicing service."""

    REQUESTED = "requested"
    ISSUED = "issued"
    REFUSED = "refused"


INVOICE_MOVES: Mapping[str, frozenset[str]] = {
    InvoiceState.REQUESTED: frozenset({InvoiceState.ISSUED, InvoiceState.REFUSED}),
    InvoiceState.ISSUED: frozenset(),
    # A person has put the reason right and asks again.
    InvoiceState.REFUSED: frozenset({InvoiceState.REQUESTED}),
}
