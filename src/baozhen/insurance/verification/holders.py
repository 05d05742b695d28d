"""What a person who is known by identity may see: the policies of which he is part (S0-3.6).

The wallet on the phone, the WeChat account and the mini-program all ask here, so that none of
them shows more than another.
"""

from dataclasses import dataclass

from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.policies.errors import PolicyUnknown
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.queries import policies_of_person
from baozhen.insurance.policies.states import FileKind, Standing
from baozhen.insurance.verification.rules import normalise_number
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.states import SubjectKind


@dataclass(frozen=True, kw_only=True)
class OwnPolicy:
    """A policy and what the person is in it: 投保人, 被保险人, or both."""

    policy: Policy
    roles: tuple[str, ...]


def own_policies(subject: Subject) -> list[OwnPolicy]:
    """Return the person's policies, newest first."""
    if subject.kind != SubjectKind.PERSON or not subject.id_no:
        return []
    rows = policies_of_person(subject.id_no)
    return [OwnPolicy(policy=row, roles=_roles(row, subject)) for row in rows]


def own_policy(subject: Subject, number: str) -> OwnPolicy:
    """Return one of the person's policies; raises PolicyUnknown for another person's too."""
    given = normalise_number(number)
    if subject.kind == SubjectKind.PERSON and subject.id_no:
        policy = policies_of_person(subject.id_no).filter(number=given).first()
        if policy is not None:
            return OwnPolicy(policy=policy, roles=_roles(policy, subject))
    raise PolicyUnknown(number=given)


def sealed_file(policy: Policy, kind: str) -> PolicyFile:
    """Return the file of a policy that is in force, or was last; raises PolicyUnknown."""
    files = PolicyFile.objects.select_related("policy__proposal").filter(
        policy=policy, kind=kind, standing__in=[Standing.CURRENT, Standing.CANCELLED]
    )
    file = files.order_by("-version").first() if kind in set(FileKind) else None
    if file is None:
        raise PolicyUnknown(number=f"{policy.number}/{kind}")
    return file


def _roles(policy: Policy, subject: Subject) -> tuple[str, ...]:
    content = content_now(policy)
    titles = (("policyholder", "投保人"), ("insured", "被保险人"))
    own = str(subject.id_no).upper()
    return tuple(
        title for role, title in titles if str(content[role]["id_no"]).strip().upper() == own
    )
