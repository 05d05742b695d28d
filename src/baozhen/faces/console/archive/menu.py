"""Lines of the navigation for: the file centre."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("files", "文件", "file-text", Permission.VIEW_FILES),
    Item("holds", "法律冻结", "lock", Permission.MANAGE_HOLDS),
    Item("destructions", "到期销毁", "clock", Permission.DESTROY_FILES),
)
