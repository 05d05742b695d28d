"""Lines of the navigation for: the record of people's acts."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("traces", "可回溯", "again", Permission.VIEW_TRACES),)
