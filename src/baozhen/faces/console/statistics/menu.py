"""Lines of the navigation for: figures and charging."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("statistics", "统计", "pulse", Permission.VIEW_STATISTICS),
    Item("journey_statistics", "业务统计", "pulse", Permission.VIEW_STATISTICS),
    Item("charging", "计费清分", "list", Permission.MANAGE_CHARGING),
)
