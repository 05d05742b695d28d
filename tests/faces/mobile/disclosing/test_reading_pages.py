"""The pages from an accepted application to paying: who may see them, and what they refuse."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from baozhen.faces.frame import LARGE_TEXT_COOKIE
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import page_version
from tests.faces.mobile.applying.people import PERSON_B, sign_in
from tests.insurance.disclosures.signing import (
    accepted,
    declare_all,
    last_code,
    read_all,
    signed,
    work,
)
from tests.signing.envelopes.conftest import STROKES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application(platform):
    return accepted()


@pytest.fixture
def applicant(application, client):
    """The applicant's browser, signed in; the list of files was opened once."""
    sign_in(client)
    assert client.get(f"/m/read/{application.proposal_no}").status_code == 200
    return client


@pytest.fixture
def reading_set(application, applicant):
    return ReadingSet.objects.get(application=application)


def address(application, *parts):
    return "/".join(["/m/read", application.proposal_no, *map(str, parts)])


def time_passes(seconds=20):
    """Let the server have seen the page for so long."""
    earlier = now() - timedelta(seconds=seconds)
    ReadingSet.objects.filter(state="open").update(seen_at=earlier)
    ReadingItem.objects.filter(finished_at=None, opened_at__isnull=False).update(last_at=earlier)


def test_a_stranger_signs_in_and_another_person_finds_nothing(application, client):
    for page in (address(application), address(application, 1), address(application, "sign")):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/m/sign-in?next=")
    sign_in(client, PERSON_B)
    for page in (
        address(application),
        address(application, 1),
        address(application, "1.pdf"),
        address(application, "declare"),
        address(application, "sign"),
        f"/m/code/{application.proposal_no}",
    ):
        assert client.get(page).status_code == 404
        assert "测试甲" not in client.get(page).content.decode()


@pytest.mark.requirement("S0-4.2.4a2")
def test_the_list_names_every_file_and_leads_to_the_first(application, applicant):
    text = applicant.get(address(application)).content.decode()
    for words in ("共 8 份，还有 8 份没有读完", "费率浮动告知书", "免责事项说明书", "开始阅读"):
        assert words in text
    assert "checked" not in text
    assert f'href="{address(application, 1)}"' in text


def test_reading_a_file_by_the_pages(application, applicant, reading_set):
    shown = applicant.get(address(application, 5)).content.decode()
    assert 'class="strong"' in shown
    assert "说明" in shown
    assert "至少 20 秒" in shown
    item = reading_set.items.get(position=5)
    progress = address(application, 5, "progress")
    body = json.dumps({"view": "text", "ended": False})
    time_passes()
    answer = applicant.post(progress, body, content_type="application/json").json()
    assert answer == {"share": 50, "message": "请读到文件末尾", "complete": False}
    refused = applicant.post(
        address(application, 5), {"view": "text", "ended": "0", "version": page_version(item)}
    )
    assert refused.status_code == 422
    assert "还没有读完" in refused.content.decode()
    done = applicant.post(
        address(application, 5), {"view": "text", "ended": "1", "version": page_version(item)}
    )
    assert done.headers["Location"] == address(application, 1)
    assert "已读完" in applicant.get(address(application)).content.decode()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"view": "text"}', '"x"', "1" * 2_000])
def test_what_is_no_report_is_refused(application, applicant, body):
    answer = applicant.post(
        address(application, 1, "progress"), body, content_type="application/json"
    )
    assert answer.status_code == 400


def test_elder_mode_gives_more_time_and_says_so(application, applicant):
    applicant.cookies[LARGE_TEXT_COOKIE] = "1"
    assert "长者模式已打开" in applicant.get(address(application)).content.decode()
    assert "至少 23 秒" in applicant.get(address(application, 1)).content.decode()


def test_the_exact_file_is_the_frozen_one(application, applicant, reading_set):
    item = reading_set.items.get(position=1)
    answer = applicant.get(address(application, "1.pdf"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content == get_storage().get(item.sha256)
    assert applicant.get(address(application, "99.pdf")).status_code == 404


@pytest.mark.requirement("S0-4.2.4b2")
def test_signing_by_its_address_alone_is_blocked(application, applicant, reading_set):
    for page in ("sign", "confirm"):
        for answer in (
            applicant.get(address(application, page)),
            applicant.post(address(application, page), {"strokes": json.dumps(STROKES)}),
        ):
            assert answer.status_code == 409
            text = answer.content.decode()
            assert "还有 8 份文件没有读完" in text
            assert "files_unread" in text
    read_all(reading_set, at=now())
    answer = applicant.post(address(application, "sign"), {"strokes": json.dumps(STROKES)})
    assert answer.status_code == 409
    assert "还有 6 项声明没有确认" in answer.content.decode()
    reading_set.refresh_from_db()
    assert reading_set.envelope is None


def test_declarations_before_reading_lead_back(application, applicant):
    answer = applicant.post(address(application, "declare"), {"declaration": "truthful"})
    assert answer.headers["Location"] == address(application)


@pytest.mark.requirement("S0-4.2.4c1", "S0-4.2.4c2", "S0-4.2.4d1")
def test_declare_sign_confirm_and_pass_the_code(application, applicant, reading_set):
    read_all(reading_set, at=now())
    page = address(application, "declare")
    shown = applicant.get(page).content.decode()
    assert shown.count('name="declaration"') == 6
    assert "checkbox" not in shown
    for code in (
        "truthful",
        "clauses_received",
        "exclusions_explained",
        "personal_information",
        "own_account",
        "electronic_form",
    ):
        assert applicant.post(page, {"declaration": code}).status_code == 302
    assert "去签名" in applicant.get(page).content.decode()
    empty = applicant.post(address(application, "sign"), {"strokes": ""})
    assert empty.status_code == 422
    drawn = applicant.post(address(application, "sign"), {"strokes": json.dumps(STROKES)})
    assert drawn.headers["Location"] == address(application, "confirm")
    consent = address(application, "confirm")
    assert "投保信息真实" in applicant.get(consent).content.decode()
    assert applicant.post(consent, {"act": "confirm", "code": "1"}).status_code == 422
    applicant.post(consent, {"act": "send"})
    done = applicant.post(consent, {"act": "confirm", "code": last_code()})
    assert done.headers["Location"] == address(application, "done")
    assert "正在签名" in applicant.get(address(application, "done")).content.decode()
    assert applicant.get(address(application, "state")).json()["over"] is False
    # A second confirmation, or another try to sign, changes nothing.
    for again in (consent, address(application, "sign")):
        assert applicant.post(again).headers["Location"] == address(application, "done")
    reading_set.refresh_from_db()
    work(reading_set.envelope)
    state = applicant.get(address(application, "state")).json()
    assert state["over"] is True
    code = f"/m/code/{application.proposal_no}"
    assert applicant.get(state["next"]).headers["Location"] == code
    assert applicant.get(address(application)).headers["Location"] == code
    shown = applicant.get(code).content.decode()
    assert "¥2,473.95" in shown
    assert "161****0001" in shown
    applicant.post(code, {"act": "send"})
    wrong = applicant.post(code, {"act": "check", "code": "12"})
    assert wrong.status_code == 422
    applicant.post(code, {"act": "check", "code": last_code()})
    application.refresh_from_db()
    assert application.code_passed_at is not None
    assert f"/m/pay/{application.proposal_no}" in applicant.get(code).content.decode()
    signed_form = applicant.get(address(application, "1.pdf")).content
    assert signed_form.startswith(get_storage().get(reading_set.proposal_sha256)[:1000])


def test_before_signing_there_is_no_code_page(application, applicant):
    answer = applicant.get(f"/m/code/{application.proposal_no}")
    assert answer.headers["Location"] == address(application)


def test_an_ended_application_has_nothing_to_read(application, applicant):
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.WITHDRAWN)
    for page in (address(application), f"/m/code/{application.proposal_no}"):
        assert applicant.get(page).headers["Location"] == "/m/mine"


def test_another_session_starts_with_the_signature_again(application, applicant, reading_set):
    read_all(reading_set, at=now())
    declare_all(reading_set, at=now())
    applicant.post(address(application, "sign"), {"strokes": json.dumps(STROKES)})
    other = Client()
    other.cookies = applicant.cookies.copy()
    session = applicant.session
    session.pop(f"signing:{application.proposal_no}")
    session.save()
    answer = other.get(address(application, "confirm"))
    assert answer.headers["Location"] == address(application, "sign")


def test_after_signing_the_reading_pages_still_show_the_files(application, applicant, reading_set):
    signed(reading_set, at=now())
    assert applicant.get(address(application, 1)).status_code == 200
    assert applicant.get(address(application, "declare")).status_code == 302
