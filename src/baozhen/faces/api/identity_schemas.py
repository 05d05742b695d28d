"""What the API of identity takes and answers."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from baozhen.faces.api.conventions import BusinessNumber, PageInfo, PublicId
from baozhen.signing.identity.states import Channel, CheckKind, CheckState, SubjectKind, Tier

Sha256 = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="文件的 SHA-256，小写十六进制")
]
Words = Annotated[str, Field(max_length=128)]
Short = Annotated[str, Field(max_length=64)]


class SubjectIn(Schema):
    """What is known of somebody who signs."""

    kind: SubjectKind = Field(description="个人或单位")
    name: Annotated[str, Field(min_length=1, max_length=128, examples=["测试甲"])]
    id_type: Short = Field("", description="证件类型；默认居民身份证或统一社会信用代码")
    id_no: Short = Field("", description="证件号码")
    mobile: Annotated[str, Field(pattern=r"^(\+86)?[0-9]{0,11}$")] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    uscc: Annotated[str, Field(max_length=18)] = ""
    legal_rep_name: Short = ""
    legal_rep_id_no: Short = ""


class SubjectInfo(Schema):
    """A subject, masked; `missing` names what its tier still needs, one of each group."""

    id: PublicId
    kind: SubjectKind
    name_masked: str
    id_no_masked: str
    mobile_masked: str
    tier: Tier
    missing: list[list[CheckKind]]
    registered_at: datetime


class CheckIn(Schema):
    """A check to begin."""

    subject_id: PublicId
    kind: CheckKind
    purpose: Short = Field(examples=["sign_in"])
    document_sha256: Sha256 | None = Field(None, description="给出时，本次核验只用于这份文件")
    device: Words = Field("", description="签署人设备的标识")
    inputs: dict[Short, Words] = Field(
        default={}, max_length=16, description="该方式需要的材料，如 bank_card、challenge_id"
    )
    biz_no: BusinessNumber | None = None


class CheckInfo(Schema):
    """A check; `url` is where the person goes, `challenge` what a U-key signs (Base64)."""

    id: PublicId
    subject_id: PublicId
    kind: CheckKind
    state: CheckState
    provider: str
    receipt: str
    reason: str
    url: str
    challenge: str
    tries_left: int | None
    started_at: datetime
    passed_at: datetime | None
    valid_until: datetime | None
    biz_no: str | None


class CheckPage(PageInfo):
    """A page of checks, newest first."""

    items: list[CheckInfo]


class AmountIn(Schema):
    """The sum that the organisation received."""

    amount_fen: Annotated[int, Field(ge=1, le=10_000, description="到账金额，单位分")]


class KeyAnswerIn(Schema):
    """A U-key's answer, everything Base64 of DER."""

    certificate: Annotated[str, Field(max_length=16_384)]
    signature: Annotated[str, Field(max_length=2_048)]
    chain: Annotated[list[Annotated[str, Field(max_length=16_384)]], Field(max_length=4)] = []


class IdentityReasonIn(Schema):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class CodeIn(Schema):
    """A code to send to the subject's own mobile or mail address."""

    subject_id: PublicId
    channel: Channel = Channel.SMS
    purpose: Short
    document_sha256: Sha256 | None = None
    device: Words = ""


class CodeInfo(Schema):
    """A code on its way."""

    id: PublicId
    sent_to: str
    expires_at: datetime
    tries_left: int
    confirmed_at: datetime | None


class CodeTryIn(Schema):
    """What was typed; everything else must be as it was when the code was sent."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    subject_id: PublicId
    purpose: Short
    document_sha256: Sha256 | None = None
    device: Words = ""
