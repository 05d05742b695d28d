"""Who of the staff may do what. Pure: a table."""

from enum import StrEnum


class Permission(StrEnum):
    """What the console asks before it shows or does something; Django's codenames."""

    VIEW_POLICIES = "view_policies"
    VIEW_PERSONAL_DATA = "view_personal_data"
    DOWNLOAD_FILES = "download_files"
    START_BATCHES = "start_batches"
    RETRY_JOBS = "retry_jobs"
    VIEW_AUDIT = "view_audit"
    VIEW_SYSTEM = "view_system"
    MANAGE_CERTIFICATES = "manage_certificates"
    MANAGE_CLIENTS = "manage_clients"
    MANAGE_HOLDS = "manage_holds"
    VIEW_ENVELOPES = "view_envelopes"
    START_ENVELOPES = "start_envelopes"
    APPROVE_ENVELOPES = "approve_envelopes"
    VIEW_TEMPLATES = "view_templates"
    MANAGE_TEMPLATES = "manage_templates"
    VIEW_SEALS = "view_seals"
    MANAGE_SEALS = "manage_seals"
    APPROVE_SEALS = "approve_seals"
    VIEW_IDENTITIES = "view_identities"
    REVIEW_IDENTITIES = "review_identities"
    VIEW_RISKS = "view_risks"
    HANDLE_RISKS = "handle_risks"
    MANAGE_TRUST_LISTS = "manage_trust_lists"
    VIEW_FILES = "view_files"
    PRINT_FILES = "print_files"
    VIEW_STATISTICS = "view_statistics"
    MANAGE_CHARGING = "manage_charging"
    MANAGE_ORGANIZATIONS = "manage_organizations"
    MANAGE_ACCOUNTS = "manage_accounts"
    GRANT_POWERS = "grant_powers"
    MANAGE_INTEGRATIONS = "manage_integrations"
    VIEW_OPERATION_LOG = "view_operation_log"

    @property
    def full_name(self) -> str:
        """The name that `user.has_perm` wants."""
        return f"organizations.{self.value}"


LABELS: dict[Permission, str] = {
    Permission.VIEW_POLICIES: "查看保单",
    Permission.VIEW_PERSONAL_DATA: "查看未脱敏的个人信息",
    Permission.DOWNLOAD_FILES: "下载保单文件",
    Permission.START_BATCHES: "发起批量出单",
    Permission.RETRY_JOBS: "重试搁置任务",
    Permission.VIEW_AUDIT: "查看审计记录",
    Permission.VIEW_SYSTEM: "查看系统状态",
    Permission.MANAGE_CERTIFICATES: "管理签章证书",
    Permission.MANAGE_CLIENTS: "管理接口客户端",
    Permission.MANAGE_HOLDS: "管理法律冻结与销毁",
    Permission.VIEW_ENVELOPES: "查看签署任务",
    Permission.START_ENVELOPES: "发起签署任务",
    Permission.APPROVE_ENVELOPES: "审批签署任务",
    Permission.VIEW_TEMPLATES: "查看模版",
    Permission.MANAGE_TEMPLATES: "管理模版",
    Permission.VIEW_SEALS: "查看印章",
    Permission.MANAGE_SEALS: "管理印章",
    Permission.APPROVE_SEALS: "审批印章",
    Permission.VIEW_IDENTITIES: "查看认证记录",
    Permission.REVIEW_IDENTITIES: "审核认证申请",
    Permission.VIEW_RISKS: "查看风险",
    Permission.HANDLE_RISKS: "处置风险",
    Permission.MANAGE_TRUST_LISTS: "管理信任列表",
    Permission.VIEW_FILES: "查询文件中心",
    Permission.PRINT_FILES: "防伪打印与脱敏下载",
    Permission.VIEW_STATISTICS: "查看统计",
    Permission.MANAGE_CHARGING: "管理计费与清分",
    Permission.MANAGE_ORGANIZATIONS: "管理组织机构",
    Permission.MANAGE_ACCOUNTS: "管理员工账号",
    Permission.GRANT_POWERS: "授予与收回权限",
    Permission.MANAGE_INTEGRATIONS: "管理系统对接",
    Permission.VIEW_OPERATION_LOG: "查看操作日志",
}

# The administrator runs the system and reads no customer's data; the auditor changes nothing.
ROLES: dict[str, frozenset[Permission]] = {
    "出单员": frozenset(
        {
            Permission.VIEW_POLICIES,
            Permission.DOWNLOAD_FILES,
            Permission.START_BATCHES,
            Permission.RETRY_JOBS,
        }
    ),
    "客服": frozenset(
        {Permission.VIEW_POLICIES, Permission.VIEW_PERSONAL_DATA, Permission.DOWNLOAD_FILES}
    ),
    "审计员": frozenset(
        {
            Permission.VIEW_POLICIES,
            Permission.VIEW_AUDIT,
            Permission.VIEW_SYSTEM,
            Permission.MANAGE_HOLDS,
        }
    ),
    "系统管理员": frozenset(
        {
            Permission.VIEW_SYSTEM,
            Permission.RETRY_JOBS,
            Permission.MANAGE_CERTIFICATES,
            Permission.MANAGE_CLIENTS,
        }
    ),
}
