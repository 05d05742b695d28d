"""Lines of the navigation for: templates."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
