"""Lines of the navigation for: organisations, accounts, grants, sign-in."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("units", "组织机构", "layers", Permission.MANAGE_ORGANIZATIONS),
    Item("accounts", "账号", "person", Permission.MANAGE_ACCOUNTS),
    Item("directory", "目录同步", "again", Permission.MANAGE_ACCOUNTS),
    Item("sign_in_settings", "登录与单点登录", "lock", Permission.MANAGE_ACCOUNTS),
    Item("powers", "权限", "shield-check", Permission.GRANT_POWERS),
    Item("operations", "操作日志", "list", Permission.VIEW_OPERATION_LOG),
    Item("security", "我的安全", "lock", None),
)
