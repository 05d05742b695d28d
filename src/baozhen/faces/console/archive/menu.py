"""Lines of the navigation for: the file centre."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
