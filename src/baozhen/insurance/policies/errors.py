"""Refusals of the policies stage."""

from collections.abc import Sequence

from baozhen.foundation.errors import Outage, Refusal


class ProposalConflict(Refusal):
    """The same proposal number came before with other content."""

    code = "proposal_conflict"
    message = "投保单号 {proposal_no} 已用于另一份内容不同的投保单，不同之处：{differences}"

    def __init__(self, *, proposal_no: str, differences: Sequence[str]) -> None:
        super().__init__(
            path="proposal_no", proposal_no=proposal_no, differences="、".join(differences)
        )
        self.paths = tuple(differences)

    def __reduce__(self) -> tuple[object, ...]:
        return (_conflict, (self.facts["proposal_no"], self.paths))


def _conflict(proposal_no: str, differences: tuple[str, ...]) -> ProposalConflict:
    return ProposalConflict(proposal_no=proposal_no, differences=differences)


class NumberTaken(Refusal):
    """A policy number or payment order number that belongs to another proposal."""

    code = "number_taken"
    message = "{name} {number} 已属于另一份投保单"


class PolicyUnknown(Refusal):
    """No such policy."""

    code = "policy_unknown"
    message = "没有保单号为 {number} 的保单"


class FileNotReady(Refusal):
    """The policy is numbered, its sealed file is not there yet."""

    code = "file_not_ready"
    message = "保单 {number} 正在签章，请稍候再试"


class PlatformOutage(Outage):
    """The industry platform does not answer."""

    code = "platform_outage"
    message = "车险信息平台暂时无法访问：{reason}"


class ClausesUnknown(Refusal):
    """No clauses of this product and version were published."""

    code = "clauses_unknown"
    message = "没有已发布的条款：产品 {product}，版本 {version}"


class ClausesChanged(Refusal):
    """The text of a published version is not what it was: other text needs another version."""

    code = "clauses_changed"
    message = (
        "产品 {product} 的条款版本 {version} 已经发布，文字不得改动：请恢复原文，或者使用新的版本号"
    )


class ReceiptSigned(Refusal):
    """The receipt of this policy was signed before."""

    code = "receipt_signed"
    message = "保单 {number} 的回执已经签收，无需重复签署"


class InvoiceOutage(Outage):
    """The invoicing service does not answer."""

    code = "invoice_outage"
    message = "电子发票服务暂时不可用：{reason}"


class InvoiceRefused(Refusal):
    """The invoicing service will never make this invoice as it stands."""

    code = "invoice_refused"
    message = "电子发票服务拒绝开具：{reason}"


class InvoiceNoteMissing(Refusal):
    """Asking again for an invoice needs a word about what was put right."""

    code = "invoice_note_missing"
    message = "请用 4 至 200 个字说明处理情况，例如“已与客户核对名称和证件号”"
