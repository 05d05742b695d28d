"""查询与下载: four facts for a look, one more for the file; guesses run out."""

import re
from datetime import timedelta

import pytest
from captcha.models import CaptchaStore
from django.test import Client

from baozhen.faces.portal.query import GRANT
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FileKind, PolicyKind
from baozhen.site.commands.pdf_text import extract_text


def captcha_of(page):
    key = re.search(r'name="captcha_0" value="(\w+)"', page.content.decode())[1]
    return {"captcha_0": key, "captcha_1": CaptchaStore.objects.get(hashkey=key).response}


def facts_of(raw, **changes):
    return {
        "number": raw["compulsory"]["policy_no"],
        "id_tail": raw["policyholder"]["id_no"][-6:],
        "vehicle_tail": raw["vehicle"]["vin"][-6:],
    } | changes


def ask(client, facts):
    return client.post("/query", facts | captcha_of(client.get("/query")))


@pytest.fixture
def granted(client, policy, raw):
    """A visitor who has answered everything rightly."""
    assert ask(client, facts_of(raw)).status_code == 302
    return client


@pytest.mark.requirement("S0-6.3.1", "S0-6.1a", "S0-3.6")
def test_the_right_facts_show_the_policy(client, policy, raw):
    response = ask(client, facts_of(raw))
    assert response["Location"] == "/query/result"
    page = client.get("/query/result")
    assert page["Cache-Control"] == "no-store"
    assert policy.number in page.content.decode()


@pytest.mark.requirement("S0-6.3.1")
def test_the_plate_does_as_well_as_the_vin(client, policy, raw):
    facts = facts_of(raw, vehicle_tail=raw["vehicle"]["plate_no"][-6:].lower())
    assert ask(client, facts).status_code == 302


@pytest.mark.requirement("S0-6.3.1", "S0-3.6")
@pytest.mark.parametrize(
    "wrong", [{"number": "PDZA000000000000000"}, {"id_tail": "000000"}, {"vehicle_tail": "000000"}]
)
def test_one_wrong_fact_shows_nothing_and_does_not_tell_which(client, policy, raw, wrong):
    response = ask(client, facts_of(raw, **wrong))
    assert response.status_code == 422
    assert "没有查到相符的保单" in response.content.decode()
    assert client.get("/query/result")["Location"] == "/query"


@pytest.mark.requirement("S0-6.3.1")
def test_a_wrong_captcha_shows_nothing_and_spends_no_try(client, policy, raw):
    given = facts_of(raw) | captcha_of(client.get("/query")) | {"captcha_1": "????"}
    response = client.post("/query", given)
    assert response.status_code == 422
    assert "字符不对" in response.content.decode()
    assert GRANT not in client.session


def test_a_captcha_serves_once(client, policy, raw):
    captcha = captcha_of(client.get("/query"))
    assert client.post("/query", facts_of(raw) | captcha).status_code == 302
    assert client.post("/query", facts_of(raw) | captcha).status_code == 422


def test_another_picture_keeps_what_was_typed(client, policy, raw):
    page = client.post("/query", facts_of(raw) | {"again": "picture"})
    assert page.status_code == 200
    assert raw["compulsory"]["policy_no"] in page.content.decode()


def test_a_question_in_words_needs_no_eyes(client, policy, raw):
    page = client.post("/query", facts_of(raw) | {"again": "words"})
    assert "等于多少" in page.content.decode()
    response = client.post("/query", facts_of(raw) | captcha_of(page) | {"in_words": "1"})
    assert response.status_code == 302


@pytest.mark.requirement("S0-3.6")
def test_guessing_runs_out_even_for_the_right_answer(client, policy, raw):
    for _ in range(5):
        assert ask(client, facts_of(raw, id_tail="000000")).status_code == 422
    response = ask(client, facts_of(raw))
    assert response.status_code == 429
    assert "查询次数过多" in response.content.decode()


@pytest.mark.requirement("S0-3.6")
def test_the_address_of_the_result_shows_nothing_to_others(granted):
    assert granted.get("/query/result").status_code == 200
    stranger = Client()
    assert stranger.get("/query/result").status_code == 302
    assert stranger.get("/query/result/policy/file").status_code == 404
    assert stranger.post("/query/result/policy/code").status_code == 404


def test_the_result_is_forgotten_after_a_while_and_on_request(granted):
    session = granted.session
    session[GRANT] = session[GRANT] | {"until": (now() - timedelta(seconds=1)).isoformat()}
    session.save()
    assert granted.get("/query/result").status_code == 302


def test_leaving_forgets_at_once(granted):
    granted.post("/query/leave")
    assert granted.get("/query/result").status_code == 302


@pytest.mark.requirement("S0-4.3.1b", "S0-6.2a", "S0-6.2b", "S0-4.3.4c")
@pytest.mark.parametrize("kind", list(FileKind))
def test_what_the_page_shows_is_what_the_file_says(granted, policy, kind):
    file = PolicyFile.objects.get(policy=policy, kind=kind)
    text = "".join(granted.get("/query/result").content.decode().split())
    printed = "".join(extract_text(unlocked(granted, kind)).split())
    for value in shown_values(file.content):
        assert "".join(value.split()) in text, value
        assert "".join(value.split()) in printed, value


def shown_values(content):
    """Return the values that stand on the page: of each field the text, of each line its cells."""
    names = ["heads", "period", "parties", "vehicle", "rating", "tax", "rows"]
    for name in names:
        for row in content.get(name, []):
            fields = [row] if isinstance(row[0], str) else row
            yield from (field[2] for field in fields)
    for line in content.get("limits", []):
        yield from line[1:]
    if "premium" in content:
        yield from content["premium"][2:4]


def unlocked(client, kind):
    """Ask for a code, read it in the mail, and return the file."""
    assert client.post(f"/query/result/{kind}/code").status_code == 302
    code = mailed_code()
    page = client.post(f"/query/result/{kind}/unlock", {"code": code})
    assert "验证通过" in page.content.decode()
    return client.get(f"/query/result/{kind}/file").content


def mailed_code():
    letters = Delivery.objects.order_by("-pk")
    texts = (letter.content["text"] for letter in letters)
    return next(found[1] for text in texts if (found := re.search(r"验证码为 (\d{6})", text)))


@pytest.mark.requirement("S0-3.7", "S0-6.1a", "S0-4.3.4c")
def test_the_file_comes_byte_for_byte_after_the_mailed_code(granted, policy, policy_file, pdf):
    assert unlocked(granted, "policy") == pdf
    taken = AuditEntry.objects.get(action="access.downloaded")
    assert taken.subject_id == policy.pk
    assert taken.facts["sha256"] == policy_file.sha256


@pytest.mark.requirement("S0-3.7")
def test_without_the_code_there_is_no_file(granted):
    response = granted.get("/query/result/policy/file")
    assert response.status_code == 302
    assert response["Location"] == "/query/result/policy/unlock"


@pytest.mark.requirement("S0-3.7")
def test_a_wrong_code_and_too_many_of_them(granted):
    granted.post("/query/result/policy/code")
    right = mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        response = granted.post("/query/result/policy/unlock", {"code": wrong})
        assert response.status_code == 422
        assert "验证码不正确" in response.content.decode()
    assert granted.post("/query/result/policy/unlock", {"code": right}).status_code == 422
    assert granted.get("/query/result/policy/file").status_code == 302


def test_a_code_for_the_policy_does_not_open_the_mark(granted):
    granted.post("/query/result/policy/code")
    response = granted.post("/query/result/mark/unlock", {"code": mailed_code()})
    assert response.status_code == 422


def test_codes_are_not_sent_without_pause(granted):
    assert granted.post("/query/result/policy/code").status_code == 302
    response = granted.post("/query/result/policy/code")
    assert response.status_code == 429
    assert "过于频繁" in response.content.decode()


def test_a_policy_that_is_not_sealed_yet_can_be_seen_not_taken(client, platform, raw):
    from tests.insurance.making import accept

    accept(raw)
    assert Policy.objects.get(kind=PolicyKind.COMPULSORY).state == "numbered"
    assert ask(client, facts_of(raw)).status_code == 302
    assert "文件正在签章" in client.get("/query/result").content.decode()
    assert client.post("/query/result/policy/code").status_code == 404


def test_the_mail_address_is_masked(granted, raw):
    text = granted.get("/query/result").content.decode()
    assert raw["policyholder"]["email"] not in text
