"""States of organisational duties, and the words of their kinds."""

from collections.abc import Mapping
from enum import StrEnum


class DutyState(StrEnum):
    """`open`: to be done by its date; `handed_in`: evidence waits for review; `met`: reviewed."""

    OPEN = "open"
    HANDED_IN = "handed_in"
    MET = "met"


# A duty that returns is opened again for its next date; one that changed too.
DUTY_MOVES: Mapping[str, frozenset[str]] = {
    DutyState.OPEN: frozenset({DutyState.HANDED_IN}),
    DutyState.HANDED_IN: frozenset({DutyState.MET, DutyState.OPEN}),
    DutyState.MET: frozenset({DutyState.OPEN}),
}
STATE_LABELS: Mapping[str, str] = {
    DutyState.OPEN: "待履行",
    DutyState.HANDED_IN: "待复核",
    DutyState.MET: "已履行",
}


class Rhythm(StrEnum):
    """How often a duty returns."""

    ONCE = "once"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    ON_CHANGE = "on_change"


RHYTHM_LABELS: Mapping[str, str] = {
    Rhythm.ONCE: "一次，变更时更新",
    Rhythm.QUARTERLY: "每季度",
    Rhythm.HALF_YEARLY: "每半年",
    Rhythm.YEARLY: "每年",
    Rhythm.ON_CHANGE: "重大变更时",
}


class Topic(StrEnum):
    """What a duty is about."""

    GOVERNANCE = "governance"
    SECURITY = "security"
    BACKUP = "backup"
    PROTECTION = "protection"
    PEOPLE = "people"
    FACILITY = "facility"
    RISK = "risk"
    INCIDENT = "incident"
    CLAIMS = "claims"
    BUSINESS = "business"
    PARTNERS = "partners"
    AUDIT = "audit"


TOPIC_LABELS: Mapping[str, str] = {
    Topic.GOVERNANCE: "治理与制度",
    Topic.SECURITY: "信息安全",
    Topic.BACKUP: "备份与恢复",
    Topic.PROTECTION: "等级保护",
    Topic.PEOPLE: "岗位与培训",
    Topic.FACILITY: "机房与设备",
    Topic.RISK: "风险评估",
    Topic.INCIDENT: "应急与演练",
    Topic.CLAIMS: "理赔服务",
    Topic.BUSINESS: "业务管理",
    Topic.PARTNERS: "合作方",
    Topic.AUDIT: "审计与检查",
}
