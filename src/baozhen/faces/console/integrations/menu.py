"""Lines of the navigation for: connected systems, callbacks, events, programs."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("systems", "对接系统", "link", Permission.MANAGE_INTEGRATIONS),
    Item("api_clients", "接口客户端", "lock", Permission.MANAGE_INTEGRATIONS),
    Item("webhooks", "回调", "again", Permission.MANAGE_INTEGRATIONS),
    Item("events", "事件", "pulse", Permission.MANAGE_INTEGRATIONS),
)
