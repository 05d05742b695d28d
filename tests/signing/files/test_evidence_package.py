"""Evidence packages: made from the archive, checked offline, and any change is found."""

import argparse
import io
import json
import zipfile

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.sealing.parties import PartyOrder, accept, organization_party, sign_party
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.files.evidence import EvidenceParts, make_package
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.organizations.queries import root_unit
from baozhen.site.commands import verify
from baozhen.trust.package import PackageStep, check_package
from baozhen.trust.report import CheckResult
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(platform):
    unit, at = root_unit(), now().replace(microsecond=0)
    party = organization_party(bound_certificates(unit, at), at=at)
    plain = accept(text_pdf("甲方与乙方约定如下"))
    signed = sign_party(plain, party, PartyOrder("Company", at, "签署"))
    return enter(signed.data, unit)


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


@pytest.mark.requirement("S2-L160.d3", "S2-L160.n4")
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


def test_the_command_checks_a_package(package, tmp_path, capsys):
    file = tmp_path / "evidence.zip"
    file.write_bytes(package)
    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    assert verify.run(parser.parse_args([str(file), "--offline", "--json"])) in (0, 1)
    answer = json.loads(capsys.readouterr().out)
    assert answer["kind"] == "evidence_package"
    assert len(answer["checks"]) == len(PackageStep)
