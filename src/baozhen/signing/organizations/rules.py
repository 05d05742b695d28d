"""Who may give which power where. Pure."""

from dataclasses import dataclass

from baozhen.signing.organizations.errors import GrantRefused


@dataclass(frozen=True, kw_only=True)
class GrantFacts:
    """What a grant is judged by.

    `scopes` are the places where the granter may give powers and which cover the target: whether
    each is the whole company, whether it is delegated (分权), and the roles given down to it.
    `is_outsider_abroad`: the grantee is no member of the staff, and the place is not their own
    organisation.
    """

    granter: int
    grantee: int
    role: str
    is_officer_role: bool
    has_reason: bool
    scopes: tuple[tuple[bool, bool, frozenset[str]], ...]
    is_past: bool = False
    is_outsider_abroad: bool = False


def check_grant(facts: GrantFacts) -> None:
    """Raise GrantRefused unless the granter may give this."""
    if facts.granter == facts.grantee:
        raise GrantRefused(reason="任何人不能给自己授权")
    if not facts.has_reason:
        raise GrantRefused(path="reason", reason="请填写授权理由")
    if facts.is_past:
        raise GrantRefused(path="until", reason="到期时间已经过去")
    if facts.is_outsider_abroad:
        raise GrantRefused(path="unit", reason="外部人员只能在其所属的外部机构内获得授权")
    if facts.is_officer_role:
        raise GrantRefused(path="role", reason="三员由任免程序产生，不能直接授予")
    _check_scopes(facts)


def _check_scopes(facts: GrantFacts) -> None:
    """Head office gives everywhere; a unit's own officer what was given down to the unit."""
    if not facts.scopes:
        raise GrantRefused(path="unit", reason="您不能在这个机构授权")
    if any(is_whole for is_whole, _, _ in facts.scopes):
        return
    given_down = [roles for _, is_delegated, roles in facts.scopes if is_delegated]
    if not given_down:
        raise GrantRefused(path="unit", reason="该机构由总部集中授权")
    if not any(facts.role in roles for roles in given_down):
        raise GrantRefused(path="role", reason="总部没有把这项权限下放给该机构")
