"""Signed-in browsers: how many at once, how long idle, how long at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.queries import entries_of as audit_entries
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.signing.organizations.models import Account, SignInPolicy, StaffSession
from baozhen.signing.organizations.queries import sign_in_policy
from baozhen.signing.risks.services import raise_risk
from baozhen.signing.risks.states import Severity

SEEN_EVERY = timedelta(minutes=1)
ADOPTED = "adopted"  # a session that did not begin at the sign-in page


@dataclass(frozen=True, kw_only=True)
class Browser:
    """From where somebody signs in."""

    session_key: str
    address: str = ""
    agent: str = ""


def key_hash(session_key: str) -> str:
    """Return by what a session is found; the key itself is kept by Django alone."""
    return get_keyring().blind_index(session_key, "staff_session")


@transaction.atomic
def begin_session(user: User, browser: Browser, *, method: str, at: datetime) -> StaffSession:
    """Write the session down; the oldest ones above the limit end."""
    policy = sign_in_policy()
    session = StaffSession.objects.create(
        user=user,
        key_hash=key_hash(browser.session_key),
        method=method,
        address=browser.address[:45],
        agent=browser.agent[:200],
        started_at=at,
        seen_at=at,
    )
    running = StaffSession.objects.filter(user=user, ended_at__isnull=True).order_by("-pk")
    surplus = list(running.values_list("pk", flat=True)[policy.sessions_max :])
    StaffSession.objects.filter(pk__in=surplus).update(ended_at=at, end_reason="superseded")
    if method != ADOPTED:
        audit.record(
            "session.begun",
            subject_id=session.pk,
            actor=f"staff:{user.get_username()}"[:64],
            at=at,
            facts={"method": method, "superseded": len(surplus)},
        )
    return session


def check_session(session: StaffSession, *, at: datetime, is_seen: bool = True) -> bool:
    """Tell whether the session still runs; end it when its time is over, note that it is used."""
    if session.ended_at is not None:
        return False
    reason = _over(session, sign_in_policy(), at)
    if reason:
        end_session(session, reason=reason, at=at)
        return False
    if is_seen and at - session.seen_at >= SEEN_EVERY:
        StaffSession.objects.filter(pk=session.pk).update(seen_at=at)
    return True


@transaction.atomic
def note_lock_out(username: str, *, within: timedelta, at: datetime) -> bool:
    """Record that somebody guessed at this name until it was locked, and tell of it; once a lock.

    From where stays with the counter of failures, which forgets: an address is personal data, and
    what is recorded here stays. A name that nobody has is no account's business.
    """
    account = Account.objects.select_for_update().filter(user__username=username).first()
    if account is None:
        return False
    facts = {"account": account.public_id}
    earlier = audit_entries(Account.NOUN, account.pk).filter(
        action="account.locked_out", at__gt=at - within
    )
    if earlier.exists():
        return False
    audit.record("account.locked_out", subject_id=account.pk, actor="system", at=at, facts=facts)
    raise_risk(
        kind="organizations.locked_out",
        severity=Severity.WARNING,
        subject_type=Account.NOUN,
        subject_id=account.pk,
        facts=facts,
        at=at,
    )
    return True


def _over(session: StaffSession, policy: SignInPolicy, at: datetime) -> str:
    if at - session.started_at >= timedelta(hours=policy.absolute_hours):
        return "absolute"
    if at - session.seen_at >= timedelta(minutes=policy.idle_minutes):
        return "idle"
    return ""


def end_session(session: StaffSession, *, reason: str, at: datetime) -> None:
    """End the session; the browser is signed out at its next request."""
    StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
        ended_at=at, end_reason=reason
    )


def end_stale_sessions(*, at: datetime) -> int:
    """End what is idle or too old though no request came; return how many."""
    policy = sign_in_policy()
    running = StaffSession.objects.filter(ended_at__isnull=True)
    too_old = running.filter(started_at__lte=at - timedelta(hours=policy.absolute_hours))
    idle = running.filter(seen_at__lte=at - timedelta(minutes=policy.idle_minutes))
    return too_old.update(ended_at=at, end_reason="absolute") + idle.update(
        ended_at=at, end_reason="idle"
    )
