"""Lines of the navigation for payments."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("payment_orders", "支付订单", "tag", Permission.VIEW_PAYMENTS),
    Item("refunds", "退款", "again", Permission.VIEW_PAYMENTS),
    Item("invoices", "电子发票", "file-text", Permission.VIEW_PAYMENTS),
    Item("ledger", "资金账簿", "book", Permission.VIEW_PAYMENTS),
    Item("reconciliation", "对账", "check", Permission.VIEW_PAYMENTS),
)
