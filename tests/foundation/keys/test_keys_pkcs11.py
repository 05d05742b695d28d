"""RSA and ECDSA keys in a PKCS#11 token: SoftHSM, where it can be had."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from baozhen.foundation.keys.access import KeyAccess, device_info, open_signer
from baozhen.foundation.keys.devices import Device
from baozhen.foundation.keys.errors import DeviceOutage, DeviceRefused
from baozhen.foundation.keys.pkcs11 import PKCS11KeyStore
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.crypto.selftest import check_signer
from baozhen.trust.errors import SigningError, UnsupportedError

PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
TOKEN, PIN = "baozhen-test", "user-pin-1234"


def _library() -> Path:
    for place in (os.environ.get("SOFTHSM2_MODULE", ""), *PLACES):
        if place and Path(place).is_file():
            return Path(place)
    pytest.skip("没有 SoftHSM（Debian：apt-get install softhsm2；或设 SOFTHSM2_MODULE 为其路径）")


@pytest.fixture(scope="module")
def device(tmp_path_factory) -> Device:
    """A fresh SoftHSM token with one RSA and one P-256 key, and a curve that is not ours."""
    library, tool = _library(), shutil.which("softhsm2-util")
    if tool is None:
        pytest.skip("没有 softhsm2-util：无法为测试建立令牌（Debian：apt-get install softhsm2）")
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}/tokens\n")
    # SoftHSM reads it when the library is initialised, in this very process.
    os.environ["SOFTHSM2_CONF"] = str(home / "softhsm2.conf")
    subprocess.run(
        [tool, "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "so-pin-1234"],
        check=True,
        capture_output=True,
    )
    _make_keys(library)
    return Device(name="softhsm", library=library, pin=PIN, approval_no="")


def _make_keys(library: Path) -> None:
    token = pkcs11.lib(str(library)).get_token(token_label=TOKEN)
    with token.open(user_pin=PIN, rw=True) as session:
        session.generate_keypair(KeyType.RSA, 2048, label="insurer-rsa", store=True)
        for label, curve in (("insurer-p256", "secp256r1"), ("stranger", "secp384r1")):
            parameters = session.create_domain_parameters(
                KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True
            )
            parameters.generate_keypair(label=label, store=True)


@pytest.mark.parametrize(
    ("label", "algorithm"),
    [("insurer-rsa", Algorithm.RSA_SHA256), ("insurer-p256", Algorithm.ECDSA_P256_SHA256)],
)
def test_a_token_signs_and_the_signature_verifies(device, label, algorithm):
    signer = PKCS11KeyStore(device).open(token=TOKEN, label=label)
    assert signer.algorithm is algorithm
    for _ in range(3):
        check_signer(signer)


def test_a_reference_opens_the_key_of_the_configured_token(device):
    access = KeyAccess(files=None, devices={"softhsm": device})
    reference = f"pkcs11:token={TOKEN};object=insurer-rsa?module-name=softhsm"
    check_signer(open_signer(reference, access=access))
    info = device_info(reference, access=access)
    assert info is not None
    assert (info.device, info.manufacturer) == ("softhsm", "SoftHSM project")
    assert info.serial


def test_two_signers_and_several_threads_share_a_token(device):
    """Without the one lock for all calls this ends in CKR_GENERAL_ERROR or a crash."""
    store, faults = PKCS11KeyStore(device), []
    signers = [store.open(token=TOKEN, label="insurer-rsa") for _ in range(2)]

    def work(number: int) -> None:
        for _ in range(10):
            try:
                check_signer(signers[number % 2])
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


@pytest.mark.parametrize(("token", "label"), [("nowhere", "insurer-rsa"), (TOKEN, "no-such-key")])
def test_what_is_not_there_is_refused(device, token, label):
    with pytest.raises(DeviceRefused, match="NoSuch") as refusal:
        PKCS11KeyStore(device).open(token=token, label=label)
    assert isinstance(refusal.value, SigningError)


def test_a_key_that_is_not_ours_is_unsupported(device):
    with pytest.raises(UnsupportedError, match="SDF"):
        PKCS11KeyStore(device).open(token=TOKEN, label="stranger")


def test_a_broken_session_is_renewed_by_the_next_call(device):
    signer = PKCS11KeyStore(device).open(token=TOKEN, label="insurer-rsa")
    signer._key.session.close()
    with pytest.raises(DeviceOutage, match="C_Sign"):
        signer.sign(b"message")
    check_signer(signer)


def test_a_wrong_pin_is_refused(device):
    """In a process of its own: a token that somebody has logged in to takes any PIN."""
    wrong = Device(name="softhsm", library=device.library, pin="not the pin")
    pkcs11.unload(str(device.library))
    try:
        with pytest.raises(DeviceRefused, match="PinIncorrect") as refusal:
            PKCS11KeyStore(wrong).open(token=TOKEN, label="insurer-rsa")
    finally:
        pkcs11.unload(str(device.library))
    assert "not the pin" not in str(refusal.value)


def test_a_library_that_cannot_be_loaded_is_an_outage(tmp_path):
    nowhere = Device(name="gone", library=tmp_path / "libnowhere.so")
    with pytest.raises(DeviceOutage, match="gone"):
        PKCS11KeyStore(nowhere).open(token=TOKEN, label="insurer-rsa")
