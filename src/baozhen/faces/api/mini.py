"""The WeChat mini-program: its own session by openid, an identity check, then one's own policies.

S0-6.3.2: what `wx.login` gives is exchanged for a token that stands for the openid alone. Only
after the three elements and the code does the openid stand for a person, whose policies and
claims the other addresses show: the same facts and the same bytes as every other way.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from ninja.security import HttpBearer

from baozhen.faces import policy_facts
from baozhen.faces.acts import record_access
from baozhen.faces.api.claims import ClaimInfo, LossIn, claim_info
from baozhen.faces.api.documents import PDF_RESPONSES, PROBLEMS
from baozhen.faces.client import address_of
from baozhen.faces.errors import InvalidRequest, NotSignedIn
from baozhen.faces.files import pdf_response
from baozhen.faces.limits import Limit, spend
from baozhen.foundation.clock import now
from baozhen.foundation.fields import blind_index
from baozhen.foundation.notify.wechat_people import mini_people
from baozhen.insurance.applications.services.holders import PURPOSE, HolderFacts, admit_holder
from baozhen.insurance.claims.queries import own_claim
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import Entry
from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.parties.rules import mobile as mobile_rule
from baozhen.insurance.parties.rules import person_name, resident_id
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.verification.errors import CodeWrong
from baozhen.insurance.verification.holders import OwnPolicy, own_policies, own_policy, sealed_file
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import bind, bound_subject
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.subjects import number_index

router = Router(tags=["小程序"])
SECONDS = 2 * 3600
LOGINS = Limit(name="mini", most=60, window_seconds=600)
TRIES = Limit(name="mini_id", most=8, window_seconds=3600)
_SESSION, _TICKET = "baozhen.mini.session", "baozhen.mini.ticket"
_TICKET_SECONDS = 900
_PREFIX = "bzm_"


@dataclass(frozen=True)
class Visitor:
    """Who calls: an openid, and the person for whom it stands, if any."""

    openid: str
    subject: Subject | None

    @property
    def device(self) -> str:
        """The name under which codes are bound to this WeChat."""
        return "mini:" + blind_index(self.openid, "wechat.openid")[:32]


class MiniBearer(HttpBearer):
    """`Authorization: Bearer <token of /mini/session>`; `known` wants a person behind it."""

    def __init__(self, *, known: bool) -> None:
        super().__init__()
        self.known = known

    def authenticate(self, request: HttpRequest, token: str) -> Visitor:
        """Return the visitor, or raise NotSignedIn."""
        try:
            given = signing.loads(token.removeprefix(_PREFIX), salt=_SESSION, max_age=SECONDS)
        except signing.BadSignature as error:
            raise NotSignedIn from error
        visitor = Visitor(given["openid"], bound_subject(WeChatApp.MINI, given["openid"]))
        if self.known and visitor.subject is None:
            raise NotSignedIn
        return visitor


class LoginIn(Schema):
    """The code of `wx.login`."""

    code: str = Field(min_length=1, max_length=128)


class SessionInfo(Schema):
    """A token for this WeChat."""

    token: str
    expires_in: int = Field(description="秒")
    bound: bool = Field(description="是否已完成本人身份核验")


class IdentityIn(Schema):
    """The three elements."""

    name: str = Field(max_length=60)
    id_no: str = Field(max_length=18)
    mobile: str = Field(max_length=11)


class TicketInfo(Schema):
    """What comes back with the code."""

    ticket: str


class ConfirmIn(Schema):
    """The code that went to the mobile."""

    ticket: str = Field(max_length=600)
    code: str = Field(pattern=r"^[0-9]{6}$")


class BoundInfo(Schema):
    """Whether the openid stands for a person now."""

    bound: bool


class OwnPolicyInfo(Schema):
    """One policy in the list."""

    policy_no: str
    kind: str
    roles: list[str]
    plate: str = Field(description="号牌，掩码")
    state: str
    word: str
    cover_starts_at: datetime
    cover_ends_at: datetime


class OwnPolicies(Schema):
    """The person's policies, newest first."""

    items: list[OwnPolicyInfo]


class DocumentInfo(Schema):
    """One document: its digest, and its content in groups as the sealed file prints it."""

    kind: str
    number: str
    title: str
    word: str
    sha256: str | None
    groups: list[dict[str, Any]]


class PolicyDetail(OwnPolicyInfo):
    """A policy with the content of its files."""

    verification: str = Field(description="验真地址")
    history: list[tuple[str, str]] = Field(description="批改与终止")
    documents: list[DocumentInfo]


Kind = Annotated[FileKind, Field(description="policy 或 mark")]


@router.post(
    "/mini/session", response={200: SessionInfo, **PROBLEMS}, auth=None, summary="小程序登录"
)
def login(request: HttpRequest, body: LoginIn) -> dict[str, Any]:
    """Exchange the code of `wx.login` (code2session) for a token of ours."""
    spend(LOGINS, address_of(request))
    openid = mini_people().openid_of(body.code)
    return {
        "token": _PREFIX + signing.dumps({"openid": openid}, salt=_SESSION),
        "expires_in": SECONDS,
        "bound": bound_subject(WeChatApp.MINI, openid) is not None,
    }


@router.post(
    "/mini/identity",
    response={200: TicketInfo, **PROBLEMS},
    auth=MiniBearer(known=False),
    summary="核验本人身份，发送验证码",
)
def identify(request: HttpRequest, body: IdentityIn) -> dict[str, Any]:
    """Have the three elements checked, and send a code to the mobile."""
    visitor = _visitor(request)
    spend(TRIES, visitor.device)
    facts = _facts(body)
    spend(TRIES, number_index(facts.id_no))
    subject = admit_holder(facts, device=visitor.device, at=now())
    sent = send_code(
        CodeRequest(subject_id=subject.public_id, purpose=PURPOSE, device=visitor.device),
        at=now(),
    )
    given = {"subject": subject.public_id, "challenge": sent.public_id, "openid": visitor.openid}
    return {"ticket": signing.dumps(given, salt=_TICKET)}


@router.post(
    "/mini/identity/confirm",
    response={200: BoundInfo, **PROBLEMS},
    auth=MiniBearer(known=False),
    summary="验证并绑定本人",
)
def confirm(request: HttpRequest, body: ConfirmIn) -> dict[str, Any]:
    """Take the code; from now on this WeChat stands for the person."""
    visitor = _visitor(request)
    try:
        given = signing.loads(body.ticket, salt=_TICKET, max_age=_TICKET_SECONDS)
    except signing.BadSignature as error:
        raise CodeWrong from error
    if given["openid"] != visitor.openid:
        raise CodeWrong
    confirm_code(
        given["challenge"],
        body.code,
        at=now(),
        subject_id=given["subject"],
        purpose=PURPOSE,
        device=visitor.device,
    )
    subject = Subject.objects.get(public_id=given["subject"])
    bind(WeChatApp.MINI, visitor.openid, subject, at=now())
    return {"bound": True}


@router.get(
    "/mini/policies",
    response={200: OwnPolicies, **PROBLEMS},
    auth=MiniBearer(known=True),
    summary="我的保单",
)
def policies(request: HttpRequest) -> dict[str, Any]:
    """List the person's policies."""
    at = now()
    return {"items": [_summary(mine, at=at) for mine in own_policies(_person(request))]}


@router.get(
    "/mini/policies/{number}",
    response={200: PolicyDetail, **PROBLEMS},
    auth=MiniBearer(known=True),
    summary="保单内容",
)
def policy(request: HttpRequest, number: str) -> dict[str, Any]:
    """Describe one policy with the very content of its files."""
    at = now()
    mine = own_policy(_person(request), number)
    return _summary(mine, at=at) | {
        "verification": verification_url(mine.policy.number),
        "history": [list(fact) for fact in policy_facts.history_facts(mine.policy)],
        "documents": [
            {
                "kind": document["file"].kind,
                "number": document["file"].number,
                "title": document["title"],
                "word": document["word"]["label"],
                "sha256": document["file"].sha256,
                "groups": document["groups"],
            }
            for document in policy_facts.documents_of(mine.policy, at=at)
        ],
    }


@router.get(
    "/mini/policies/{number}/file",
    response={200: None, 304: None, **PROBLEMS},
    auth=MiniBearer(known=True),
    summary="下载签章原件",
    openapi_extra=PDF_RESPONSES,
)
def download(request: HttpRequest, number: str, kind: Kind = FileKind.POLICY) -> HttpResponse:
    """Send the sealed file."""
    person = _person(request)
    mine = own_policy(person, number)
    file = sealed_file(mine.policy, kind)
    response = pdf_response(file, request)
    if response.status_code == 200:  # noqa: PLR2004 -- a 304 hands out nothing
        record_access(
            "downloaded",
            policy_id=file.policy_id,
            actor=f"holder:{person.public_id}",
            at=now(),
            facts={"file": file.number, "sha256": file.sha256, "way": "mini"},
        )
    return response


@router.post(
    "/mini/policies/{number}/claims",
    response={201: ClaimInfo, **PROBLEMS},
    auth=MiniBearer(known=True),
    summary="报案",
)
def report(request: HttpRequest, number: str, body: LossIn) -> Status[Any]:
    """Report a loss; the same loss again is answered with 409 and its number."""
    person = _person(request)
    mine = own_policy(person, number)
    reporter = Reporter(entry=Entry.MINI, actor=f"holder:{person.public_id}", subject=person)
    return Status(201, claim_info(report_loss(mine.policy, body.facts(), reporter, at=now())))


@router.get(
    "/mini/claims/{number}",
    response={200: ClaimInfo, **PROBLEMS},
    auth=MiniBearer(known=True),
    summary="理赔进度",
)
def claim(request: HttpRequest, number: str) -> dict[str, Any]:
    """Show how far a claim of one's own is."""
    return claim_info(own_claim(_person(request), number))


def _summary(mine: OwnPolicy, *, at: datetime) -> dict[str, Any]:
    policy = mine.policy
    return {
        "policy_no": policy.number,
        "kind": policy.kind,
        "roles": list(mine.roles),
        "plate": policy.plate_masked or "未上牌",
        "state": policy.state,
        "word": policy_facts.policy_word(policy, at=at)["label"],
        "cover_starts_at": policy.cover_starts_at,
        "cover_ends_at": policy.cover_ends_at,
    }


def _facts(body: IdentityIn) -> HolderFacts:
    """Judge the elements by the rules of parties; raises InvalidRequest that names the field."""
    found = {}
    rules = {"name": person_name, "id_no": resident_id, "mobile": mobile_rule}
    for name, rule in rules.items():
        try:
            given = getattr(body, name).strip()
            found[name] = rule(given.upper() if name == "id_no" else given)
        except Unfit as unfit:
            raise InvalidRequest(path=name) from unfit
    return HolderFacts(**found)


def _visitor(request: HttpRequest) -> Visitor:
    visitor: Visitor = request.auth  # type: ignore[attr-defined]
    return visitor


def _person(request: HttpRequest) -> Subject:
    subject = _visitor(request).subject
    if subject is None:
        raise NotSignedIn
    return subject
