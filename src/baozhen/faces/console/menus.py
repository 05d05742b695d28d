"""What stands in the navigation of the staff pages, gathered from the rooms."""

from baozhen.faces.console.applications import menu as applications
from baozhen.faces.console.archive import menu as archive
from baozhen.faces.console.authorities import menu as authorities
from baozhen.faces.console.claims import menu as claims
from baozhen.faces.console.compliance import menu as compliance
from baozhen.faces.console.endorsements import menu as endorsements
from baozhen.faces.console.envelopes import menu as envelopes
from baozhen.faces.console.hotline import menu as hotline
from baozhen.faces.console.identities import menu as identities
from baozhen.faces.console.integrations import menu as integrations
from baozhen.faces.console.navigation import Group, Item
from baozhen.faces.console.organizations import menu as organizations
from baozhen.faces.console.partner import menu as partner
from baozhen.faces.console.payments import menu as payments
from baozhen.faces.console.products import menu as products
from baozhen.faces.console.seals import menu as seals
from baozhen.faces.console.statistics import menu as statistics
from baozhen.faces.console.templates import menu as templates
from baozhen.faces.console.traces import menu as traces
from baozhen.faces.console.underwriting import menu as underwriting
from baozhen.signing.organizations.roles import Permission

NAVIGATION = (
    Group("工作", (Item("home", "总览", "pulse", None),)),
    Group(
        "保单",
        (
            *applications.ITEMS,
            Item("policies", "保单", "file-text", Permission.VIEW_POLICIES),
            Item("batches", "批次", "layers", Permission.VIEW_POLICIES),
            *endorsements.ITEMS,
            *hotline.ITEMS,
            *claims.ITEMS,
        ),
    ),
    Group("资金", payments.ITEMS),
    Group("产品与核保", (*underwriting.ITEMS, *products.ITEMS)),
    Group(
        "签署中心",
        (
            *envelopes.ITEMS,
            *templates.ITEMS,
            *seals.ITEMS,
            Item("certificates", "证书", "certificate", Permission.VIEW_SYSTEM),
            *authorities.ITEMS,
            *identities.ITEMS,
            *archive.ITEMS,
            *traces.ITEMS,
            *statistics.ITEMS,
        ),
    ),
    Group("信任", (Item("log", "存证日志", "link", Permission.VIEW_AUDIT),)),
    Group("管理", (*organizations.ITEMS, *integrations.ITEMS, *compliance.ITEMS)),
    Group(
        "系统",
        (
            Item("parked", "搁置任务", "pause", Permission.RETRY_JOBS, counts_parked=True),
            Item("deliveries", "邮件投递", "mail", Permission.VIEW_SYSTEM),
            Item("texts", "短信发送", "phone", Permission.VIEW_SYSTEM),
            Item("health", "系统健康", "shield-check", Permission.VIEW_SYSTEM),
        ),
    ),
)
OUTSIDE_NAVIGATION = (
    Group("工作", partner.ITEMS),
    Group("账号", (Item("security", "我的安全", "lock", None),)),
)
