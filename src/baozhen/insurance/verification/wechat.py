"""Which person a WeChat account stands for: bound after the identity check, by the person.

S0-6.3.2: an openid alone is nobody. It is bound to a subject whose identity was checked a moment
ago, and opens that person's own policies only.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from baozhen.foundation.fields import blind_index
from baozhen.foundation.states import enter, move
from baozhen.insurance.verification.errors import WeChatTaken
from baozhen.insurance.verification.models import WeChatBinding
from baozhen.insurance.verification.states import BindingState, WeChatApp
from baozhen.signing.identity.models import Subject


def bound_subject(app: WeChatApp, openid: str) -> Subject | None:
    """Return the person for whom this openid stands."""
    found = _bound().filter(app=app, openid_index=_index(openid)).select_related("subject")
    binding = found.first()
    return binding.subject if binding is not None else None


def bind(app: WeChatApp, openid: str, subject: Subject, *, at: datetime) -> WeChatBinding:
    """Let the openid stand for the person; raises WeChatTaken when it stands for another."""
    bound = bound_subject(app, openid)
    if bound is not None and bound.pk != subject.pk:
        raise WeChatTaken
    if bound is not None:
        return _bound().get(app=app, openid_index=_index(openid))
    try:
        with transaction.atomic(durable=True):
            binding = WeChatBinding.objects.create(
                state=BindingState.BOUND,
                app=app,
                openid=openid,
                openid_index=_index(openid),
                subject=subject,
                bound_at=at,
            )
            enter(binding, actor=f"holder:{subject.public_id}", at=at)
    except IntegrityError as race:
        # Somebody bound it at the same moment: the same person perhaps, by a double tap.
        if getattr(bound_subject(app, openid), "pk", None) != subject.pk:
            raise WeChatTaken from race
        return _bound().get(app=app, openid_index=_index(openid))
    return binding


@transaction.atomic(durable=True)
def release(subject: Subject, *, at: datetime) -> int:
    """End every binding of the person; return how many there were."""
    bindings = list(_bound().select_for_update().filter(subject=subject))
    for binding in bindings:
        move(
            binding,
            BindingState.RELEASED,
            actor=f"holder:{subject.public_id}",
            at=at,
            released_at=at,
        )
    return len(bindings)


def openids_of(subject: Subject, app: WeChatApp) -> list[str]:
    """Return the openids that stand for the person in an app."""
    return [str(binding.openid) for binding in _bound().filter(subject=subject, app=app)]


def _bound() -> QuerySet[WeChatBinding]:
    return WeChatBinding.objects.filter(state=BindingState.BOUND)


def _index(openid: str) -> str:
    return blind_index(openid, "wechat.openid")
