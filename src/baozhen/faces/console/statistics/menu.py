"""Lines of the navigation for: figures and charging."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
