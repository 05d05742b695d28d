"""Lines of the navigation for: envelopes."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
