"""The account of a policyholder or another person: tied to the subject that signs."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.signing.identity.errors import SubjectNotFound
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.states import SubjectKind
from baozhen.signing.organizations.errors import AccountInvalid
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.services.accounts import AccountFacts, create_account
from baozhen.signing.organizations.states import AccountKind


@transaction.atomic(durable=True)
def open_personal_account(
    facts: AccountFacts, subject_id: str, *, actor: str, at: datetime
) -> Account:
    """Make the account of a person who is known as a subject; raises AccountInvalid.

    What the account shows hangs on the subject, so the name must be the subject's, and a subject
    has one account: nobody gets at another's documents by a name that somebody typed.
    """
    subject = Subject.objects.select_for_update().filter(public_id=subject_id).first()
    if subject is None:
        raise SubjectNotFound(path="subject", subject=subject_id)
    if facts.kind != AccountKind.PERSON or subject.kind != SubjectKind.PERSON:
        raise AccountInvalid(path="subject", reason="个人账号须对应个人签署主体")
    if subject.account_id is not None:
        raise AccountInvalid(path="subject", reason="此人已有账号")
    if facts.display_name.strip() != subject.name:
        raise AccountInvalid(path="display_name", reason="姓名与签署主体登记的不一致")
    account = create_account(facts, actor=actor, at=at)
    Subject.objects.filter(pk=subject.pk).update(account=account, changed_at=at)
    record(
        "subject.account_opened",
        subject_id=subject.pk,
        actor=actor,
        at=at,
        facts={"account": account.public_id},
    )
    return account
