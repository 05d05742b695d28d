"""Lines of the navigation for: identity checks and those who sign."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("identities", "认证", "person", Permission.VIEW_IDENTITIES),)
