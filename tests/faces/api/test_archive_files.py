"""The file centre by REST: one's own files, links, evidence."""

import json
import zipfile
from io import BytesIO

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.services.depositing import deposit_evidence
from baozhen.signing.files.models import FileCopy, NotaryDeposit
from baozhen.signing.files.notary import DevelopmentNotary, NotaryRefused
from baozhen.signing.files.services import Involved, index_files, read_copy_mark
from baozhen.signing.files.services.depositing import ask_deposits, refuse_deposit
from baozhen.signing.organizations.queries import root_unit
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- a fixture
from tests.signing.files.making import sealed_pdf
from tests.signing.files.test_evidence_package import check
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(platform):
    row = enter(
        sealed_pdf("承保新能源汽车充电桩损失"),
        root_unit(),
        client="api:core",
        biz_no="BIZ-9",
        parties=(Involved(name="测试欣", numbers=("110199199001011017",)),),
    )
    index_files([row.pk])
    return row


@pytest.fixture
def foreign(platform):
    return enter(sealed_pdf("别人的"), root_unit(), dossier="env_2", client="api:other")


@pytest.mark.requirement("S2-L160.d1")
@pytest.mark.parametrize(
    "query",
    [
        "q=充电桩",
        "party=测试欣",
        "number=BIZ-9",
        "document_type=application",
        "since=2020-01-01T00:00:00Z",
    ],
)
def test_a_program_finds_its_own_files(program, entry, foreign, query):
    found = program.get(f"/files?{query}").json()
    assert [one["id"] for one in found["items"]] == [entry.public_id]
    assert found["items"][0]["unit"] == root_unit().public_id
    assert found["items"][0]["parties"] == [{"name": "测*欣", "until": None}]
    assert not found["has_more"]


def test_what_does_not_fit_is_not_found_and_nonsense_is_refused(program, entry):
    assert program.get("/files?q=健康险").json()["items"] == []
    assert program.get("/files?until=2020-01-01T00:00:00Z").json()["items"] == []
    assert program.get("/files?q=。").status_code == 422
    assert program.get("/files?since=x").status_code == 422


@pytest.mark.requirement("S2-L160.d2")
@pytest.mark.parametrize("verb", ["", "/content", "/evidence"])
def test_anothers_file_is_not_there(program, foreign, verb):
    answer = program.get(f"/files/{foreign.public_id}{verb}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "file_unknown"
    assert not FileCopy.objects.exists()


def test_a_file_is_taken_on_record(program, entry):
    answer = program.get(f"/files/{entry.public_id}/content")
    assert answer.content == get_storage().get(entry.sha256)
    copy = FileCopy.objects.get()
    assert (copy.kind, copy.actor) == ("original", "api:core")


@pytest.mark.requirement("S2-L160.d4", "S2-L622")
def test_copies_that_name_who_gets_them_are_made_and_counted(program, entry, foreign, settings):
    settings.BAOZHEN_PRINTS_MAX = "1"
    where = f"/files/{entry.public_id}/copies"
    asked = {"kind": "black", "recipient": "客服李工", "reason": "客户要求"}
    mark, copy = read_copy_mark(program.post(where, asked).content)
    assert (mark.recipient, copy.entry) == ("客服李工", entry)
    printed = program.post(where, asked | {"kind": "print"})
    assert printed.content.startswith(b"%PDF")
    assert program.post(where, asked | {"kind": "print"}).json()["code"] == "print_limit_reached"
    for wrong in ({"kind": "original"}, {"recipient": ""}, {"reason": ""}):
        assert program.post(where, asked | wrong).status_code == 422
    assert program.post(f"/files/{foreign.public_id}/copies", asked).status_code == 404
    assert sorted(FileCopy.objects.values_list("kind", "actor")) == [
        ("black", "api:core"),
        ("print", "api:core"),
    ]


@pytest.mark.requirement("S2-L160.d3")
def test_an_evidence_package_is_taken_and_holds(program, entry):
    answer = program.get(f"/files/{entry.public_id}/evidence")
    assert answer["Content-Type"] == "application/zip"
    assert f"documents/{entry.public_id}.pdf" in zipfile.ZipFile(BytesIO(answer.content)).namelist()
    report, failed = check(answer.content)
    assert failed == set()
    assert report.is_genuine
    assert FileCopy.objects.get().kind == "package"


def test_a_link_serves_once_and_then_is_gone(program, stranger, entry):
    wanted = {"recipient": "核心系统", "hours": 2}
    made = program.post(
        f"/files/{entry.public_id}/actions/link", wanted, Idempotency_Key="one"
    ).json()
    path = made["url"].partition("/api/v1")[2]
    assert stranger.get(path).content == get_storage().get(entry.sha256)
    again = stranger.get(path)
    assert again.status_code == 404
    assert again.json()["code"] == "download_link_refused"


def test_a_link_that_makes_no_sense_is_refused(program, entry):
    for body in (
        {"recipient": ""},
        {"recipient": "x", "hours": 0},
        {"recipient": "x", "networks": ["x"]},
    ):
        answer = program.post(
            f"/files/{entry.public_id}/actions/link", body, Idempotency_Key=str(body)
        )
        assert answer.status_code == 422


@pytest.mark.requirement("S2-L160.d3")
def test_a_file_is_deposited_by_a_program_and_its_receipt_read(program, entry, foreign):
    asked = f"/files/{entry.public_id}/actions/deposit"
    answer = program.post(asked, {}, Idempotency_Key="one")
    made = answer.json()
    assert (answer.status_code, made["state"], made["receipt"]) == (201, "queued", None)
    assert program.post(asked, {}, Idempotency_Key="one").json() == made
    again = program.post(asked, {}, Idempotency_Key="two")
    assert (again.status_code, again.json()["code"]) == (409, "deposit_under_way")
    others = f"/files/{foreign.public_id}/actions/deposit"
    assert program.post(others, {}, Idempotency_Key="three").json()["code"] == "file_unknown"
    refuse_deposit(NotaryDeposit.objects.get(), NotaryRefused(reason="合同到期"), at=now())
    refused = program.get(f"/deposits/{made['id']}").json()
    assert (refused["state"], "合同到期" in refused["refusal"]) == ("refused", True)
    retry = f"/deposits/{made['id']}/actions/retry"
    assert program.post(retry, {}, Idempotency_Key="four").json()["state"] == "queued"
    assert program.post(retry, {}, Idempotency_Key="five").status_code == 409
    deposit_evidence(NotaryDeposit.objects.get().pk, notary=DevelopmentNotary())
    done = program.get(f"/deposits/{made['id']}").json()
    assert json.loads(done["receipt"]["text"])["hash"] == done["sha256"]
    assert get_storage().get(done["sha256"])


def test_deposits_are_listed_to_their_own_program(program, program_with, entry, foreign):
    for row in (entry, foreign):
        ask_deposits([row], actor="t", at=now())
    for query in ("", f"?file={entry.public_id}", "?state=queued", "?limit=1"):
        found = program.get(f"/deposits{query}").json()
        assert [one["file"] for one in found["items"]] == [entry.public_id]
    for query in ("?state=recorded", "?envelope=env_x", f"?file={foreign.public_id}"):
        assert program.get(f"/deposits{query}").json()["items"] == []
    assert program.get("/deposits?state=nonsense").status_code == 422
    theirs = NotaryDeposit.objects.get(entry=foreign).public_id
    assert program.get(f"/deposits/{theirs}").status_code == 404
    reader = program_with("files:read", name="reader")
    assert reader.get("/deposits").json()["items"] == []
    asked = f"/files/{entry.public_id}/actions/deposit"
    assert reader.post(asked, {}, Idempotency_Key="k").status_code == 403


def test_all_files_of_a_task_are_deposited_or_none(program, desk):  # noqa: F811 -- the fixture
    task = desk.start(flow_of("claim_application"), client="api:core").public_id
    asked = f"/envelopes/{task}/actions/deposit"
    assert program.post(asked, {}, Idempotency_Key="early").json()["code"] == "file_unknown"
    rows = [
        enter(sealed_pdf(text), root_unit(), dossier=task, client="api:core", envelope=task)
        for text in ("约定", "附件")
    ]
    ask_deposits(rows[1:], actor="t", at=now())
    assert program.post(asked, {}, Idempotency_Key="one").status_code == 409
    assert NotaryDeposit.objects.count() == 1
    deposit_evidence(NotaryDeposit.objects.get().pk, notary=DevelopmentNotary())
    made = program.post(asked, {}, Idempotency_Key="two").json()["items"]
    assert [one["file"] for one in made] == [row.public_id for row in rows]
    assert len(program.get(f"/deposits?envelope={task}").json()["items"]) == 3
    theirs = desk.start(flow_of("claim_application"), client="api:other").public_id
    others = f"/envelopes/{theirs}/actions/deposit"
    assert program.post(others, {}, Idempotency_Key="three").status_code == 404


@pytest.mark.parametrize("path", ["/files", "/files/file_00000000000000000000000000/evidence"])
def test_without_the_scope_there_is_nothing(program_with, path):
    assert program_with("seals:read").get(path).status_code == 403
