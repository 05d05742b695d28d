"""Line of the navigation for claims."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (Item("claims", "理赔", "alert", Permission.VIEW_CLAIMS),)
