"""The lives of units, accounts and directory runs at a glance, and the kinds there are."""

from enum import StrEnum


class UnitKind(StrEnum):
    """What a unit is. Branches and departments are no legal entities (保险法 第七十四条)."""

    INSURER = "insurer"
    COMPANY = "company"
    BRANCH = "branch"
    DEPARTMENT = "department"
    INTERMEDIARY = "intermediary"
    OUTSIDE = "outside"


UNIT_KINDS: dict[UnitKind, str] = {
    UnitKind.INSURER: "保险公司",
    UnitKind.COMPANY: "子公司",
    UnitKind.BRANCH: "分支机构（非独立法人）",
    UnitKind.DEPARTMENT: "部门",
    UnitKind.INTERMEDIARY: "中介机构",
    UnitKind.OUTSIDE: "外部机构",
}
LEGAL_ENTITIES = frozenset(
    {UnitKind.INSURER, UnitKind.COMPANY, UnitKind.INTERMEDIARY, UnitKind.OUTSIDE}
)
PARTS = frozenset({UnitKind.BRANCH, UnitKind.DEPARTMENT})
# Whose people are users from outside, with their own accounts, seals and views.
OUTSIDE_KINDS = frozenset({UnitKind.INTERMEDIARY, UnitKind.OUTSIDE})


class Management(StrEnum):
    """Who gives powers inside a unit: head office alone, or the unit's own security officer."""

    CENTRALISED = "centralised"
    DELEGATED = "delegated"


MANAGEMENTS: dict[Management, str] = {
    Management.CENTRALISED: "总部集权",
    Management.DELEGATED: "分权管理",
}


class UnitState(StrEnum):
    """Only an active unit's powers hold."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


UNIT_STATES: dict[UnitState, str] = {
    UnitState.ACTIVE: "正常",
    UnitState.SUSPENDED: "已停用",
}
UNIT_MOVES: dict[UnitState, frozenset[UnitState]] = {
    UnitState.ACTIVE: frozenset({UnitState.SUSPENDED}),
    UnitState.SUSPENDED: frozenset({UnitState.ACTIVE}),
}


class AccountKind(StrEnum):
    """Who a user is: staff, somebody of an outside organisation, or a person for himself."""

    STAFF = "staff"
    OUTSIDE = "outside"
    PERSON = "person"


ACCOUNT_KINDS: dict[AccountKind, str] = {
    AccountKind.STAFF: "员工",
    AccountKind.OUTSIDE: "外部机构人员",
    AccountKind.PERSON: "个人",
}


class AccountState(StrEnum):
    """Only an active account signs in."""

    ACTIVE = "active"
    LOCKED = "locked"
    LEFT = "left"


ACCOUNT_STATES: dict[AccountState, str] = {
    AccountState.ACTIVE: "正常",
    AccountState.LOCKED: "已锁定",
    AccountState.LEFT: "已离职",
}
ACCOUNT_MOVES: dict[AccountState, frozenset[AccountState]] = {
    AccountState.ACTIVE: frozenset({AccountState.LOCKED, AccountState.LEFT}),
    AccountState.LOCKED: frozenset({AccountState.ACTIVE, AccountState.LEFT}),
    # Somebody who comes back comes back without the powers that ended when he left.
    AccountState.LEFT: frozenset({AccountState.ACTIVE}),
}


class Officer(StrEnum):
    """The three officers (三员): three people, none of whom can do the others' acts."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


OFFICERS: dict[Officer, str] = {
    Officer.SYSTEM: "系统管理员",
    Officer.SECURITY: "安全管理员",
    Officer.AUDIT: "安全审计员",
}


class AppointmentState(StrEnum):
    """An officer is proposed by one officer and confirmed by another."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


APPOINTMENT_STATES: dict[AppointmentState, str] = {
    AppointmentState.PROPOSED: "待确认",
    AppointmentState.CONFIRMED: "已生效",
    AppointmentState.REFUSED: "未同意",
}
APPOINTMENT_MOVES: dict[AppointmentState, frozenset[AppointmentState]] = {
    AppointmentState.PROPOSED: frozenset({AppointmentState.CONFIRMED, AppointmentState.REFUSED}),
    AppointmentState.CONFIRMED: frozenset(),
    AppointmentState.REFUSED: frozenset(),
}


class SyncState(StrEnum):
    """A directory run is planned, then applied or given up."""

    PLANNED = "planned"
    HELD = "held"
    APPLIED = "applied"
    CANCELLED = "cancelled"


SYNC_STATES: dict[SyncState, str] = {
    SyncState.PLANNED: "待执行",
    SyncState.HELD: "已暂停待人工确认",
    SyncState.APPLIED: "已执行",
    SyncState.CANCELLED: "已放弃",
}
SYNC_MOVES: dict[SyncState, frozenset[SyncState]] = {
    SyncState.PLANNED: frozenset({SyncState.APPLIED, SyncState.CANCELLED}),
    SyncState.HELD: frozenset({SyncState.APPLIED, SyncState.CANCELLED}),
    SyncState.APPLIED: frozenset(),
    SyncState.CANCELLED: frozenset(),
}
