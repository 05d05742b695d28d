"""WeChat's messages: the platform's signature, safe mode, and nothing but its XML."""

import base64
import hashlib
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.notify.wechat_messages import (
    MessageKeys,
    WeChatMessageRefused,
    check_fresh,
    check_signature,
    decrypt,
    encrypt,
    read_xml,
    sealed_reply,
    signature_of,
    write_xml,
)

KEYS = MessageKeys(
    token="spamtest",
    aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    app_id="wxdemo01",
)


def by_the_book(message, app_id=KEYS.app_id, padding=None):
    """Encrypt as the documentation says, step by step and apart from our code."""
    key = base64.b64decode(KEYS.aes_key + "=")
    plain = b"0123456789abcdef" + struct.pack("!I", len(message)) + message + app_id.encode()
    count = 32 - len(plain) % 32
    plain += padding if padding is not None else bytes([count]) * count
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()


def test_the_signature_is_sha1_of_the_sorted_parts():
    expected = hashlib.sha1(b"1234561409304348spamtest").hexdigest()  # noqa: S324
    assert signature_of("spamtest", "1409304348", "123456") == expected
    check_signature(expected, "spamtest", "1409304348", "123456")
    with pytest.raises(WeChatMessageRefused):
        check_signature(expected, "spamtest", "1409304349", "123456")


def test_what_the_platform_encrypts_is_read():
    assert decrypt(by_the_book("<xml>你好</xml>".encode()), KEYS) == "<xml>你好</xml>".encode()


@given(st.binary(max_size=300))
def test_there_and_back(message):
    assert decrypt(encrypt(message, KEYS), KEYS) == message
    assert decrypt(by_the_book(message), KEYS) == message


def test_another_accounts_message_is_refused():
    with pytest.raises(WeChatMessageRefused):
        decrypt(by_the_book(b"<xml/>", app_id="wxdemo02"), KEYS)


@pytest.mark.parametrize("text", ["", "nonsense", "AAAA", base64.b64encode(bytes(32)).decode()])
def test_what_is_no_cipher_text_is_refused(text):
    with pytest.raises(WeChatMessageRefused):
        decrypt(text, KEYS)


@pytest.mark.parametrize("stamp", ["", "x", "0", "99999999999", "１２３"])
def test_a_message_played_again_later_is_refused(stamp):
    with pytest.raises(WeChatMessageRefused):
        check_fresh(stamp, at_seconds=1_800_000_000)


def test_a_fresh_message_passes():
    check_fresh("1800000100", at_seconds=1_800_000_000)


def test_xml_there_and_back_even_with_the_end_of_cdata():
    fields = {"Content": "a]]>b<c>&", "CreateTime": "12"}
    assert read_xml(write_xml(fields)) == fields


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml><a></xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><c>&a;</c></xml>',
        b"<a>" * 50 + b"</a>" * 50,
        b"<xml>" + b"x" * 70_000 + b"</xml>",
    ],
)
def test_anything_but_a_small_flat_message_is_refused(body):
    with pytest.raises(WeChatMessageRefused):
        read_xml(body)


def test_a_reply_is_sealed_and_signed():
    reply = read_xml(sealed_reply(b"<xml>1</xml>", KEYS, timestamp="12", nonce="n"))
    assert reply["MsgSignature"] == signature_of("spamtest", "12", "n", reply["Encrypt"])
    assert decrypt(reply["Encrypt"], KEYS) == b"<xml>1</xml>"


def test_a_key_of_another_length_is_a_fault_of_the_settings():
    with pytest.raises(ValueError, match="43"):
        _ = MessageKeys(token="t", aes_key="short", app_id="a").key
