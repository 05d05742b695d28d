"""Lines of the navigation for users from outside."""

from baozhen.faces.console.navigation import Item

ITEMS: tuple[Item, ...] = (
    Item("partner", "待我处理", "person", None),
    Item("partner_envelopes", "我的文件", "file-text", None),
    Item("partner_seals", "我的印章", "tag", None),
    Item("partner_pre_stamps", "预盖章", "certificate", None),
)
