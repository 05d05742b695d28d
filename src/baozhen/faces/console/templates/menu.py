"""Lines of the navigation for: templates."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("templates", "模版", "file-text", Permission.VIEW_TEMPLATES),)
