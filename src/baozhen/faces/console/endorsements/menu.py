"""The line of the navigation for changes."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("changes", "批改", "again", Permission.VIEW_POLICIES),)
