"""The file centre by REST: one's own files, links, evidence."""

import zipfile
from io import BytesIO

import pytest

from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import FileCopy
from baozhen.signing.files.services import Involved, index_files
from baozhen.signing.organizations.queries import root_unit
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


@pytest.mark.parametrize("path", ["/files", "/files/file_00000000000000000000000000/evidence"])
def test_without_the_scope_there_is_nothing(program_with, path):
    assert program_with("seals:read").get(path).status_code == 403
