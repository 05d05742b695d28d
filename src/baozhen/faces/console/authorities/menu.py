"""Lines of the navigation for: authorities, U-keys, trust lists."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("certificate_applications", "证书申请", "list", Permission.VIEW_SYSTEM),
    Item("ukeys", "U-key", "lock", Permission.VIEW_SEALS),
    Item("trust_list", "信任列表", "shield-check", Permission.MANAGE_TRUST_LISTS),
    Item("revocation", "吊销信息", "clock", Permission.VIEW_SYSTEM),
)
