"""公众号: an openid is nobody until its owner has shown who he is (S0-6.3.2)."""

import pytest
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.insurance.verification.errors import WeChatTaken
from baozhen.insurance.verification.models import WeChatBinding
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import bind, bound_subject
from tests.insurance.holding import STRANGER, sign_in, subject_of

pytestmark = pytest.mark.django_db


def enter(client):
    """Come from WeChat: the twin sends the browser back at once."""
    away = client.get("/m/wechat/enter?next=/m/policies")
    return client.get(away["Location"].partition("127.0.0.1:8080")[2])


@pytest.mark.requirement("S0-6.3.2", "S0-6.1b", "S0-4.1c")
def test_an_unknown_wechat_signs_in_binds_and_is_known_from_then_on(client, policy, raw):
    response = enter(client)
    assert response["Location"] == "/m/sign-in?next=%2Fm%2Fwechat%2Fbind"
    assert client.get("/m/policies").status_code == 302
    holder = subject_of(raw["policyholder"])
    sign_in(client, holder)
    assert "绑定这个微信" in client.get("/m/wechat/bind").content.decode()
    assert not WeChatBinding.objects.exists()
    assert client.post("/m/wechat/bind")["Location"] == "/m/policies"
    later = Client()
    assert enter(later)["Location"] == "/m/policies"
    assert policy.number in later.get("/m/policies").content.decode()


@pytest.mark.requirement("S0-6.3.2", "S0-7.2.1a")
def test_the_wechat_of_another_person_sees_nothing(client, policy):
    """S-01: 测试乙 is refused, 测试甲 is not."""
    sign_in(client, subject_of(STRANGER))
    assert client.get(f"/m/policies/{policy.number}").status_code == 404


def test_a_code_of_another_browsers_visit_is_refused(client, policy):
    away = client.get("/m/wechat/enter")
    stolen = away["Location"].partition("127.0.0.1:8080")[2]
    other = Client()
    other.get("/m/wechat/enter")
    assert other.get(stolen).status_code == 422
    assert client.get(stolen).status_code == 302
    # The same answer of the platform a second time: its question was answered.
    assert client.get(stolen).status_code == 422


def test_one_wechat_stands_for_one_person(client, raw):
    first, second = subject_of(raw["policyholder"]), subject_of(STRANGER)
    bind(WeChatApp.ACCOUNT, "o1", first, at=now())
    assert bind(WeChatApp.ACCOUNT, "o1", first, at=now()).subject_id == first.pk
    with pytest.raises(WeChatTaken):
        bind(WeChatApp.ACCOUNT, "o1", second, at=now())
    assert bound_subject(WeChatApp.MINI, "o1") is None


def test_the_person_ends_the_binding(client, raw):
    holder = subject_of(raw["policyholder"])
    bind(WeChatApp.ACCOUNT, "o1", holder, at=now())
    sign_in(client, holder).post("/m/wechat/release")
    assert bound_subject(WeChatApp.ACCOUNT, "o1") is None
    assert bind(WeChatApp.ACCOUNT, "o1", subject_of(STRANGER), at=now())


def test_a_next_of_another_site_is_not_followed(client):
    client.get("/m/wechat/enter?next=https://evil.example/")
    assert client.session["wechat_asked"]["next"] == "/m/policies"
