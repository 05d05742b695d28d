"""Evidence packages: made from the archive, checked offline, and any change is found."""

import argparse
import base64
import io
import json
import zipfile

import pytest
from django.conf import settings

from baozhen.foundation.clock import now
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.upkeep import extend_log
from baozhen.signing.files.evidence import EvidenceParts, make_package
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.organizations.queries import root_unit
from baozhen.site.commands import verify
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.log.checkpoint import parse_note, sign_checkpoint
from baozhen.trust.package import PackageStep, check_package
from baozhen.trust.report import CheckResult
from tests.signing.files.making import sealed_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(platform):
    return enter(sealed_pdf("甲方与乙方约定如下"), root_unit())


@pytest.fixture
def package(entry):
    parts = EvidenceParts(evidence={"will-1": {"document_sha256": entry.sha256, "method": "sms"}})
    order = CopyOrder(recipient="法务", reason="诉讼举证")
    return make_package(entry, order, parts=parts, actor="test", at=now()).data


def check(data):
    trust = platform_trust()
    report = check_package(data, anchors=trust.anchors, at=now(), revocation=trust.revocation)
    return report, {one.step for one in report.checks if one.result is CheckResult.FAILED}


def changed(data, path, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            body = change(body) if name.startswith(path) else body
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


@pytest.mark.requirement("S2-L160.d3")
def test_a_package_holds_by_itself(package):
    report, failed = check(package)
    assert failed == set(), [one.detail for one in report.checks]
    assert report.is_genuine


@pytest.mark.parametrize(
    ("path", "change", "step"),
    [
        ("documents/", lambda body: body.replace(b"%PDF-1.7", b"%PDF-1.6"), PackageStep.COMPLETE),
        ("documents/", lambda body: None, PackageStep.COMPLETE),
        ("evidence/", lambda body: body.replace(b"sms", b"fax"), PackageStep.COMPLETE),
        ("manifest", lambda body: body.replace(b"size", b"Size"), PackageStep.BOUND),
        ("chronology", lambda body: body[:-200] + b"x" * 200, PackageStep.SEALED),
        ("audit/", lambda body: body.replace(b"archived", b"achieved"), PackageStep.AUDIT),
    ],
)
def test_any_change_is_found(package, path, change, step):
    report, failed = check(changed(package, path, change))
    assert step in failed
    assert not report.is_genuine


def test_a_foreign_manifest_is_not_covered_by_the_seal(package):
    """Who rewrites file and manifest alike still has no seal over the new manifest."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["files"] = [one for one in manifest["files"] if not one["path"].startswith("evi")]
    forged = changed(package, "evidence/", lambda body: None)
    forged = changed(forged, "manifest", lambda body: json.dumps(manifest).encode())
    report, failed = check(forged)
    assert failed == {PackageStep.BOUND}
    assert not report.is_genuine


def test_junk_is_no_package():
    for junk in (b"", b"PK\x03\x04junk", b"%PDF-1.7"):
        report, failed = check(junk)
        assert failed == {PackageStep.READABLE}
        assert not report.is_genuine


def command(data, tmp_path, capsys):
    """Run `baozhen verify` on the package; return its exit code and its answer."""
    file = tmp_path / "evidence.zip"
    file.write_bytes(data)
    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    trust = ["--trust", str(settings.BAOZHEN_DATA / "trust")]
    code = verify.run(parser.parse_args([str(file), "--offline", "--json", *trust]))
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.requirement("S2-L160.d3")
def test_the_command_accepts_a_good_package_and_no_other(package, tmp_path, capsys):
    code, answer = command(package, tmp_path, capsys)
    assert (code, answer["verdict"]) == (0, "genuine"), answer["checks"]
    assert answer["kind"] == "evidence_package"
    assert len(answer["checks"]) == len(PackageStep)
    forged = changed(package, "evidence/", lambda body: body.replace(b"sms", b"fax"))
    code, answer = command(forged, tmp_path, capsys)
    assert (code, answer["verdict"]) == (1, "failed")


@pytest.fixture
def logged(entry):
    """A package whose acts are in the log, under a signed checkpoint."""
    extend_log()
    order = CopyOrder(recipient="法务", reason="诉讼举证")
    return make_package(entry, order, actor="test", at=now()).data


def step(data, wanted):
    return next(one for one in check(data)[0].checks if one.step == wanted)


def with_note(data, forge):
    def change(body):
        value = json.loads(body)
        note = forge(base64.b64decode(value["checkpoint"]))
        value["checkpoint"] = base64.b64encode(note).decode()
        return json.dumps(value, indent=1).encode()

    return changed(data, "log/", change)


def test_the_checkpoint_is_signed_by_the_insurer_and_that_is_checked_offline(logged):
    found = step(logged, PackageStep.LOG)
    assert found.result is CheckResult.PASSED, found.detail
    assert root_unit().name in found.detail


def test_a_checkpoint_that_somebody_else_signed_is_refused(logged):
    signers = [generate(Algorithm.SM2_SM3), generate(Algorithm.RSA_SHA256)]

    def forge(note):
        return sign_checkpoint(parse_note(note).checkpoint, signers=signers)

    found = step(with_note(logged, forge), PackageStep.LOG)
    assert found.result is CheckResult.FAILED
    assert "证书" in found.detail


def test_a_checkpoint_with_one_signature_or_a_changed_root_is_refused(logged):
    def one_signature(note):
        return b"\n".join(note.split(b"\n")[:-2]) + b"\n"

    def another_time(note):
        return note.replace(b"\nat 2", b"\nat 1")

    for forge in (one_signature, another_time):
        assert step(with_note(logged, forge), PackageStep.LOG).result is CheckResult.FAILED
