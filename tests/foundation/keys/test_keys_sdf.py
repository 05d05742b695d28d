"""SM2 keys behind the SDF interface: a device made of callbacks, and a C library where cc is."""

import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from sdf_device import KEY_INDEX, PIN, SoftDevice

from baozhen.foundation.errors import Outage, Refusal
from baozhen.foundation.keys.access import KeyAccess, device_info, open_signer
from baozhen.foundation.keys.devices import Device, DeviceInfo
from baozhen.foundation.keys.errors import DeviceOutage, DeviceRefused
from baozhen.foundation.keys.sdf import RESULTS, SDFKeyStore
from baozhen.trust.crypto.der import sm2_point
from baozhen.trust.crypto.keys import (
    Algorithm,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.crypto.selftest import check_signer
from baozhen.trust.errors import SigningError

MESSAGE = "保单摘要".encode()
SOURCE = Path(__file__).with_name("sdf_test_library.c")


def device(library: Path = Path("/nowhere/libsdf.so"), pin: bytes = PIN) -> Device:
    return Device(name="hsm1", library=library, pin=pin.decode(), approval_no="GM0000-EXAMPLE")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """The C library, compiled for this run."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("没有 C 编译器：SDF 的测试库由回调函数代替（同一组测试）")
    library = tmp_path_factory.mktemp("sdf") / "libsdf_test.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"],
        check=True,
    )
    return library


@pytest.fixture(params=["callbacks", "compiled"])
def store(request) -> SDFKeyStore:
    if request.param == "callbacks":
        return SDFKeyStore(device(), library=SoftDevice())
    return SDFKeyStore(device(request.getfixturevalue("compiled")))


@pytest.mark.requirement("S2-L133.03", "S2-L596d")
def test_a_device_signs_and_both_implementations_agree(store):
    signer = store.open(KEY_INDEX)
    assert signer.algorithm is Algorithm.SM2_SM3
    check_signer(signer)
    for turn in range(20):
        message = MESSAGE + bytes([turn])
        signature = signer.sign(message)
        for verify in (verify_signature, verify_signature_independently):
            verify(signer.public_key, message, signature, algorithm=signer.algorithm)
    signer.close()


def test_the_certificate_binding_learns_what_the_device_is(store):
    assert store.info() == DeviceInfo(
        device="hsm1",
        manufacturer="示例厂商",
        model="SOFT-1",
        serial="SN20250001",
        approval_no="GM0000-EXAMPLE",
    )


def test_a_key_that_is_not_there_is_refused_with_its_code(store):
    with pytest.raises(DeviceRefused, match=r"SDR_KEYNOTEXIST \(0x01000008\)") as refusal:
        store.open(7)
    assert isinstance(refusal.value, Refusal)
    assert isinstance(refusal.value, SigningError)


def test_threads_share_one_session(store):
    signer, faults = store.open(KEY_INDEX), []

    def work() -> None:
        for _ in range(10):
            try:
                check_signer(signer)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_a_wrong_pin_is_refused_and_nothing_stays_open():
    library = SoftDevice()
    with pytest.raises(DeviceRefused, match="SDR_PRKRERR") as refusal:
        SDFKeyStore(device(pin=b"wrong"), library=library).open(KEY_INDEX)
    assert "wrong" not in str(refusal.value)
    assert library.open_handles == 0


def test_the_device_sees_the_digest_with_z_and_never_the_message():
    library = SoftDevice()
    SDFKeyStore(device(), library=library).open(KEY_INDEX).sign(MESSAGE)
    assert library.signed == [library.key.digest(MESSAGE)]


def test_the_public_key_is_the_devices():
    library = SoftDevice()
    signer = SDFKeyStore(device(), library=library).open(KEY_INDEX)
    assert sm2_point(signer.public_key) == library.key.point


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        (0x01000004, DeviceOutage, "SDR_HARDFAIL"),
        (0x0100000D, DeviceOutage, "SDR_SIGNERR"),
        (0x01000007, DeviceRefused, "SDR_PARDENY"),
        (0x0F00000A, DeviceOutage, "厂商错误码"),
        (-1, DeviceOutage, "0xffffffff"),
    ],
)
def test_a_failure_is_typed_and_the_next_call_opens_a_new_session(code, kind, name):
    library = SoftDevice()
    signer = SDFKeyStore(device(), library=library).open(KEY_INDEX)
    library.failing["SDF_InternalSign_ECC"] = code
    with pytest.raises(kind, match=name) as failure:
        signer.sign(MESSAGE)
    assert "SDF_InternalSign_ECC" in str(failure.value)
    assert isinstance(failure.value, SigningError)
    assert isinstance(failure.value, Outage | Refusal)
    assert library.open_handles == 0
    check_signer(signer)
    assert library.calls["SDF_OpenDevice"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "SDF_OpenDevice",
        "SDF_OpenSession",
        "SDF_GetPrivateKeyAccessRight",
        "SDF_ExportSignPublicKey_ECC",
    ],
)
def test_a_failure_while_opening_leaves_nothing_open(name):
    library = SoftDevice()
    library.failing[name] = 0x01000003
    with pytest.raises(DeviceOutage, match="SDR_COMMFAIL"):
        SDFKeyStore(device(), library=library).open(KEY_INDEX)
    assert library.open_handles == 0


def test_numbers_wider_than_256_bits_are_no_signature():
    library = SoftDevice()
    signer = SDFKeyStore(device(), library=library).open(KEY_INDEX)
    library.overflow = True
    with pytest.raises(DeviceOutage, match="256"):
        signer.sign(MESSAGE)


def test_a_key_of_another_size_is_not_opened():
    library = SoftDevice()
    library.bits = 512
    with pytest.raises(DeviceOutage, match="512"):
        SDFKeyStore(device(), library=library).open(KEY_INDEX)
    assert library.open_handles == 0


def test_a_library_that_cannot_be_loaded_is_an_outage(tmp_path):
    with pytest.raises(DeviceOutage, match="dlopen"):
        SDFKeyStore(device(tmp_path / "libsdf.so"))


def test_a_reference_opens_the_key_of_the_configured_device(compiled):
    access = KeyAccess(files=None, devices={"hsm1": device(compiled)})
    check_signer(open_signer("sdf:1@hsm1", access=access))
    info = device_info("sdf:1@hsm1", access=access)
    assert info is not None
    assert info.approval_no == "GM0000-EXAMPLE"


def test_every_code_of_the_standard_has_its_name():
    assert len(RESULTS) == 30
    assert RESULTS[0x01000001] == "SDR_UNKNOWERR"
    assert RESULTS[0x01000018] == "SDR_PRKRERR"
    assert RESULTS[0x0100001E] == "SDR_OUTARGERR"
