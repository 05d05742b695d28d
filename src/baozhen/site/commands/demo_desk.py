"""What the demonstration's officers and keepers have before them, made through the services.

A branch with a security officer of its own and a member of staff; a seal of brass that was lent,
used and given back, and is asked for again; an application for a U-key.
"""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from PIL import Image, ImageDraw

from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.services.key_records import KeyWish, apply_for_key
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    create_account,
    grant_power,
)
from baozhen.signing.organizations.services.officers import (
    Proposal,
    confirm_officer,
    propose_officer,
)
from baozhen.signing.organizations.services.units import set_management
from baozhen.signing.organizations.states import Management, Officer, UnitKind
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services import (
    LoanRequest,
    SealDraft,
    decide_change,
    decide_loan,
    hand_out,
    record_stamping,
    request_loan,
    request_seal,
    take_back,
)
from baozhen.signing.seals.states import SealKind

BRANCH_OFFICER: Final = "fenanquan"
BRANCH_CLERK: Final = "fenjingban"
_CLERK_ROLE: Final = "业务经办"
_KEEPER, _BORROWER, _LEADER = "yinzhang", "jingban", "fuze"
_SEAL: Final = "演示实物公章"
_REASON: Final = "演示"


def staff_branch(make_password: Callable[[], str], *, at: datetime) -> list[str]:
    """Make the branch's security officer and clerk, once; return a line for each account."""
    branch = OrgUnit.objects.filter(parent=root_unit(), kind=UnitKind.BRANCH).order_by("pk").first()
    if branch is None or Account.objects.filter(user__username=BRANCH_OFFICER).exists():
        return []
    officer, clerk = (
        (BRANCH_OFFICER, "演示分公司安全管理员"),
        (BRANCH_CLERK, "演示分公司业务经办"),
    )
    lines = []
    for (username, name), role in ((officer, "安全管理员"), (clerk, _CLERK_ROLE)):
        password = make_password()
        create_account(
            AccountFacts(
                username=username,
                display_name=name,
                unit=branch,
                staff_no=username,
                password=password,
                password_is_initial=False,
            ),
            actor="system",
            at=at,
        )
        lines.append(f"{branch.name}{role}：{username} / {password}")
    _appoint(branch, at=at)
    return lines


def _appoint(branch: OrgUnit, *, at: datetime) -> None:
    """Appoint as two officers of head office do; head office gives the clerk's role down."""
    system, auditor, officer = (_account(name) for name in ("guanli", "shenji", BRANCH_OFFICER))
    proposal = Proposal(account=officer, officer=Officer.SECURITY, unit=branch, reason=_REASON)
    asked = propose_officer(proposal, proposer=system, actor="staff:guanli", at=at)
    confirm_officer(asked, decider=auditor, actor="staff:shenji", at=at)
    roles = [_CLERK_ROLE, "印章管理员"]
    set_management(branch, Management.DELEGATED, roles, actor="staff:anquan", at=at)
    clerk = PowerRequest(
        account=_account(BRANCH_CLERK), unit=branch, role=_CLERK_ROLE, reason=_REASON
    )
    grant_power(clerk, granter=_account("anquan"), actor="staff:anquan", at=at)


def fill_desk(*, at: datetime) -> None:
    """Make the physical seal with its loans, and the application for a U-key, once."""
    unit = root_unit()
    if not Seal.objects.filter(unit=unit, name=_SEAL).exists():
        _lend(_physical(unit, at=at), at=at)
    if not KeyRecord.objects.filter(unit=unit, applied_by=f"staff:{_KEEPER}").exists():
        wish = KeyWish(unit=unit, holder="演示印章管理员", purpose="分公司柜面现场盖章")
        apply_for_key(wish, actor=f"staff:{_KEEPER}", at=at)


def _physical(unit: OrgUnit, *, at: datetime) -> Seal:
    draft = SealDraft(
        kind=SealKind.PHYSICAL,
        category="official",
        name=_SEAL,
        unit=unit,
        keeper=_account(_KEEPER),
        location="总部档案室 3 号柜",
        reason=_REASON,
    )
    change = request_seal(draft, actor=f"staff:{_KEEPER}", at=at)
    decide_change(change.pk, approved=True, decision="同意", actor=f"staff:{_LEADER}", at=at)
    return Seal.objects.get(pk=change.seal_id)


def _lend(seal: Seal, *, at: datetime) -> None:
    """Lend it, with a photograph of its use, and take it back; then it is asked for again."""
    keeper, borrower, leader = (f"staff:{name}" for name in (_KEEPER, _BORROWER, _LEADER))

    def ask(document: str, copies: int) -> int:
        request = LoanRequest(
            seal=seal,
            borrower=_account(_BORROWER),
            document=document,
            document_type="contract",
            copies=copies,
            reason=_REASON,
            due_at=at + timedelta(days=2),
        )
        return request_loan(request, actor=borrower, at=at).pk

    used = ask("示例大厦租赁合同", 2)
    decide_loan(used, approved=True, decision="同意", actor=leader, at=at)
    hand_out(used, actor=keeper, at=at)
    record_stamping(
        used, copies=2, photo=_photograph(), note="一式两份，均已盖章", actor=borrower, at=at
    )
    take_back(used, note="印章完好", actor=keeper, at=at)
    ask("示例供应商框架协议", 3)


def _photograph() -> bytes:
    """Return a picture of a page with a round seal, which stands for a photograph of one."""
    page = Image.new("RGB", (900, 640), "#f4f1ea")
    draw = ImageDraw.Draw(page)
    draw.rectangle((90, 50, 810, 640), fill="white")
    for line in range(9):
        draw.line((150, 110 + 44 * line, 750 - 90 * (line % 3), 110 + 44 * line), "#b9bcc2", 6)
    draw.ellipse((500, 350, 710, 560), outline="#c8102e", width=9)
    draw.regular_polygon((605, 455, 44), 3, fill="#c8102e")
    draw.regular_polygon((605, 455, 44), 3, rotation=180, fill="#c8102e")
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


def _account(username: str) -> Account:
    return Account.objects.select_related("unit", "user").get(user__username=username)
