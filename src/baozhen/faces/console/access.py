"""Who may open which page: every view of the console says which permission it needs."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from baozhen.faces.errors import NotPermitted
from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.organizations.extent import is_left_out
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import LABELS, Permission
from baozhen.signing.organizations.services.powers import note_use
from baozhen.signing.organizations.states import AccountKind, AccountState

USED = "access.used"
View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """Open to anybody of the staff who has signed in; others go to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    guarded.guard = "staff"  # type: ignore[attr-defined]
    return guarded


def outside_only(view: View) -> View:
    """Open to users from outside (outside organisations, persons); the view gets their account."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        account = outsider_of(request)
        if account is None:
            raise NotPermitted(right="外部用户的页面")
        return view(request, account, *args, **kwargs)

    guarded.guard = "outside"  # type: ignore[attr-defined]
    return guarded


def is_outsider(username: str) -> bool:
    """Tell whether the name is that of a user from outside."""
    outsiders = Account.objects.exclude(kind=AccountKind.STAFF)
    return outsiders.filter(user__username=username).exists()


def account_of(request: HttpRequest) -> Account | None:
    """Return the account in use of the person who asks; asked once a request."""
    if not request.user.is_authenticated:
        return None
    if not hasattr(request, "account"):
        accounts = Account.objects.select_related("unit", "user")
        request.account = accounts.filter(  # type: ignore[attr-defined]
            user__username=request.user.get_username(), state=AccountState.ACTIVE
        ).first()
    account: Account | None = request.account  # type: ignore[attr-defined]
    return account


def outsider_of(request: HttpRequest) -> Account | None:
    """Return the account of a user from outside, or None for the staff."""
    account = account_of(request)
    return None if account is None or account.kind == AccountKind.STAFF else account


def needs(permission: Permission) -> Callable[[View], View]:
    """Open to staff with this permission; others get 403, which names it."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            require(request, permission)
            _note_use(request, permission)
            return view(request, *args, **kwargs)

        guarded.guard = permission  # type: ignore[attr-defined]
        return guarded

    return guard


def _note_use(request: HttpRequest, permission: Permission) -> None:
    """Note once a day that the power is in use: what nobody uses is taken back."""
    used = request.session.get(USED, {})
    today = shanghai_date(now()).isoformat()
    if used.get(permission.value) != today:
        note_use(request.user, permission, at=now())
        request.session[USED] = {**used, permission.value: today}


def may(request: HttpRequest, permission: Permission) -> bool:
    """Tell whether the person who asks has this permission, and there is anything to use it on."""
    return not is_left_out(permission) and request.user.has_perm(permission.full_name)


def require(request: HttpRequest, permission: Permission) -> None:
    """Raise NotPermitted unless the person who asks has this permission."""
    if not may(request, permission):
        raise NotPermitted(right=LABELS[permission])


def actor_of(request: HttpRequest) -> str:
    """Return the name under which an act of this person is recorded."""
    return f"staff:{request.user.get_username()}"[:64]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page, and back here afterwards."""
    target = f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request") == "true":
        # A polled fragment must not be replaced by a sign-in page: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)
