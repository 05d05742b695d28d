"""The first officers of an installation are made by one command, once."""

from argparse import Namespace

import pytest

from baozhen.signing.organizations.models import Account, PasswordRecord
from baozhen.site.commands import officers

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S2-L160.m7")]


def appoint(system="wang=王一", security="li=李二", audit="zhao=赵三"):
    return officers.run(Namespace(system=system, security=security, audit=audit))


def test_three_people_are_made_once(capsys):
    assert appoint() == 0
    assert capsys.readouterr().out.count(" / ") == 3
    assert set(Account.objects.values_list("officer", flat=True)) == {
        "system",
        "security",
        "audit",
    }
    assert all(PasswordRecord.objects.values_list("is_initial", flat=True))
    assert appoint(system="a=甲", security="b=乙", audit="c=丙") == 2


@pytest.mark.parametrize("wrong", [{"system": "li=王一"}, {"audit": "zhao"}, {"audit": "=赵三"}])
def test_fewer_than_three_people_are_refused(wrong):
    assert appoint(**wrong) == 2
    assert not Account.objects.exists()


def test_a_taken_name_leaves_nothing_behind(capsys):
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_user("zhao")
    assert appoint() == 1
    assert not Account.objects.exists()
