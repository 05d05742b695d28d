"""The life of an identity check at a glance, and the words for what there is."""

from enum import StrEnum


class SubjectKind(StrEnum):
    """Who can sign."""

    PERSON = "person"
    ORGANIZATION = "organization"


SUBJECT_KINDS = {SubjectKind.PERSON: "个人", SubjectKind.ORGANIZATION: "单位"}


class CheckKind(StrEnum):
    """How somebody can be shown to be who they say."""

    THREE_ELEMENTS = "three_elements"
    FOUR_ELEMENTS = "four_elements"
    SMS = "sms"
    FACE = "face"
    VIDEO = "video"
    UKEY = "ukey"
    LICENCE = "licence"
    LEGAL_REP = "legal_rep"
    TRANSFER = "transfer"
    OWN_SYSTEM = "own_system"
    AGENT_PAPERS = "agent_papers"


CHECK_KINDS = {
    CheckKind.THREE_ELEMENTS: "三要素核验",
    CheckKind.FOUR_ELEMENTS: "银行卡四要素核验",
    CheckKind.SMS: "短信验证码",
    CheckKind.FACE: "人脸核验",
    CheckKind.VIDEO: "视频核验",
    CheckKind.UKEY: "U-key 证书核验",
    CheckKind.LICENCE: "营业执照核验",
    CheckKind.LEGAL_REP: "法定代表人核验",
    CheckKind.TRANSFER: "对公打款核验",
    CheckKind.OWN_SYSTEM: "自有实名系统",
    CheckKind.AGENT_PAPERS: "代理人证件",
}
PERSON_KINDS = frozenset(
    {
        CheckKind.THREE_ELEMENTS,
        CheckKind.FOUR_ELEMENTS,
        CheckKind.SMS,
        CheckKind.FACE,
        CheckKind.VIDEO,
        CheckKind.UKEY,
        CheckKind.OWN_SYSTEM,
        CheckKind.AGENT_PAPERS,
    }
)
ORGANIZATION_KINDS = frozenset(
    {
        CheckKind.LICENCE,
        CheckKind.LEGAL_REP,
        CheckKind.TRANSFER,
        CheckKind.UKEY,
        CheckKind.OWN_SYSTEM,
    }
)


class CheckState(StrEnum):
    """Only a `passed` check counts, and only until it lapses."""

    SUBMITTED = "submitted"
    ANSWERING = "answering"
    REVIEWING = "reviewing"
    PASSED = "passed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


LABELS = {
    CheckState.SUBMITTED: "等待核验",
    CheckState.ANSWERING: "等待本人完成",
    CheckState.REVIEWING: "审核中",
    CheckState.PASSED: "已通过",
    CheckState.FAILED: "未通过",
    CheckState.WITHDRAWN: "已撤销",
}

_END = frozenset({CheckState.PASSED, CheckState.FAILED, CheckState.WITHDRAWN})
MOVES: dict[CheckState, frozenset[CheckState]] = {
    CheckState.SUBMITTED: frozenset({CheckState.ANSWERING, CheckState.REVIEWING}) | _END,
    CheckState.ANSWERING: _END,
    CheckState.REVIEWING: _END,
    # A check that turns out to rest on a forged paper stops counting; what it vouched for stays.
    CheckState.PASSED: frozenset({CheckState.WITHDRAWN}),
    CheckState.FAILED: frozenset(),
    CheckState.WITHDRAWN: frozenset(),
}
OPEN = frozenset({CheckState.SUBMITTED, CheckState.ANSWERING, CheckState.REVIEWING})


class Channel(StrEnum):
    """How a code travels."""

    SMS = "sms"
    MAIL = "mail"


class ConsentMethod(StrEnum):
    """How somebody confirmed that they want to sign this very document (意愿认证)."""

    SMS = "sms"
    MAIL = "mail"
    FACE = "face"
    VIDEO = "video"
    UKEY = "ukey"


CONSENT_METHODS = {
    ConsentMethod.SMS: "短信验证码",
    ConsentMethod.MAIL: "邮件验证码",
    ConsentMethod.FACE: "人脸",
    ConsentMethod.VIDEO: "视频",
    ConsentMethod.UKEY: "U-key",
}


class Tier(StrEnum):
    """How careful we are with a subject; the data file says what each tier needs."""

    NORMAL = "normal"
    RAISED = "raised"
    HIGH = "high"


TIERS = {Tier.NORMAL: "一般", Tier.RAISED: "较高", Tier.HIGH: "高"}
