"""Lines of the navigation for: underwriting."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("referrals", "人工核保", "person", Permission.VIEW_UNDERWRITING),)
