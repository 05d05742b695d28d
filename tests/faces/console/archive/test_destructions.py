"""到期销毁 in the console: found in the menu, proposed by one, agreed to by another."""

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.files.models import ArchiveDestruction, FileEntry, Tombstone
from baozhen.signing.files.services import Involved, place_hold
from baozhen.signing.organizations.queries import root_unit
from tests.faces.conftest import BACKEND
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db
WHERE = "/console/destructions"
PERSON = "测试欣"


@pytest.fixture
def old(platform, settings):
    settings.BAOZHEN_CLOCK = "2014-01-02T03:04:05+00:00"
    rows = [
        enter(
            f"%PDF {name}".encode(),
            root_unit(),
            dossier=name,
            envelope=name,
            biz_no=f"BIZ-{name}",
            title=f"{PERSON}的委托书",
            parties=(Involved(name=PERSON),),
        )
        for name in ("env_a", "env_b")
    ]
    settings.BAOZHEN_CLOCK = ""
    return rows


@pytest.fixture
def one(client, staff, old):
    client.force_login(staff("合规人员", name="one"), backend=BACKEND)
    return client


@pytest.fixture
def another(staff):
    def sign_in(client, name="two"):
        client.force_login(staff("业务负责人", name=name), backend=BACKEND)

    return sign_in


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize("extent", ["whole", "signing"])
def test_due_dossiers_are_found_from_the_menu_and_filtered(one, settings, extent):
    settings.BAOZHEN_EXTENT = extent
    assert f'href="{WHERE}"' in text(one.get("/console/"))
    page = text(one.get(WHERE))
    assert "2024-01-02" in page
    assert "测*欣的委托书" in page
    assert PERSON not in page
    assert "env_b" not in text(one.get(WHERE, {"number": "BIZ-env_a"}))
    assert "没有符合条件的记录" in text(one.get(WHERE, {"until": "2020-01-01"}))
    assert "没有符合条件的记录" in text(one.get(WHERE, {"unit": "x"}))
    assert "没有符合条件的记录" in text(one.get(WHERE, {"until": "明天"}))
    assert "env_a" in text(one.get(WHERE, {"until": "2024-01-02"}))
    assert "env_a" in text(one.get(WHERE, {"unit": root_unit().pk, "type": "application"}))
    narrowed = text(one.get(WHERE, {"number": "env_a"}))
    assert f"{WHERE}/new?number=env_a" in narrowed
    place_hold("env_b", reason="诉讼", actor="staff:one", at=now())
    assert "env_b" not in text(one.get(WHERE))


def test_nothing_is_due_and_the_pages_say_so(client, staff, platform):
    client.force_login(staff("合规人员"), backend=BACKEND)
    assert "没有到期的卷宗" in text(client.get(WHERE))
    assert "提出清单" not in text(client.get(WHERE))
    assert "没有销毁清单" in text(client.get(f"{WHERE}/lists"))
    assert "没有销毁过的文件" in text(client.get(f"{WHERE}/done"))
    answer = client.post(f"{WHERE}/new", {"reason": "保管期满"})
    assert answer.status_code == 422
    assert "没有可以销毁的卷宗" in text(answer)


def test_one_proposes_another_agrees_and_it_is_gone(one, another):
    form = text(one.get(f"{WHERE}/new"))
    assert "将列入 2 个卷宗" in form
    assert "内容不能恢复" in form
    refused = one.post(f"{WHERE}/new", {"reason": "x"})
    assert (refused.status_code, "请写明事由" in text(refused)) == (422, True)
    made = one.post(f"{WHERE}/new", {"reason": "保管期满"})
    row = ArchiveDestruction.objects.get()
    page = f"{WHERE}/{row.public_id}"
    assert made.headers["Location"] == page
    assert "须由另一位有" in text(one.get(page))
    answer = one.post(f"{page}/approve", {"confirmed": "2"}, follow=True)
    assert "提出人和已批准的人不能再批准" in text(answer)
    assert "待批准的销毁清单" in text(one.get("/console/"))

    another(one)
    assert "批准销毁" in text(one.get(page))
    assert "请输入这个数字" in text(one.post(f"{page}/approve", {"confirmed": "1"}, follow=True))
    assert not Tombstone.objects.exists()
    assert "正在销毁" in text(one.post(f"{page}/approve", {"confirmed": "2"}, follow=True))
    run_worker(until_idle=True)
    shown = text(one.get(page))
    assert "销毁完毕" in shown
    assert "已销毁" in text(one.get(f"{page}/items"))
    gone = text(one.get(f"{WHERE}/done"))
    assert "env_a" in gone
    assert PERSON not in gone
    assert "env_a" in text(one.get(f"{WHERE}/done", {"number": "BIZ-env_a"}))
    assert "没有符合条件的记录" in text(one.get(f"{WHERE}/done", {"to": "2020-01-01"}))
    assert row.public_id in text(one.get(f"{WHERE}/lists", {"state": "done"}))
    assert not FileEntry.objects.filter(is_living=True).exists()
    assert AuditEntry.objects.filter(action="archive_destruction.approved").count() == 1


def test_a_list_is_refused_with_a_reason_and_proposed_anew(one, another):
    one.post(f"{WHERE}/new", {"reason": "保管期满", "number": "env_a"})
    row = ArchiveDestruction.objects.get()
    assert row.items.get().dossier == "env_a"
    another(one)
    answer = one.post(f"{WHERE}/{row.public_id}/refuse", {"reason": "仍有查询"}, follow=True)
    assert "仍有查询" in text(answer)
    assert "env_a" in text(one.get(WHERE))


def test_a_held_dossier_on_a_list_is_marked_and_stays(one, another):
    one.post(f"{WHERE}/new", {"reason": "保管期满"})
    row = ArchiveDestruction.objects.get()
    place_hold("env_a", reason="诉讼", actor="staff:one", at=now())
    assert "法律冻结，保留" in text(one.get(f"{WHERE}/{row.public_id}"))
    another(one)
    one.post(f"{WHERE}/{row.public_id}/approve", {"confirmed": "2"})
    run_worker(until_idle=True)
    assert Tombstone.objects.get().item.dossier == "env_b"


@pytest.mark.parametrize("role", ["审计员", "印章管理员"])
def test_nobody_else_destroys(signed_in, old, role):
    """Not who keeps the holds either: the auditor stops what others would destroy."""
    client = signed_in(role)
    assert client.get("/console/holds").status_code == (200 if role == "审计员" else 403)
    for path in ("", "/new", "/lists", "/done", "/ard_1", "/ard_1/items"):
        assert client.get(WHERE + path).status_code == 403
    assert client.post(f"{WHERE}/new", {"reason": "保管期满"}).status_code == 403
    for verb in ("approve", "refuse"):
        assert client.post(f"{WHERE}/ard_1/{verb}").status_code == 403


def test_a_list_that_is_not_there(one):
    assert one.get(f"{WHERE}/ard_none").status_code == 404
