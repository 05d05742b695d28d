"""Lines of the navigation for: seals."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
