"""Mutual TLS between the front server and the core: each knows the other, or nothing passes."""

import datetime
import ipaddress
import ssl

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.site.front.core import Core
from tests.site.front.test_front import end, start

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, name, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = builder.add_extension(usage, critical=True).sign(self.key, hashes.SHA256())
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, usage):
        """Return the files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        made = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        made[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        made[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return made

    def _builder(self, subject, key):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Our authority, a stranger's, and a core that lets in whom ours has certified."""
    folder = tmp_path_factory.mktemp("tls")
    ours, theirs = Authority("ours", folder), Authority("theirs", folder)
    certificate, key = ours.issue("core", ExtendedKeyUsageOID.SERVER_AUTH)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(ours.path)
    context.verify_mode = ssl.CERT_REQUIRED
    core = Core(context)
    yield ours, theirs, core
    core.close()


def asked(core, folder, *options):
    """Ask through a front server with these options; return its answer and its health."""
    process, base = start(core.url, folder, *options)
    core.seen.clear()
    try:
        answer = httpx.get(f"{base}/api/v1/health", timeout=20)
        return answer, httpx.get(f"{base}/front/health", timeout=20)
    finally:
        end(process)


def options(authority, pair=None):
    found = ["--authority", str(authority.path)]
    if pair is not None:
        found += ["--client-certificate", str(pair[0]), "--client-key", str(pair[1])]
    return found


@pytest.mark.requirement("S2-L714a")
def test_a_front_server_that_the_core_knows_passes(house, tmp_path):
    ours, _, core = house
    pair = ours.issue("front", ExtendedKeyUsageOID.CLIENT_AUTH)
    answer, health = asked(core, tmp_path, *options(ours, pair))
    assert answer.status_code == 200
    assert answer.json()["path"] == "/api/v1/health"
    assert health.status_code == 200
    assert core.seen


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_one_that_the_core_does_not_know_gets_nothing(house, tmp_path, who):
    ours, theirs, core = house
    stranger = theirs.issue("stranger", ExtendedKeyUsageOID.CLIENT_AUTH)
    pair = stranger if who == "stranger" else None
    answer, health = asked(core, tmp_path, *options(ours, pair))
    assert answer.status_code in {502, 503}
    assert health.status_code == 503
    assert core.seen == []


def test_a_core_that_the_front_server_does_not_know_gets_nothing(house, tmp_path):
    ours, theirs, core = house
    pair = ours.issue("front2", ExtendedKeyUsageOID.CLIENT_AUTH)
    answer, _ = asked(core, tmp_path, *options(theirs, pair))
    assert answer.status_code in {502, 503}
    assert core.seen == []
