"""What waits for whom between a proposal and a claim: the journey's figures of the first page."""

from datetime import date

from baozhen.faces.console.figure import Asking, Figure
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.traces.models import TraceDestruction, TraceExport
from baozhen.foundation.traces.states import DestructionState, ExportState
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.claims.queries import living_claims, overdue_clocks
from baozhen.insurance.compliance.models import Duty
from baozhen.insurance.compliance.queries import overdue
from baozhen.insurance.compliance.states import DutyState
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.states import ChangeState
from baozhen.insurance.payments.models import Difference, PaymentOrder, Refund
from baozhen.insurance.payments.states import DifferenceState, OrderState, RefundState
from baozhen.insurance.policies.models import PolicyInvoice
from baozhen.insurance.policies.states import InvoiceState
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.queries import products_on
from baozhen.insurance.products.states import TableState
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.states import ReferralState
from baozhen.signing.organizations.roles import Permission


def _day(asking: Asking) -> date:
    return shanghai_date(asking.at)


def _late_claims(asking: Asking) -> int:
    """Count the claims whose clock has run out: few are alive at a time."""
    return sum(bool(overdue_clocks(claim, on=_day(asking))) for claim in living_claims())


_P = Permission
JOURNEY_FIGURES: tuple[Figure, ...] = (
    Figure(
        _P.UNDERWRITE, "待人工核保",
        lambda _: Referral.objects.filter(state=ReferralState.OPEN),
        "referrals", "?state=open", warns=True,
    ),
    Figure(
        _P.APPROVE_ENDORSEMENTS, "待审批的批改",
        lambda _: Change.objects.filter(state=ChangeState.SUBMITTED),
        "changes", "?state=submitted", warns=True,
    ),
    Figure(_P.HANDLE_CLAIMS, "逾期的理赔案件", _late_claims, "claims", warns=True),
    Figure(_P.VIEW_CLAIMS, "处理中的理赔案件", lambda _: living_claims().order_by(), "claims"),
    Figure(
        _P.MANAGE_REFUNDS, "待复核的退款",
        lambda _: Refund.objects.filter(state=RefundState.PROPOSED),
        "refunds", "?state=proposed", warns=True,
    ),
    Figure(
        _P.MANAGE_REFUNDS, "失败的退款",
        lambda _: Refund.objects.filter(state=RefundState.FAILED),
        "refunds", "?state=failed", warns=True,
    ),
    Figure(
        _P.MANAGE_REFUNDS, "待处理的对账差异",
        lambda _: Difference.objects.filter(state=DifferenceState.OPEN),
        "payment_differences", "?state=open", warns=True,
    ),
    Figure(
        _P.MANAGE_INVOICES, "未能开具的发票",
        lambda _: PolicyInvoice.objects.filter(state=InvoiceState.REFUSED),
        "invoices", "?state=refused", warns=True,
    ),
    Figure(
        _P.VIEW_PAYMENTS, "今日收款",
        lambda asking: PaymentOrder.objects.filter(
            state=OrderState.CONFIRMED, confirmed_at__gte=asking.midnight
        ),
        "payment_orders", "?state=confirmed",
    ),
    Figure(
        _P.MANAGE_PRODUCTS, "待批准的费率与规则",
        lambda _: TableVersion.objects.filter(state=TableState.SUBMITTED),
        "tables", "?state=submitted", warns=True,
    ),
    Figure(
        _P.MANAGE_PRODUCTS, "在售产品",
        lambda asking: len(products_on(_day(asking))), "products",
    ),
    Figure(
        _P.MANAGE_APPLICATIONS, "核保通过待签名的投保",
        lambda _: Application.objects.filter(state=ApplicationState.ACCEPTED),
        "applications", "?state=accepted",
    ),
    Figure(
        _P.EXPORT_TRACES, "待批准的可回溯导出",
        lambda _: TraceExport.objects.filter(state=ExportState.REQUESTED),
        "trace_exports", warns=True,
    ),
    Figure(
        _P.DESTROY_TRACES, "待批准的可回溯销毁",
        lambda _: TraceDestruction.objects.filter(
            state__in=[DestructionState.PROPOSED, DestructionState.APPROVED_ONCE]
        ),
        "trace_destructions", warns=True,
    ),
    Figure(
        _P.MANAGE_DUTIES, "逾期的管理义务",
        lambda asking: Duty.objects.filter(overdue(_day(asking))),
        "duties", "?state=overdue", warns=True,
    ),
    Figure(
        _P.MANAGE_DUTIES, "待复核的管理义务",
        lambda _: Duty.objects.filter(state=DutyState.HANDED_IN),
        "duties", "?state=handed_in", warns=True,
    ),
)  # fmt: skip
