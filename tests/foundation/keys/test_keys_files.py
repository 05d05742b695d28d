"""Secrets in files: key files, their permissions, passphrases, and references that open them."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from baozhen.foundation.keys.access import KeyAccess, device_info, key_access, open_signer
from baozhen.foundation.keys.devices import Device, read_devices
from baozhen.foundation.keys.errors import (
    BadKeyReference,
    KeyConfigurationFault,
    LoosePermissions,
    SecretExists,
    SecretUnreadable,
    UnknownKey,
)
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.foundation.keys.private_files import (
    make_private_directory,
    read_private,
    write_private,
)
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.crypto.selftest import check_signer
from baozhen.trust.errors import KeyFileError

PASSPHRASE = b"a passphrase for tests"


@pytest.fixture
def store(tmp_path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "signing", PASSPHRASE, iterations=1_000)


@pytest.fixture(params=list(Algorithm))
def stored(request, store) -> FileKeyStore:
    store.put("insurer", generate(request.param))
    return store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.requirement("S0-7.1.3.1a", "S4-4.5.5")
def test_a_key_is_written_for_us_alone_and_read_again(stored):
    assert (mode(stored.directory), mode(stored.directory / "insurer.pem")) == (0o700, 0o600)
    assert stored.names() == ("insurer",)
    check_signer(stored.open("insurer"))


def test_nothing_unencrypted_and_nothing_unfinished_stays(stored):
    assert [path.name for path in stored.directory.iterdir()] == ["insurer.pem"]
    assert b"ENCRYPTED" in (stored.directory / "insurer.pem").read_bytes()


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o644, 0o660, 0o666])
def test_a_file_that_others_may_read_is_not_read(stored, loose):
    (stored.directory / "insurer.pem").chmod(loose)
    with pytest.raises(LoosePermissions, match=f"{loose:04o}"):
        stored.open("insurer")


@pytest.mark.parametrize("loose", [0o750, 0o705, 0o777])
def test_a_folder_that_others_may_enter_is_not_used(stored, loose):
    stored.directory.chmod(loose)
    with pytest.raises(LoosePermissions, match=f"{loose:04o}"):
        stored.open("insurer")
    with pytest.raises(LoosePermissions):
        stored.put("another", generate(Algorithm.SM2_SM3))


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 能把文件交给别的用户")
def test_a_file_of_somebody_else_is_not_read(stored):
    os.chown(stored.directory / "insurer.pem", 12345, 12345)
    with pytest.raises(LoosePermissions):
        stored.open("insurer")


def test_a_key_is_never_overwritten(stored):
    before = (stored.directory / "insurer.pem").read_bytes()
    with pytest.raises(SecretExists):
        stored.put("insurer", generate(Algorithm.SM2_SM3))
    assert (stored.directory / "insurer.pem").read_bytes() == before


def test_a_wrong_passphrase_opens_nothing(stored):
    with pytest.raises(KeyFileError, match="口令"):
        FileKeyStore(stored.directory, b"another passphrase").open("insurer")
    assert PASSPHRASE.decode() not in repr(stored)


@pytest.mark.parametrize("name", ["", "../insurer", "a/b", "Insurer", ".insurer", "a" * 65, "a\0"])
def test_a_name_stays_inside_the_folder(store, name):
    with pytest.raises(BadKeyReference):
        store.open(name)


def test_an_unknown_key_is_named(store):
    with pytest.raises(UnknownKey, match="nobody"):
        store.open("nobody")


def test_what_is_no_file_or_too_large_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "large").write_bytes(bytes(1024 * 1024 + 1))
    (tmp_path / "large").chmod(0o600)
    for name in ("pipe", "large", "missing"):
        with pytest.raises(SecretUnreadable, match=name):
            read_private(tmp_path / name)
    (tmp_path / "plain").touch()
    with pytest.raises(SecretUnreadable, match="目录"):
        make_private_directory(tmp_path / "plain")


def test_of_two_writers_one_wins_and_the_other_is_told(tmp_path):
    won, lost, barrier = [], [], threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        try:
            write_private(tmp_path / "race" / "secret", str(number).encode() * 1000)
            won.append(str(number).encode() * 1000)
        except SecretExists:
            lost.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert read_private(tmp_path / "race" / "secret") == won[0]


@pytest.fixture
def development(settings, tmp_path, monkeypatch) -> Path:
    for name in ("BAOZHEN_KEYS", "BAOZHEN_KEY_PASSPHRASE_FILE", "BAOZHEN_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    settings.BAOZHEN_MODE = "development"
    settings.BAOZHEN_DATA = tmp_path / "data"
    return settings.BAOZHEN_DATA


def test_development_makes_its_passphrase_once(development):
    access = key_access()
    assert access.files is not None
    access.files.put("insurer-sm2", generate(Algorithm.SM2_SM3))
    assert mode(development / "keys" / "passphrase") == 0o600
    assert access.files.directory == development / "keys" / "signing"
    check_signer(open_signer("file:insurer-sm2"))
    assert device_info("file:insurer-sm2") is None


def test_processes_that_start_together_agree_on_one_passphrase(development):
    found, barrier = [], threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        found.append(key_access().files.passphrase)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_production_has_no_key_files_without_a_passphrase(development, settings):
    key_access()
    settings.BAOZHEN_MODE = "production"
    assert key_access().files is None
    with pytest.raises(KeyConfigurationFault, match="BAOZHEN_KEY_PASSPHRASE_FILE"):
        open_signer("file:insurer-sm2")


def test_production_reads_the_passphrase_it_is_given(development, settings, tmp_path):
    write_private(tmp_path / "secret" / "passphrase", PASSPHRASE + b"\n")
    settings.BAOZHEN_MODE = "production"
    settings.BAOZHEN_KEY_PASSPHRASE_FILE = str(tmp_path / "secret" / "passphrase")
    settings.BAOZHEN_KEYS = str(tmp_path / "kept")
    FileKeyStore(tmp_path / "kept", PASSPHRASE, iterations=1_000).put(
        "insurer", generate(Algorithm.SM2_SM3)
    )
    check_signer(open_signer("file:insurer"))


def test_a_short_passphrase_is_refused(development, settings, tmp_path):
    write_private(tmp_path / "secret" / "passphrase", b"short\n")
    settings.BAOZHEN_KEY_PASSPHRASE_FILE = str(tmp_path / "secret" / "passphrase")
    with pytest.raises(KeyConfigurationFault, match="口令"):
        key_access()


def test_devices_are_read_from_a_private_file(development, settings, tmp_path):
    path = tmp_path / "secret" / "devices.json"
    hsm = {"library": "/opt/vendor/libsdf.so", "pin": "12345678", "approval_no": "GM0000-EXAMPLE"}
    write_private(path, json.dumps({"hsm1": hsm}).encode())
    settings.BAOZHEN_DEVICES = str(path)
    assert key_access().devices == {
        "hsm1": Device("hsm1", Path("/opt/vendor/libsdf.so"), "12345678", "GM0000-EXAMPLE")
    }
    assert "12345678" not in repr(key_access())
    path.chmod(0o644)
    with pytest.raises(LoosePermissions):
        read_devices(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "no json: pin 12345678",
        '{"hsm1": {"pin": "12345678"}}',
        '{"hsm1": {"library": "lib.so", "pin": "12345678"}}',
        '{"hsm1": "12345678"}',
    ],
)
def test_a_broken_device_file_is_refused_without_quoting_it(tmp_path, text):
    write_private(tmp_path / "secret" / "devices.json", text.encode())
    with pytest.raises(KeyConfigurationFault) as refusal:
        read_devices(tmp_path / "secret" / "devices.json")
    assert "12345678" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "insurer",
        "http://example.com/key",
        "file:../passphrase",
        "sdf:",
        "sdf:1",
        "sdf:1@nobody",
        "sdf:0@hsm1",
        "sdf:-1@hsm1",
        "sdf:4294967296@hsm1",
        "sdf:one@hsm1",
        "sdf:１@hsm1",
        "pkcs11:",
        "pkcs11:token=t;object=o",
        "pkcs11:token=t;object=o?module-name=nobody",
        "pkcs11:token=t;token=u;object=o?module-name=hsm1",
        "pkcs11:token=t;object=o?module-name=hsm1&pin-value=12345678",
        "pkcs11:token=t;object=o?module-path=/tmp/evil.so",
        "pkcs11:token=t;object=o;type=public?module-name=hsm1",
    ],
)
def test_a_reference_that_says_too_little_or_too_much_is_refused(store, reference):
    access = KeyAccess(store, {"hsm1": Device("hsm1", Path("/opt/vendor/libsdf.so"))})
    with pytest.raises(BadKeyReference) as refusal:
        open_signer(reference, access=access)
    assert "12345678" not in str(refusal.value)
