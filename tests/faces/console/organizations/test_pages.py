"""The pages of organisations: what each officer finds and does there."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.organizations.directory.tables import COLUMNS
from baozhen.signing.organizations.models import (
    Account,
    DirectorySource,
    HeaderRule,
    IdentityProvider,
    OfficerAppointment,
    OrgUnit,
    PasswordRecord,
    Power,
    SignInPolicy,
    SyncRun,
)
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import (
    AccountFacts,
    UnitFacts,
    create_account,
    create_unit,
)
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import raise_risk
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(staff):
    """Sign a browser in as one of the roles: `browser("系统管理员")`."""

    def sign_in(role, name="officer"):
        client = Client()
        client.force_login(staff(role, name=name), backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def clerk(staff):
    facts = AccountFacts(
        username="clerk", display_name="测试员", unit=unit_of_code("DEMO11"), staff_no="S001",
        mobile="16112340001",
    )  # fmt: skip
    return create_account(facts, actor="test", at=now())


def post(client, name, data=None, **keys):
    return client.post(reverse(f"console:{name}", kwargs=keys), data or {}, follow=True)


def get(client, name, query="", **keys):
    response = client.get(reverse(f"console:{name}", kwargs=keys) + query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.requirement("S2-L160.m2")
def test_the_system_officer_runs_the_tree(browser, clerk):
    client = browser("系统管理员")
    assert "示例财产保险股份有限公司北京市分公司" in get(client, "units")
    form = {"name": "理赔部", "kind": "department", "parent": unit_of_code("DEMO11").pk}
    assert "已建立" in post(client, "unit_create", form).content.decode()
    unit = OrgUnit.objects.get(name="理赔部")
    page = get(client, "unit", key=unit.pk)
    assert "承担责任的法人" in page
    assert root_unit().name in page
    form = {"name": "理赔中心", "parent": unit_of_code("DEMO31").pk}
    post(client, "unit_change", form, key=unit.pk)
    unit.refresh_from_db()
    assert (unit.name, unit.parent.code) == ("理赔中心", "DEMO31")
    assert "请填写停用理由" in post(client, "unit_switch", key=unit.pk).content.decode()
    post(client, "unit_switch", {"reason": "撤并"}, key=unit.pk)
    post(client, "unit_switch", key=unit.pk)
    unit.refresh_from_db()
    assert unit.state == "active"
    assert "理赔中心" in get(client, "units", "?q=理赔")
    assert "没有符合条件" in get(client, "units", "?q=没有")


def test_a_faulty_unit_is_said_beside_its_field(browser):
    client = browser("系统管理员")
    form = {"name": "x", "kind": "branch", "parent": "", "code": "DEMO11"}
    response = post(client, "unit_create", form)
    assert response.status_code == 422
    assert "必须有上级机构" in response.content.decode()


def test_the_system_officer_runs_the_accounts(browser, clerk):
    client = browser("系统管理员")
    form = {
        "display_name": "新员工", "username": "xin", "kind": "staff",
        "unit": unit_of_code("DEMO31").pk, "staff_no": "S002", "mobile": "16112340002",
    }  # fmt: skip
    page = post(client, "account_create", form).content.decode()
    assert "初始密码" in page
    assert "161****0002" in page
    assert "16112340002" not in page
    assert post(client, "account_create", form).status_code == 422
    key = clerk.pk
    for form, state in (
        ({"act": "lock"}, "active"),  # without a reason
        ({"act": "lock", "reason": "调查"}, "locked"),
        ({"act": "unlock"}, "active"),
        ({"act": "move", "unit": unit_of_code("DEMO31").pk}, "active"),
        ({"act": "password", "reason": "忘记"}, "active"),
        ({"act": "factors", "reason": "丢失"}, "active"),
        ({"act": "nonsense"}, "active"),
        ({"act": "leave", "reason": "离职"}, "left"),
    ):
        post(client, "account_act", form, key=key)
        clerk.refresh_from_db()
        assert clerk.state == state, form
    assert clerk.unit.code == "DEMO31"
    assert "测试员" in get(client, "accounts", "?state=left")
    assert "没有符合条件" in get(client, "accounts", "?q=没有此人")
    assert post(client, "account_act", {"act": "move", "unit": "x"}, key=key).status_code == 404


@pytest.mark.requirement("S2-L160.h1")
def test_the_security_officer_gives_and_takes(browser, clerk):
    client = browser("安全管理员")
    assert "测试员" in get(client, "power_grant")
    form = {
        "account": clerk.pk, "what": "role:客服", "unit": unit_of_code("DEMO11").pk,
        "below": "yes", "reason": "岗位",
    }  # fmt: skip
    assert "已授权" in post(client, "power_grant", form).content.decode()
    assert post(client, "power_grant", form).status_code == 422
    form |= {"what": "approve_envelopes", "until": "2099-01-01", "amount": "5000", "uses": "3"}
    # A limit that nobody can read is no missing limit.
    for wrong in ({"amount": "5万"}, {"uses": "三"}, {"uses": "0"}, {"until": "2099-13-01"}):
        refused = post(client, "power_grant", form | wrong)
        assert refused.status_code == 422, wrong
        assert "或留空" in refused.content.decode()
    assert not Power.objects.filter(account=clerk, permission="approve_envelopes").exists()
    post(client, "power_grant", form)
    power = Power.objects.get(account=clerk, permission="approve_envelopes")
    assert (power.amount_max_fen, power.uses_max, power.until.year) == (500_000, 3, 2099)
    assert power.granted_by.user.username == "officer"
    assert "approve_envelopes" in get(client, "powers", "?view=personal")
    assert "请填写收回理由" in post(client, "power_end", key=power.pk).content.decode()
    post(client, "power_end", {"reason": "到期前收回"}, key=power.pk)
    assert "到期前收回" in get(client, "powers", "?view=ended")
    assert "三员专属" in get(client, "power_matrix")
    for view in ("running", "unused", "ending"):
        get(client, "powers", f"?view={view}&q=测试&role=客服")


def test_the_use_of_a_power_is_noted(browser):
    client = browser("客服", name="kefu")
    power = Power.objects.get(account__user__username="kefu")
    assert power.last_used_at is None
    client.get("/console/policies")
    power.refresh_from_db()
    assert power.last_used_at is not None


def test_an_officers_power_is_not_taken_by_a_button(browser, staff):
    staff("系统管理员", name="guanli")
    client = browser("安全管理员")
    power = Power.objects.get(account__user__username="guanli")
    page = post(client, "power_end", {"reason": "x"}, key=power.pk).content.decode()
    assert "任免程序" in page
    power.refresh_from_db()
    assert power.ended_at is None


@pytest.mark.requirement("S2-L160.h1")
def test_a_unit_is_delegated_by_head_office(browser):
    client, unit = browser("安全管理员"), unit_of_code("DEMO11")
    assert "总部集权" in get(client, "power_units")
    get(client, "power_unit", key=unit.pk)
    form = {"management": "delegated", "roles": ["客服", "审计员", "没有"]}
    post(client, "power_unit", form, key=unit.pk)
    unit.refresh_from_db()
    assert (unit.management, unit.delegated_roles) == ("delegated", ["客服"])
    assert "只有上级" in post(client, "power_unit", form, key=root_unit().pk).content.decode()


def test_grants_that_an_auditor_would_ask_about_raise_a_risk(browser, staff):
    client = browser("安全管理员")
    unit = create_unit(
        UnitFacts(name="某保险代理公司", kind=UnitKind.INTERMEDIARY), actor="test", at=now()
    )
    facts = AccountFacts(username="agent", display_name="代理人", unit=unit, kind="outside")
    account = create_account(facts, actor="test", at=now())
    form = {
        "account": account.pk, "what": "view_envelopes", "unit": unit.pk, "reason": "合作",
        "below": "no",
    }  # fmt: skip
    post(client, "power_grant", form)
    risk = Risk.objects.get(kind="suspicious_grant")
    assert "without_end_for_outsiders" in risk.facts["signs"]


@pytest.mark.requirement("S2-L160.m7")
def test_officers_are_appointed_by_two_others(browser, clerk):
    system, audit = browser("系统管理员", "guanli"), browser("审计员", "shenji")
    assert "还没有安全管理员" in get(system, "officers")
    form = {"account": clerk.pk, "officer": "security", "reason": "任命"}
    assert "等另一位三员确认" in post(system, "officer_propose", form).content.decode()
    key = OfficerAppointment.objects.get().pk
    page = post(system, "officer_decide", {"act": "confirm"}, key=key).content.decode()
    assert "另一位三员" in page
    post(audit, "officer_decide", {"act": "confirm"}, key=key)
    clerk.refresh_from_db()
    assert clerk.officer == "security"


@pytest.mark.requirement("S2-L160.h1")
def test_a_branch_has_its_own_security_officer(browser, clerk):
    """分权 by clicks: appointed for the branch, gives what was given down, sees its own risks."""
    system, audit = browser("系统管理员", "guanli"), browser("审计员", "shenji")
    head, unit = browser("安全管理员"), unit_of_code("DEMO11")
    form = {"account": clerk.pk, "officer": "security", "unit": unit.pk, "reason": "分权"}
    post(system, "officer_propose", form)
    assert f"{unit.name}及下级" in get(audit, "officers")
    post(audit, "officer_decide", {"act": "confirm"}, key=OfficerAppointment.objects.get().pk)
    post(head, "power_unit", {"management": "delegated", "roles": ["客服"]}, key=unit.pk)
    branch = Client()
    branch.force_login(clerk.user, backend=BACKEND)
    assert "三员由总部三员任免" in get(branch, "officers")
    colleague = create_account(
        AccountFacts(username="kefu", display_name="同事", unit=unit), actor="test", at=now()
    )
    wish = {
        "account": colleague.pk, "what": "role:客服", "unit": unit.pk, "below": "yes",
        "reason": "岗位",
    }  # fmt: skip
    assert "已授权" in post(branch, "power_grant", wish).content.decode()
    wish |= {"what": "role:印章管理员"}
    assert "没有把这项权限下放" in post(branch, "power_grant", wish).content.decode()
    with transaction.atomic():
        own, foreign = (
            raise_risk(
                kind="suspicious_grant", severity="warning", subject_type="account",
                subject_id=key, facts={"note": word}, at=now(),
            )
            for key, word in ((colleague.pk, "本机构"), (head_account().pk, "总部"))
        )  # fmt: skip
    listed = get(branch, "risks")
    assert reverse("console:risk", kwargs={"key": own.pk}) in listed
    assert reverse("console:risk", kwargs={"key": foreign.pk}) not in listed
    assert reverse("console:risk", kwargs={"key": foreign.pk}) in get(head, "risks")
    handling = {"handling": "已核实", "verdict": "dismiss"}
    assert post(branch, "risk_handle", handling, key=foreign.pk).status_code == 404
    post(branch, "risk_handle", handling, key=own.pk)
    own.refresh_from_db()
    assert own.state == "dismissed"


def head_account():
    """The security officer of head office."""
    return Account.objects.get(user__username="officer")


def test_only_officers_see_the_officers(browser):
    client = browser("客服")
    for response in (
        client.get("/console/officers"),
        client.post("/console/officers/propose"),
        client.post("/console/officers/1/decide"),
    ):
        assert response.status_code == 403


@pytest.mark.requirement("S2-L552b")
def test_a_table_is_uploaded_looked_at_and_applied(browser):
    client = browser("系统管理员")
    rows = [",".join(COLUMNS), "分支机构,u1,测试分公司,,,,,,", "人员,p1,人员一,u1,p1,T001,,,在职"]
    file = SimpleUploadedFile("people.csv", "\n".join(rows).encode())
    response = post(client, "directory_upload", {"file": file, "full": "yes"})
    assert "新增人员" in response.content.decode()
    run = SyncRun.objects.get()
    assert not Account.objects.filter(staff_no="T001").exists()
    post(client, "sync_decide", {"act": "apply"}, key=run.pk)
    assert Account.objects.get(staff_no="T001").unit.name == "测试分公司"
    assert "T001" in get(client, "sync_run", key=run.pk)
    assert "people.csv" in get(client, "directory")
    again = SimpleUploadedFile("bad.csv", b"nonsense")
    assert "缺少列" in post(client, "directory_upload", {"file": again}).content.decode()
    assert "请选择" in post(client, "directory_upload").content.decode()


def test_a_source_is_kept_without_showing_its_token(browser):
    client = browser("系统管理员")
    form = {
        "name": "人力", "base_url": "http://127.0.0.1:9/scim/v2", "token": "top-secret-token",
        "percent": "20", "active": "yes",
    }  # fmt: skip
    assert post(client, "directory_source", form, key=0).status_code == 200
    source = DirectorySource.objects.get()
    assert source.leavers_max_percent == 20
    assert "top-secret-token" not in get(client, "directory_source", key=source.pk)
    assert "top-secret-token" not in get(client, "directory")
    assert "top-secret" not in str(list(AuditEntry.objects.values_list("facts", flat=True)))
    assert "暂时不可用" in post(client, "directory_pull", key=source.pk).content.decode()
    form |= {"base_url": "http://example.com/scim", "name": "b"}
    assert post(client, "directory_source", form, key=0).status_code == 422


def test_how_people_sign_in_is_data(browser):
    client = browser("系统管理员")
    get(client, "sign_in_settings")
    form = {
        "password_days": "60", "password_history": "5", "sessions_max": "2", "idle_minutes": "15",
        "absolute_hours": "8", "officers_need_second_factor": "no",
        "everybody_needs_second_factor": "no",
    }  # fmt: skip
    post(client, "sign_in_policy", form)
    assert SignInPolicy.objects.get().password_days == 60
    assert post(client, "sign_in_policy", form | {"sessions_max": "0"}).status_code == 422
    form = {
        "name": "统一身份", "slug": "corp", "issuer": "https://id.example.com",
        "client_id": "baozhen", "client_secret": "hidden-secret", "scopes": "openid",
        "claim": "sub", "match": "staff_no", "active": "yes", "strong_values": "mfa hwk",
    }  # fmt: skip
    post(client, "identity_provider", form, key=0)
    provider = IdentityProvider.objects.get()
    assert provider.strong_values == ["mfa", "hwk"]
    assert "hidden-secret" not in get(client, "identity_provider", key=provider.pk)
    for wrong in ({"issuer": "http://id.example.com"}, {"slug": "A b"}, {"name": ""}, {}):
        assert post(client, "identity_provider", form | wrong, key=0).status_code == 422
    rule = {
        "name": "内网", "header": "X-Staff-No", "match": "staff_no", "active": "yes",
        "networks": "10.1.2.3/32", "secret": "a-secret-of-the-proxy-alone",
    }  # fmt: skip
    post(client, "header_rule", rule, key=0)
    assert HeaderRule.objects.get().networks == ["10.1.2.3/32"]
    for wrong in ({"networks": "0.0.0.0/0"}, {"networks": "x"}, {"secret": "short"},
                  {"header": "a b"}, {}):  # fmt: skip
        assert post(client, "header_rule", rule | {"name": "二"} | wrong, key=0).status_code == (
            422 if wrong else 200
        )


@pytest.mark.requirement("S2-L160.m3", "S2-L160.e4")
def test_the_auditor_alone_reads_searches_counts_and_exports_the_log(browser, clerk):
    client = browser("审计员")
    assert "account.active" in get(client, "operations")
    page = get(client, "operations", "?action=account.&actor=test")
    listed = page.partition("<tbody>")[2]
    assert "account.active" in listed
    assert "org_unit.active" not in listed
    assert "账号：正常" in page
    # People know the number of a thing and the name of a person, not our keys and prefixes.
    found = get(client, "operations", f"?number={clerk.public_id}")
    assert "账号：正常" in found
    assert "机构：" not in found.partition("<tbody>")[2]
    assert "没有符合条件" in get(client, "operations", "?number=acc_nobody")
    assert "登录：开始" not in get(client, "operations", "?actor=nobody")
    audit.record("session.begun", subject_id=1, actor="staff:kefu", at=now(), facts={})
    assert "登录：开始" in get(client, "operations", "?actor=kefu")
    assert "没有符合条件" in get(client, "operations", "?from=2099-01-01&to=nonsense")
    assert "account.active" in get(client, "operation_figures")
    entry = AuditEntry.objects.get(action="account.active", subject_id=clerk.pk)
    page = get(client, "operation", key=entry.pk)
    assert "审计链完整" in page
    assert bytes(entry.digest).hex() in page
    address = reverse("console:operation_export") + "?action=account."
    response = client.post(address)
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert rows[0][3] == "动作"
    assert {row[3] for row in rows[1:]} == {"account.active"}
    assert AuditEntry.objects.filter(action="operation_log.exported").count() == 1
    for role, name in (("系统管理员", "a"), ("安全管理员", "b"), ("合规人员", "c")):
        other = browser(role, name)
        for path in ("/console/operations", "/console/operations/figures", address):
            assert other.get(path).status_code == 403
            assert other.post(path).status_code == 403


def test_a_changed_entry_is_seen(browser, clerk):
    from django.db import connection

    client = browser("审计员")
    entry = AuditEntry.objects.get(action="account.active", subject_id=clerk.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditentry SET actor = 'nobody' WHERE id = %s", [entry.pk])
    assert "审计链有问题" in get(client, "operation", key=entry.pk)


@pytest.mark.requirement("S2-L160.k1")
def test_people_of_outside_organisations_have_accounts_of_their_own(browser):
    client = browser("系统管理员")
    post(client, "unit_create", {"name": "某保险代理公司", "kind": "intermediary", "parent": ""})
    unit = OrgUnit.objects.get(kind="intermediary")
    assert unit.is_legal_entity
    form = {"display_name": "外部人", "username": "outside", "kind": "outside", "unit": unit.pk}
    post(client, "account_create", form)
    assert Account.objects.filter(unit=unit).count() == 1
    nobody = form | {"username": "person", "kind": "person"}
    refused = post(client, "account_create", nobody)
    assert refused.status_code == 422
    assert "请填写签署主体编号" in refused.content.decode()
    PasswordRecord.objects.all().delete()  # as if the first password had been changed
    outsider = Client()
    account = Account.objects.get(user__username="outside")
    outsider.force_login(account.user, backend=BACKEND)
    assert outsider.get("/console/security").status_code == 200
    assert outsider.get("/console/accounts").status_code == 403
