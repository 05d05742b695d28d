"""The line of the navigation for applications."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("applications", "投保申请", "list", Permission.VIEW_POLICIES),)
