"""Lines of the navigation for: seals."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("seals", "印章", "tag", Permission.VIEW_SEALS),
    Item("seal_desk", "实物用印", "layers", Permission.VIEW_SEALS),
    Item("risks", "风险", "alert", Permission.VIEW_RISKS),
)
