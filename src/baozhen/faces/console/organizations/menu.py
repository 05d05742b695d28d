"""Lines of the navigation for: organisations, accounts, grants, sign-in."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = ()
