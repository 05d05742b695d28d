"""Lines of the navigation for: connected systems, callbacks, events."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
