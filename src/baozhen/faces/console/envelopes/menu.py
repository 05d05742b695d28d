"""Lines of the navigation for envelopes: the work queue, the tasks, the batches."""

from baozhen.faces.console.navigation import Item
from baozhen.signing.organizations.roles import Permission

ITEMS: tuple[Item, ...] = (
    Item("tasks", "待我处理", "person", Permission.VIEW_ENVELOPES),
    Item("envelopes", "签署任务", "file-text", Permission.VIEW_ENVELOPES),
    Item("envelope_batches", "批量发起", "layers", Permission.VIEW_ENVELOPES),
)
