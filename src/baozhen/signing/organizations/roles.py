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
