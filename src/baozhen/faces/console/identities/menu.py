"""Lines of the navigation for: identity checks and risks."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
