"""A holder's session: three elements, a code, half an hour; nothing typed changes who is known."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from baozhen.faces.mobile import holders
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.insurance.applications.errors import HolderUnlike
from baozhen.insurance.applications.services.holders import HolderFacts, admit_holder
from baozhen.signing.identity.models import IdentityCheck, Subject
from tests.faces.mobile.applying.people import PERSON_A, PERSON_B, ask, last_text, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("S0-4.2")
def test_a_person_signs_in_and_the_evidence_is_kept(client):
    client.get("/m/sign-in")
    before = client.session.session_key
    answer = sign_in(client, next="/m/mine")
    assert (answer.status_code, answer["Location"]) == (302, "/m/mine")
    assert client.session.session_key != before
    page = client.get("/m/mine")
    assert "我的投保" in page.content.decode()
    subject = Subject.objects.get()
    check = IdentityCheck.objects.get(subject=subject)
    assert (check.kind, check.state, check.purpose) == (
        "three_elements",
        "passed",
        "holder_session",
    )
    acts = AuditEntry.objects.filter(subject_type="subject", subject_id=subject.pk)
    assert [act.action for act in acts.order_by("position")] == [
        "subject.registered",
        "holder.signed_in",
    ]
    assert PERSON_A["id_no"] not in str([act.facts for act in acts])


def test_without_a_session_one_signs_in_first_and_comes_back(client):
    answer = client.get("/m/mine?page=2")
    assert answer["Location"] == "/m/sign-in?next=%2Fm%2Fmine%3Fpage%3D2"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/x", "//evil.example/x"])
def test_one_is_never_sent_to_another_site(client, elsewhere):
    assert sign_in(client, next=elsewhere)["Location"] == "/m/mine"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"id_no": "110199198506151018"}, "校验"),
        ({"mobile": "12100000001"}, "手机号"),
        ({"name": "甲"}, "姓名"),
        ({"captcha_1": "????"}, "字符不对"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_the_rest_stays(client, wrong, words):
    answer = ask(client, PERSON_A, **wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert Subject.objects.count() == 0
    kept = (PERSON_A | wrong)["name"]
    assert f'value="{kept}"' in page


def test_whom_the_provider_does_not_confirm_is_not_written_down(client):
    answer = ask(client, {**PERSON_A, "name": "测试不符"})
    assert answer.status_code == 422
    assert "核对不一致" in answer.content.decode()
    assert Subject.objects.count() == 0


def test_what_a_stranger_types_changes_nothing_that_is_known(client):
    known = admit_holder(HolderFacts(**PERSON_A), device="", at=now())
    answer = ask(client, {**PERSON_A, "name": "测试丙"})
    assert "核对不一致" in answer.content.decode()
    known.refresh_from_db()
    assert (known.name, known.mobile) == (PERSON_A["name"], PERSON_A["mobile"])


def test_a_new_mobile_counts_once_it_is_confirmed():
    known = admit_holder(HolderFacts(**PERSON_A), device="", at=now())
    with pytest.raises(HolderUnlike):
        admit_holder(HolderFacts(**{**PERSON_A, "mobile": "16111110000"}), device="", at=now())
    known.refresh_from_db()
    assert known.mobile == PERSON_A["mobile"]
    admit_holder(HolderFacts(**{**PERSON_A, "mobile": "16100000011"}), device="", at=now())
    known.refresh_from_db()
    assert known.mobile == "16100000011"
    assert IdentityCheck.objects.filter(subject=known, state="passed").count() == 2


def test_a_confirmed_person_is_not_asked_about_again():
    for _ in range(2):
        admit_holder(HolderFacts(**PERSON_A), device="", at=now())
    assert IdentityCheck.objects.count() == 1


def test_a_wrong_code_lets_nobody_in(client):
    ask(client, PERSON_A)
    code = last_text(PERSON_A["mobile"])["parameters"]["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answer = client.post("/m/sign-in/code", {"code": wrong})
    assert answer.status_code == 422
    assert "还可以输入 4 次" in answer.content.decode()
    assert client.get("/m/mine").status_code == 302


def test_a_code_belongs_to_the_browser_that_asked_for_it(client):
    ask(client, PERSON_A)
    code = last_text(PERSON_A["mobile"])["parameters"]["code"]
    other = Client()
    assert other.post("/m/sign-in/code", {"code": code})["Location"].startswith("/m/sign-in?")
    assert other.get("/m/mine").status_code == 302


def test_signing_out_ends_it(client):
    sign_in(client)
    client.post("/m/sign-out")
    assert client.get("/m/mine").status_code == 302


def _request(client, **kept):
    request = RequestFactory().get("/m/x")
    request.session = client.session
    request.session[holders.HOLDER] = kept
    return request


def test_a_session_ends_by_itself_and_goes_on_with_use(client):
    sign_in(client)
    subject, at = Subject.objects.get().public_id, now()

    def ends(*, began, until):
        return _request(
            client,
            subject=subject,
            began=(at + began).isoformat(),
            until=(at + until).isoformat(),
        )

    hour = timedelta(hours=1)
    assert holders.current_holder(ends(began=-hour, until=-timedelta(seconds=1))) is None
    assert holders.current_holder(ends(began=-13 * hour, until=timedelta(minutes=9))) is None
    going = ends(began=-hour, until=timedelta(minutes=9))
    assert holders.current_holder(going).public_id == subject
    assert going.session[holders.HOLDER]["until"] > (at + timedelta(minutes=29)).isoformat()


def test_another_person_on_the_same_browser_finds_nothing_of_the_first(client):
    sign_in(client, PERSON_A)
    session = client.session
    session["of_a"] = "something"
    session.save()
    other = admit_holder(HolderFacts(**PERSON_B), device="", at=now())
    request = RequestFactory().get("/m/x")
    request.session = client.session
    holders.begin_holder_session(request, other, at=now())
    assert "of_a" not in request.session


def test_the_guard_passes_what_the_view_wants(client):
    sign_in(client)

    @holders.holder_only
    def view(request, number, *, more):
        return HttpResponse(f"{number} {more}")

    request = RequestFactory().get("/m/x")
    request.session = client.session
    assert view(request, 7, more="x").content == b"7 x"
