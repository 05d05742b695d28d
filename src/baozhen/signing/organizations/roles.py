"""Who of the staff may do what. Pure: a table."""

from enum import StrEnum

from baozhen.signing.organizations.states import Officer


class Permission(StrEnum):
    """What the console asks before it shows or does something; Django's codenames."""

    VIEW_POLICIES = "view_policies"
    VIEW_PERSONAL_DATA = "view_personal_data"
    MANAGE_APPLICATIONS = "manage_applications"
    DOWNLOAD_FILES = "download_files"
    START_BATCHES = "start_batches"
    RETRY_JOBS = "retry_jobs"
    VIEW_AUDIT = "view_audit"
    VIEW_SYSTEM = "view_system"
    MANAGE_CERTIFICATES = "manage_certificates"
    MANAGE_CLIENTS = "manage_clients"
    MANAGE_HOLDS = "manage_holds"
    DESTROY_FILES = "destroy_files"
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
    VIEW_PRODUCTS = "view_products"
    MANAGE_PRODUCTS = "manage_products"
    VIEW_UNDERWRITING = "view_underwriting"
    APPROVE_ENDORSEMENTS = "approve_endorsements"
    UNDERWRITE = "underwrite"
    VIEW_TRACES = "view_traces"
    EXPORT_TRACES = "export_traces"
    DESTROY_TRACES = "destroy_traces"
    SERVE_CALLS = "serve_calls"
    VIEW_PAYMENTS = "view_payments"
    MANAGE_REFUNDS = "manage_refunds"
    MANAGE_INVOICES = "manage_invoices"
    VIEW_CLAIMS = "view_claims"
    HANDLE_CLAIMS = "handle_claims"
    VIEW_DUTIES = "view_duties"
    MANAGE_DUTIES = "manage_duties"

    @property
    def full_name(self) -> str:
        """The name that `user.has_perm` wants."""
        return f"organizations.{self.value}"


LABELS: dict[Permission, str] = {
    Permission.VIEW_POLICIES: "查看保单",
    Permission.VIEW_PERSONAL_DATA: "查看未脱敏的个人信息",
    Permission.MANAGE_APPLICATIONS: "发送投保阅读链接与撤回投保",
    Permission.DOWNLOAD_FILES: "下载文件",
    Permission.START_BATCHES: "发起批量出单",
    Permission.RETRY_JOBS: "重试搁置任务",
    Permission.VIEW_AUDIT: "查看审计记录",
    Permission.VIEW_SYSTEM: "查看系统状态",
    Permission.MANAGE_CERTIFICATES: "管理签章证书",
    Permission.MANAGE_CLIENTS: "管理接口客户端",
    Permission.MANAGE_HOLDS: "管理法律冻结",
    Permission.DESTROY_FILES: "申请与批准到期文件销毁",
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
    Permission.VIEW_PRODUCTS: "查看产品与费率",
    Permission.MANAGE_PRODUCTS: "编制与批准产品、费率和核保规则",
    Permission.VIEW_UNDERWRITING: "查看核保",
    Permission.APPROVE_ENDORSEMENTS: "审批批改申请",
    Permission.UNDERWRITE: "人工核保",
    Permission.VIEW_TRACES: "查看可回溯记录",
    Permission.EXPORT_TRACES: "申请与批准可回溯导出",
    Permission.DESTROY_TRACES: "申请与批准可回溯销毁",
    Permission.SERVE_CALLS: "热线核身与查询",
    Permission.VIEW_PAYMENTS: "查看支付与对账",
    Permission.MANAGE_REFUNDS: "提出与复核退款，处理对账差异",
    Permission.MANAGE_INVOICES: "重新申请电子发票",
    Permission.VIEW_CLAIMS: "查看理赔案件",
    Permission.HANDLE_CLAIMS: "处理理赔案件",
    Permission.VIEW_DUTIES: "查看数据目录与管理义务",
    Permission.MANAGE_DUTIES: "维护数据目录与管理义务",
}

_P = Permission
# What people of the business may do; no entry here may be reserved for an officer (see below).
_BUSINESS: dict[str, frozenset[Permission]] = {
    "出单员": frozenset(
        {
            _P.VIEW_POLICIES,
            _P.MANAGE_APPLICATIONS,
            _P.DOWNLOAD_FILES,
            _P.START_BATCHES,
            _P.RETRY_JOBS,
            _P.VIEW_ENVELOPES,
            _P.START_ENVELOPES,
            _P.VIEW_TEMPLATES,
            _P.VIEW_FILES,
        }
    ),
    "客服": frozenset(
        {
            _P.VIEW_POLICIES,
            _P.VIEW_PERSONAL_DATA,
            _P.DOWNLOAD_FILES,
            _P.VIEW_ENVELOPES,
            _P.VIEW_FILES,
            _P.PRINT_FILES,
            _P.SERVE_CALLS,
            _P.VIEW_CLAIMS,
        }
    ),
    "业务经办": frozenset(
        {
            _P.VIEW_ENVELOPES,
            _P.START_ENVELOPES,
            _P.VIEW_TEMPLATES,
            _P.VIEW_SEALS,
            _P.VIEW_IDENTITIES,
            _P.VIEW_FILES,
            _P.PRINT_FILES,
        }
    ),
    "业务负责人": frozenset(
        {
            _P.VIEW_POLICIES,
            _P.VIEW_ENVELOPES,
            _P.START_ENVELOPES,
            _P.APPROVE_ENVELOPES,
            _P.APPROVE_ENDORSEMENTS,
            _P.VIEW_TEMPLATES,
            _P.VIEW_SEALS,
            _P.APPROVE_SEALS,
            _P.VIEW_IDENTITIES,
            _P.REVIEW_IDENTITIES,
            _P.VIEW_RISKS,
            _P.VIEW_FILES,
            _P.DOWNLOAD_FILES,
            _P.VIEW_STATISTICS,
            _P.VIEW_CLAIMS,
            _P.VIEW_DUTIES,
            _P.VIEW_PRODUCTS,
            _P.VIEW_UNDERWRITING,
            _P.VIEW_TRACES,
            _P.EXPORT_TRACES,
            _P.DESTROY_TRACES,
            _P.DESTROY_FILES,
        }
    ),
    "印章管理员": frozenset({_P.VIEW_SEALS, _P.MANAGE_SEALS, _P.VIEW_ENVELOPES, _P.VIEW_RISKS}),
    "产品精算": frozenset({_P.VIEW_PRODUCTS, _P.MANAGE_PRODUCTS, _P.VIEW_TEMPLATES}),
    "核保人": frozenset({_P.VIEW_PRODUCTS, _P.VIEW_UNDERWRITING, _P.UNDERWRITE, _P.VIEW_POLICIES}),
    "模版管理员": frozenset({_P.VIEW_TEMPLATES, _P.MANAGE_TEMPLATES}),
    "合规人员": frozenset(
        {
            _P.VIEW_POLICIES,
            _P.VIEW_AUDIT,
            _P.VIEW_ENVELOPES,
            _P.VIEW_TEMPLATES,
            _P.VIEW_SEALS,
            _P.VIEW_IDENTITIES,
            _P.VIEW_RISKS,
            _P.VIEW_FILES,
            _P.VIEW_STATISTICS,
            _P.VIEW_DUTIES,
            _P.MANAGE_DUTIES,
            _P.VIEW_PRODUCTS,
            _P.VIEW_UNDERWRITING,
            _P.VIEW_TRACES,
            _P.EXPORT_TRACES,
            _P.DESTROY_TRACES,
            _P.DESTROY_FILES,
        }
    ),
    "理赔员": frozenset({_P.VIEW_CLAIMS, _P.HANDLE_CLAIMS, _P.VIEW_POLICIES}),
    "财务": frozenset(
        {
            _P.VIEW_STATISTICS,
            _P.MANAGE_CHARGING,
            _P.VIEW_PAYMENTS,
            _P.MANAGE_REFUNDS,
            _P.MANAGE_INVOICES,
        }
    ),
}

# The roles of the three officers. The first set is the officer's alone; the second others of the
# business may hold too, but never another officer. The system officer runs the system and reads
# no customer's data, the security officer gives powers and uses none, the auditor only looks.
_OFFICER_ROLES: dict[str, tuple[Officer, frozenset[Permission], frozenset[Permission]]] = {
    "系统管理员": (
        Officer.SYSTEM,
        frozenset(
            {
                _P.VIEW_SYSTEM,
                _P.MANAGE_CERTIFICATES,
                _P.MANAGE_CLIENTS,
                _P.MANAGE_TRUST_LISTS,
                _P.MANAGE_ORGANIZATIONS,
                _P.MANAGE_ACCOUNTS,
                _P.MANAGE_INTEGRATIONS,
            }
        ),
        frozenset({_P.RETRY_JOBS}),
    ),
    "安全管理员": (
        Officer.SECURITY,
        frozenset({_P.GRANT_POWERS, _P.HANDLE_RISKS}),
        frozenset({_P.VIEW_RISKS}),
    ),
    "审计员": (
        Officer.AUDIT,
        frozenset({_P.VIEW_OPERATION_LOG}),
        frozenset({_P.VIEW_AUDIT, _P.VIEW_POLICIES, _P.MANAGE_HOLDS, _P.VIEW_TRACES}),
    ),
}

ROLES: dict[str, frozenset[Permission]] = {
    **_BUSINESS,
    **{name: alone | shared for name, (_, alone, shared) in _OFFICER_ROLES.items()},
}
OFFICER_OF_ROLE: dict[str, Officer] = {
    name: officer for name, (officer, _, _) in _OFFICER_ROLES.items()
}
ROLE_OF_OFFICER: dict[Officer, str] = {officer: name for name, officer in OFFICER_OF_ROLE.items()}
RESERVED: dict[str, frozenset[Permission]] = {
    name: alone for name, (_, alone, _) in _OFFICER_ROLES.items()
}
