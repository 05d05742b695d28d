"""Mobiles and devices that several clients use: families do, and so do agents who sign for them."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.registers import Cell, Link, Sheet, show_sheet
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.masking import mask_name
from baozhen.signing.identity.queries import SharedUse, shared_uses, subjects_sharing
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.organizations.roles import Permission

_GROUPS_SHOWN = 50
_SUBJECTS_SHOWN = 20
_COLUMNS = ("签署主体", "姓名或名称", "业务人员", "登记时间")


@needs(Permission.VIEW_IDENTITIES)
@require_GET
def shared(request: HttpRequest) -> HttpResponse:
    """List what is shared from the lowest threshold on, the most shared first, with its users."""
    policy = load_policy().sharing
    found = shared_uses(at_least=min(policy.mobile_raised, policy.device_raised))
    tone, icon = ("amber", "alert") if found else ("jade", "check")
    sheet = Sheet(
        here="identities",
        title="共用手机号与设备",
        state=Cell(text=f"{len(found)} 组", tone=tone, icon=icon),
        facts=[
            ("手机号", _words(policy.mobile_raised, policy.mobile_high), False),
            ("设备", _words(policy.device_raised, policy.device_high), False),
            ("说明", "家人共用一部手机是常事，不拒绝，只要求更强的认证。", False),
        ],
        back=Link(href=reverse("console:identities"), label="认证", icon="left"),
        tables=[
            (f"{use.what}：{use.subjects} 名客户共用", _COLUMNS, _rows(use))
            for use in found[:_GROUPS_SHOWN]
        ],
    )
    return show_sheet(request, sheet)


def _words(raised: int, high: int) -> str:
    return f"{raised} 名客户起提高风险等级，{high} 名起为高风险"


def _rows(use: SharedUse) -> list[list[Cell]]:
    return [
        [
            Cell(
                text=row.public_id,
                href=reverse("console:subject", kwargs={"public_id": row.public_id}),
            ),
            Cell(text=mask_name(row.name)),
            Cell(text="是" if row.is_agent or row.account_id else "否"),
            Cell(text=stamp(row.registered_at)),
        ]
        for row in subjects_sharing(use.what, use.index)[:_SUBJECTS_SHOWN]
    ]
