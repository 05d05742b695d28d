"""Encrypted columns and blind indexes."""

import json

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.fields import EncryptedJSONField, EncryptedTextField, blind_index
from baozhen.foundation.keys.errors import UnknownDataKey
from baozhen.foundation.keys.keyring import key_id_of
from baozhen.foundation.notify.models import Delivery
from baozhen.trust.errors import VerificationError
from tests.foundation.factories import make_delivery

RING = {"current": "one", "keys": {"one": "01" * 16}, "index": "ab" * 32}


def raw(column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM notify_delivery")  # noqa: S608 -- our own name
        return bytes(cursor.fetchone()[0])


@pytest.mark.requirement("S0-7.2.1b")
@pytest.mark.django_db
def test_the_program_reads_what_the_database_cannot():
    content = {"title": "测试", "list": [1, None, True, {"深": "值"}]}
    make_delivery(1, content=content)
    stored = Delivery.objects.get()
    assert stored.content == content
    assert stored.recipient == "test1@example.com"
    assert b"example" not in raw("recipient")
    assert "测试".encode() not in raw("content")


@pytest.mark.django_db
def test_equal_values_look_different():
    make_delivery(1)
    first = raw("recipient")
    Delivery.objects.update(recipient="test1@example.com")
    assert raw("recipient") != first
    assert Delivery.objects.get().recipient == "test1@example.com"


@pytest.mark.django_db
def test_a_value_copied_to_another_column_does_not_open():
    make_delivery(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notify_delivery SET content = recipient")
    with pytest.raises(VerificationError):
        Delivery.objects.get()


@pytest.mark.django_db
def test_a_changed_byte_does_not_open():
    make_delivery(1)
    value = bytearray(raw("recipient"))
    value[-1] ^= 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notify_delivery SET recipient = %s", [bytes(value)])
    with pytest.raises(VerificationError):
        Delivery.objects.get()


@pytest.mark.django_db
def test_an_encrypted_column_is_not_searched():
    make_delivery(1)
    for lookup in ("recipient", "recipient__contains", "recipient__in"):
        with pytest.raises(FieldError):
            list(Delivery.objects.filter(**{lookup: "test1@example.com"}))
    assert Delivery.objects.filter(recipient__isnull=False).count() == 1


@pytest.mark.django_db
def test_a_rotated_ring_reads_old_and_writes_new(settings):
    settings.BAOZHEN_DATA_KEYS = json.dumps(RING)
    make_delivery(1)
    assert key_id_of(raw("recipient")) == "one"
    rotated = {**RING, "current": "two", "keys": {**RING["keys"], "two": "02" * 16}}
    settings.BAOZHEN_DATA_KEYS = json.dumps(rotated)
    assert Delivery.objects.get().recipient == "test1@example.com"
    Delivery.objects.update(recipient="test1@example.com")
    assert key_id_of(raw("recipient")) == "two"
    settings.BAOZHEN_DATA_KEYS = json.dumps(RING)
    with pytest.raises(UnknownDataKey):
        Delivery.objects.get()


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
))  # fmt: skip
def test_json_survives(value):
    field = EncryptedJSONField()
    assert field._from_bytes(field._to_bytes(value)) == value


def test_null_stays_null():
    field = EncryptedTextField(null=True)
    assert field.from_db_value(None, None, None) is None
    assert field.get_db_prep_value(None, connection) is None


def test_a_blind_index_finds_what_people_write_differently():
    index = blind_index("川A12345", "plate")
    assert index == blind_index(" 川a1 2345 ", "plate") == blind_index("川Ａ１２３４５", "plate")
    assert index != blind_index("川A12346", "plate")
    assert index != blind_index("川A12345", "vin")
    assert len(index) == 64
    assert "12345" not in index
