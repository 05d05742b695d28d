"""Lines of the navigation for the registers."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("duties", "管理义务", "list", Permission.VIEW_DUTIES),
    Item("data_items", "数据目录", "book", Permission.VIEW_DUTIES),
)
