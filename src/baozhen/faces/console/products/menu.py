"""Lines of the navigation for: products."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("products", "产品", "tag", Permission.VIEW_PRODUCTS),
    Item("tables", "费率与规则", "layers", Permission.VIEW_PRODUCTS),
)
