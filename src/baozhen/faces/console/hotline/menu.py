"""Line of the navigation for the hotline."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("hotline", "热线", "phone", Permission.SERVE_CALLS),)
