"""Strangers' files: other producers, pyHanko's signatures, and pyHanko as the second judge."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from asn1crypto import cms, x509
from asn1crypto.algos import SignedDigestAlgorithm
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfTimeStamper, signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from baozhen.trust.crypto.keys import Algorithm, Signer, verify_signature
from baozhen.trust.errors import TrustError
from baozhen.trust.report import CheckResult, Step, Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509 import gm
from tests import pdfs
from tests.attacks import ATTACKS, RANGE
from tests.pki import NOW, family, hierarchy

assert gm.is_registered()

# pyHanko dates its signatures by the machine's clock; a whole suite may run before these tests.
LATER = max(datetime.now(UTC).replace(microsecond=0), NOW) + timedelta(hours=6)


class HouseSigner(signers.Signer):
    """pyHanko signs with one of our keys."""

    def __init__(self, name: str) -> None:
        identity = family(name).signer
        self._key: Signer = identity.signer
        certificates = [x509.Certificate.load(c) for c in identity.chain]
        registry = SimpleCertificateStore()
        registry.register_multiple(certificates)
        mechanism = "sm3_sm2" if name == "sm2" else "sha256_rsa"
        super().__init__(
            signing_cert=x509.Certificate.load(identity.certificate),
            cert_registry=registry,
            signature_mechanism=SignedDigestAlgorithm({"algorithm": mechanism}),
        )

    async def async_sign_raw(self, data, digest_algorithm, dry_run=False):
        return bytes(256) if dry_run else self._key.sign(data)


class HouseStamper(TimeStamper):
    """pyHanko is stamped by our own authority."""

    def __init__(self, md_algorithm: str) -> None:
        super().__init__()
        self._hash_name = md_algorithm

    async def async_request_tsa_response(self, req):
        raise AssertionError("tokens are made here, not asked for")

    async def async_timestamp(self, message_digest, md_algorithm):
        return cms.ContentInfo.load(pdfs.stamp(message_digest, md_algorithm, at=LATER))


class HouseValidator(DefaultSignatureValidator):
    """pyHanko's own judgement, with our SM2 for what pyca does not know."""

    def validate_signature(
        self, signature, signed_data, public_key_info, signature_algorithm, *args, **kwargs
    ):
        if signature_algorithm["algorithm"].native not in {"sm3_sm2", "sm2"}:
            return super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, *args, **kwargs
            )
        try:
            verify_signature(
                public_key_info.dump(), signed_data, signature, algorithm=Algorithm.SM2_SM3
            )
        except TrustError as error:
            raise InvalidSignature from error
        return None


def context() -> ValidationContext:
    roots = [x509.Certificate.load(root) for root in hierarchy().roots]
    return ValidationContext(
        trust_roots=roots, moment=LATER, signature_validator=HouseValidator(), allow_fetching=False
    )


def pyhanko_says(data: bytes) -> bool:
    """Whether pyHanko finds every signature valid, trusted and covering what it should."""
    try:
        reader = PdfFileReader(io.BytesIO(data))
        found = list(reader.embedded_regular_signatures)
        statuses = [
            validate_pdf_signature(s, context(), ts_validation_context=context()) for s in found
        ]
    except Exception:  # noqa: BLE001 - whatever it raises is a refusal
        return False
    return bool(statuses) and all(status.bottom_line for status in statuses)


def pyhanko_sign(
    data: bytes,
    name: str = "rsa",
    *,
    field: str = "S",
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
    stamper: TimeStamper | None = None,
) -> bytes:
    meta = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sm3" if name == "sm2" else "sha256",
        subfilter=subfilter,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    return signers.sign_pdf(writer, meta, signer=HouseSigner(name), timestamper=stamper).getvalue()


def rewritten(*, object_streams: bool = True, linearize: bool = False) -> bytes:
    """The document as another producer would write it."""
    out = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if object_streams else pikepdf.ObjectStreamMode.disable
    with pikepdf.open(io.BytesIO(pdfs.plain())) as pdf:
        pdf.save(out, object_stream_mode=mode, linearize=linearize, deterministic_id=True)
    return out.getvalue()


def answer(data: bytes, **more: object):
    return inspect(data, anchors=pdfs.anchors(), at=LATER, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("linearize", [False, True])
@pytest.mark.parametrize("object_streams", [False, True])
@pytest.mark.parametrize("name", ["rsa", "sm2"])
def test_other_producers_files_signed_by_pyhanko_are_genuine(name, object_streams, linearize):
    data = pyhanko_sign(rewritten(object_streams=object_streams, linearize=linearize), name)
    report = answer(data)
    assert report.verdict is Verdict.GENUINE, [c for c in report.checks if c.result == "failed"]
    assert report.signatures[0].covers_whole_file


def test_the_older_subfilter_is_read():
    data = pyhanko_sign(pdfs.plain(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert answer(data).verdict is Verdict.GENUINE


def test_two_pyhanko_signatures_in_either_order_are_genuine():
    for first, second in (("sm2", "rsa"), ("rsa", "sm2")):
        data = pyhanko_sign(rewritten(), first, field="A")
        data = pyhanko_sign(data, second, field="B")
        report = answer(data, expected_dual=True)
        assert report.verdict is Verdict.GENUINE, [c for c in report.checks if c.result == "failed"]
        assert [s.covers_whole_file for s in report.signatures] == [False, True]


def test_a_waiting_field_may_be_filled():
    writer = IncrementalPdfFileWriter(io.BytesIO(rewritten()))
    for name in ("A", "B"):
        append_signature_field(writer, SigFieldSpec(name, box=(10, 10, 90, 60)))
    out = io.BytesIO()
    writer.write(out)
    data = pyhanko_sign(out.getvalue(), "rsa", field="A")
    data = pyhanko_sign(data, "sm2", field="B")
    assert answer(data).verdict is Verdict.GENUINE


def test_pyhankos_timestamps_are_read():
    data = pyhanko_sign(pdfs.plain(), stamper=HouseStamper("sha256"))
    report = answer(data)
    assert report.verdict is Verdict.GENUINE, [c for c in report.checks if c.result == "failed"]
    assert report.signatures[0].timestamp_at == LATER


def with_validation_data(data: bytes) -> bytes:
    """A DSS with certificates and CRLs, added behind the last signature."""
    out = io.BytesIO(data)
    DocumentSecurityStore.add_dss(
        out,
        sig_contents=None,
        certs=[x509.Certificate.load(root) for root in hierarchy().roots],
        force_write=True,
    )
    return out.getvalue()


def document_timestamp(data: bytes, *, box: tuple[int, ...] | None = None) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    if box is not None:
        append_signature_field(writer, SigFieldSpec("Stamp", box=box))
    stamper = PdfTimeStamper(HouseStamper("sha256"), field_name="Stamp")
    return stamper.timestamp_pdf(writer, "sha256", validation_context=context()).getvalue()


def test_validation_data_and_document_timestamps_may_follow():
    data = with_validation_data(pdfs.signed())
    assert answer(data).verdict is Verdict.GENUINE, answer(data).checks
    data = document_timestamp(data)
    report = answer(data)
    assert report.verdict is Verdict.GENUINE, [c for c in report.checks if c.result == "failed"]
    assert report.checks[Step.TIME - 1].result is CheckResult.PASSED
    assert {s.timestamp_at for s in report.signatures} == {LATER}


def test_a_document_timestamp_that_shows_something_is_a_change():
    """The danger: tokens are free for all, and a field may be as large as the page."""
    data = document_timestamp(pdfs.signed(), box=(0, 0, 500, 800))
    report = answer(data)
    assert report.verdict is Verdict.TAMPERED
    assert report.checks[Step.CHANGES - 1].result is CheckResult.FAILED


def test_unknown_signature_formats_are_unsupported_not_tampered():
    data = pdfs.signed().replace(
        b"/SubFilter/ETSI.CAdES.detached", b"/SubFilter/adbe.x509.rsa_sha1x"
    )
    assert answer(data).verdict is Verdict.UNSUPPORTED


def test_two_signers_in_one_container_are_unsupported():
    data = pdfs.signed()
    start, end, _ = next(tuple(map(int, m.groups())) for m in list(RANGE.finditer(data))[-1:])
    raw = bytes.fromhex(data[start + 1 : end - 1].decode())
    container = cms.ContentInfo.load(raw)
    infos = container["content"]["signer_infos"]
    infos.append(infos[0].copy())
    twice = container.dump(force=True)
    # The room is not enough for two full ones; drop the embedded authority.
    container["content"]["certificates"] = list(container["content"]["certificates"])[:1]
    twice = container.dump(force=True)
    digits = twice.hex().encode()
    room = end - start - 2
    if len(digits) > room:
        pytest.skip("the reserved room does not hold two signers")
    forged = data[: start + 1] + digits.ljust(room, b"0") + data[end - 1 :]
    report = answer(forged)
    assert report.verdict is Verdict.UNSUPPORTED, report.checks[3]


def test_encrypted_and_hybrid_files_are_unsupported():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdfs.plain())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    assert answer(out.getvalue()).verdict is Verdict.UNSUPPORTED
    head, _, tail = pdfs.signed().rpartition(b"/Prev ")
    assert answer(head + b"/XRefStm 15/Prev " + tail).verdict is Verdict.UNSUPPORTED


@pytest.mark.requirement("S2-L596c")
def test_pyhanko_agrees_that_ours_are_valid():
    for data in (pdfs.signed(), pdfs.signed(stamped=True), pdfs.signed(pages=3)):
        assert pyhanko_says(data)
        assert answer(data).verdict is Verdict.GENUINE


def corpus() -> dict[str, bytes]:
    base = pdfs.signed()
    files = {name: attack.forge(base) for name, attack in ATTACKS.items()}
    files |= {
        "ours": base,
        "ours, stamped": pdfs.signed(stamped=True),
        "ours, three pages": pdfs.signed(pages=3),
        "pyhanko rsa": pyhanko_sign(rewritten()),
        "pyhanko sm2": pyhanko_sign(rewritten(), "sm2"),
        "with DSS": with_validation_data(base),
    }
    return files


# pyHanko lets these pass, or does not ask the question; TRUST's strict rules refuse them.
ONLY_WE_REFUSE = {
    "strip the RSA signature",  # it cannot know that there were two
    "append a byte",
    "append a comment",
    "append a second end",
    "trailing body without table",
    "change the look of the seal",
    "drop the SM2 field",
    "hexadecimal in capitals",
    "padding that is not zero",
    "white space in the digits",
    "a stranger changes and signs",
    "replace content",
}


def test_whatever_pyhanko_refuses_we_refuse_and_we_accept_nothing_else():
    for name, data in corpus().items():
        ours = answer(data).verdict is Verdict.GENUINE
        theirs = pyhanko_says(data)
        assert not ours or theirs, f"{name}: only we accept it"
        if theirs and not ours:
            assert name in ONLY_WE_REFUSE, f"{name}: only we refuse it"


def test_the_event_loop_is_left_alone():
    """pyHanko runs coroutines of its own; a leaked loop would disturb later tests."""
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
