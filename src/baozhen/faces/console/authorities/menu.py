"""Lines of the navigation for: certificate authorities, bindings, trust lists."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
