"""查询: find a policy by its number and its holder's facts, then see what it says (S0-6.3.1).

What was found is remembered in the visitor's own session for a quarter of an hour, so the
address of the result page alone shows nothing to anybody.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces import policy_facts as facts
from baozhen.faces.client import address_of
from baozhen.faces.errors import NotFound
from baozhen.faces.frame import page
from baozhen.faces.portal.forms import QueryForm
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.verification.errors import NoMatch, TooManyAttempts
from baozhen.insurance.verification.services import HolderQuery, find_for_holder

GRANT = "granted_policy"
GRANT_LIFETIME = timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
def query(request: HttpRequest) -> HttpResponse:
    """Ask for the facts; when all fit, go on to the result."""
    again = request.POST.get("again")
    if request.method != "POST" or again:
        # "Another picture" keeps what was typed and judges nothing.
        form = QueryForm(initial=request.POST.dict(), in_words=again == "words")
        return page(request, "portal/query.html", {"here": "query", "form": form})
    form = QueryForm(request.POST, in_words="in_words" in request.POST)
    status = 422
    if form.is_valid():
        try:
            policy = _find(request, form)
        except (NoMatch, TooManyAttempts) as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, TooManyAttempts) else 422
        else:
            grant(request, policy, at=now())
            return redirect("portal:result")
    return page(request, "portal/query.html", {"here": "query", "form": form}, status=status)


def _find(request: HttpRequest, form: QueryForm) -> Policy:
    typed = form.cleaned_data
    asked = HolderQuery(
        number=typed["number"],
        id_tail=typed["id_tail"],
        vehicle_tail=typed["vehicle_tail"],
        client_address=address_of(request),
    )
    return find_for_holder(asked, at=now())


def grant(request: HttpRequest, policy: Policy, *, at: datetime) -> None:
    """Let this session, under a fresh key, see this policy for a while."""
    request.session.cycle_key()
    request.session[GRANT] = {"policy": policy.pk, "until": (at + GRANT_LIFETIME).isoformat()}


def granted_policy(request: HttpRequest) -> Policy | None:
    """Return the policy that this session may see now."""
    given = request.session.get(GRANT)
    if not given or datetime.fromisoformat(given["until"]) <= now():
        return None
    return Policy.objects.select_related("proposal").filter(pk=given["policy"]).first()


def require_granted(request: HttpRequest) -> Policy:
    """Return the policy that this session may see, or raise NotFound."""
    policy = granted_policy(request)
    if policy is None:
        raise NotFound(what="可查看的保单，查询结果只保留 15 分钟，请重新查询")
    return policy


@require_GET
def result(request: HttpRequest) -> HttpResponse:
    """Show the policy and its mark, with the very content of the files (S0-4.3.1b, S0-6.2)."""
    policy = granted_policy(request)
    if policy is None:
        return redirect("portal:query")
    context = {"here": "query", "policy": policy, "documents": facts.documents_of(policy, at=now())}
    context["history"] = facts.history_facts(policy)
    return page(request, "portal/result.html", context)


@require_POST
def leave(request: HttpRequest) -> HttpResponseRedirect:
    """Forget the result: for a shared telephone or a counter's computer."""
    request.session.pop(GRANT, None)
    request.session.cycle_key()
    return redirect("portal:home")
