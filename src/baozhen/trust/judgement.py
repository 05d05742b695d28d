"""Judges who signed, when, and whether that may be trusted (steps 6 to 10 of verification)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from baozhen.trust.checklist import Checklist, explain
from baozhen.trust.cms.parse import SignedData
from baozhen.trust.cms.timestamp import TimestampInfo, read_token, verify_token
from baozhen.trust.crypto.digests import digest
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import TrustError, VerificationError
from baozhen.trust.evidence import TimestampProof
from baozhen.trust.pdf.signatures import Kind, PdfSignature, covered_digest
from baozhen.trust.pdf.verify import PdfFindings, ReadSignature
from baozhen.trust.report import SignatureSummary, Step
from baozhen.trust.x509.hierarchy import DEMO_MARK
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.path import PathResult, Usage, validate_path
from baozhen.trust.x509.revocation import RevocationEvidence

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class TrustAnchors:
    """The roots one trusts (DER), and who is expected to have signed, if one knows.

    `expected_signers` are all who signed a document of several parties, as its register knows them.
    Without them anybody trusted may have signed besides the expected organisation; they are named.
    """

    roots: tuple[bytes, ...]
    expected_organization: str | None = None
    expected_signers: tuple[str, ...] | None = None


@dataclass
class _Times:
    """What is proven about when one signature existed."""

    at: datetime | None = None
    by: str = ""

    def add(self, info: TimestampInfo) -> None:
        """Keep the earliest proof."""
        if self.at is None or info.gen_time < self.at:
            self.at, self.by = info.gen_time, info.tsa_name


@dataclass
class Judge:
    """Judges the signatures of one file; the answers go to `checklist`."""

    anchors: TrustAnchors
    at: datetime
    checklist: Checklist
    revocation: RevocationEvidence = RevocationEvidence()  # noqa: RUF009 - frozen
    detached_timestamp: TimestampProof | None = None
    _anchor_names: dict[str, None] = field(default_factory=dict)

    @property
    def anchor_names(self) -> tuple[str, ...]:
        """The names of the anchors that signatures and timestamps led to."""
        return tuple(self._anchor_names)

    @property
    def is_demo(self) -> bool:
        """Whether one of them is for demonstration only."""
        return any(DEMO_MARK in name for name in self._anchor_names)

    def judge(
        self, data: bytes, findings: PdfFindings, *, expected_dual: bool
    ) -> tuple[SignatureSummary, ...]:
        """Walk through steps 6 to 10 and return one summary for each signature."""
        self.revocation = RevocationEvidence(
            (*self.revocation.crls, *findings.crls), (*self.revocation.ocsps, *findings.ocsps)
        )
        has_parties = any(s.place.party for s in findings.signatures)
        if has_parties:
            self._check_party_pairs(findings)
        if not has_parties or expected_dual or _is_sealed_alone(findings):
            self._check_both_algorithms(findings, expected_dual=expected_dual)
        general = self._general_times(data, findings)
        summaries = tuple(
            self._judge_one(signature, findings, general) for signature in findings.signatures
        )
        self._check_signers(findings)
        return summaries

    def _check_both_algorithms(self, findings: PdfFindings, *, expected_dual: bool) -> None:
        """Step 6: a file that bore two signatures still bears both."""
        declared = _is_sealed_alone(findings)
        found = {
            s.signed.algorithm
            for s in _document_signatures(findings)
            # Another party's signature does not stand in for one that was cut off.
            if s.signed is not None and not (declared and s.place.party)
        }
        missing = [
            name
            for algorithm, name in ((Algorithm.SM2_SM3, "SM2"), (Algorithm.RSA_SHA256, "RSA"))
            if algorithm not in found
        ]
        if not (declared or expected_dual):
            self.checklist.passed(Step.BOTH_ALGORITHMS, "文件没有声明双签名，不作要求")
        elif missing and any(s.signed is None for s in _document_signatures(findings)):
            self.checklist.unknown(Step.BOTH_ALGORITHMS, "有签名无法识别，不能确定是否齐全")
        elif missing:
            self.checklist.failed(
                Step.BOTH_ALGORITHMS, f"文件签发时有两个签名，现在缺少 {'、'.join(missing)} 签名"
            )
        else:
            self.checklist.passed(Step.BOTH_ALGORITHMS, "SM2 和 RSA 两个签名都在")

    def _check_party_pairs(self, findings: PdfFindings) -> None:
        """Step 6 with several parties: each that signed twice still has both, by one signer."""
        pairs: dict[str, list[ReadSignature]] = {}
        for signature in _document_signatures(findings):
            if signature.place.party_pair:
                pairs.setdefault(signature.place.party, []).append(signature)
        for party, signatures in pairs.items():
            read = [s.signed for s in signatures if s.signed is not None]
            # Every signature of the party says which two there are; all must say the same.
            promised = frozenset.union(*(s.place.party_pair for s in signatures))
            missing = promised - {s.algorithm for s in read}
            if missing:
                names = "、".join(sorted(algorithm.value for algorithm in missing))
                self.checklist.failed(Step.BOTH_ALGORITHMS, f"签署方 {party} 缺少 {names} 签名")
            elif len({_signer_name(s) for s in read}) > 1:
                self.checklist.failed(
                    Step.BOTH_ALGORITHMS, f"签署方 {party} 的两个签名不是同一签署者所签"
                )
        told = f"{len(pairs)} 个签署方的双签名都在" if pairs else "没有签署方声明双签名，不作要求"
        self.checklist.passed(Step.BOTH_ALGORITHMS, told)

    def _general_times(self, data: bytes, findings: PdfFindings) -> list[tuple[int, TimestampInfo]]:
        """Return proofs of time for the first so many bytes of the file."""
        proofs: list[tuple[int, TimestampInfo]] = []
        for place in (s.place for s in findings.signatures if s.place.kind is Kind.TIMESTAMP):
            try:
                proofs.append((place.end, self._verify_document_timestamp(data, place)))
            except TrustError as error:
                self.checklist.failed(Step.TIME, f"{place.name}：{explain(error)}")
        if self.detached_timestamp is not None:
            try:
                info = self.detached_timestamp.verify(
                    data, anchors=self.anchors.roots, at=self.at, revocation=self.revocation
                )
                self._anchor(info.path)
                proofs.append((len(data), info))
            except TrustError as error:
                self.checklist.unknown(Step.TIME, f"文件旁的时间证明无效：{explain(error)}")
        return proofs

    def _verify_document_timestamp(self, data: bytes, place: PdfSignature) -> TimestampInfo:
        _, content = read_token(place.contents)
        return self._verify_token(place.contents, covered_digest(data, place, content.hash_name))

    def _verify_token(self, token: bytes, stamped: bytes) -> TimestampInfo:
        info = verify_token(
            token,
            digest=stamped,
            anchors=self.anchors.roots,
            at=self.at,
            revocation=self.revocation,
        )
        self._anchor(info.path)
        return info

    def _anchor(self, path: PathResult) -> None:
        self._anchor_names[path.anchor.common_name] = None

    def _judge_one(
        self,
        signature: ReadSignature,
        findings: PdfFindings,
        general: list[tuple[int, TimestampInfo]],
    ) -> SignatureSummary:
        place, signed = signature.place, signature.signed
        if signed is None:
            return _summary(signature, _Times(), is_trusted=False)
        if place.kind is Kind.TIMESTAMP:
            stamped = next((info for end, info in general if end == place.end), None)
            times = _Times(stamped.gen_time, stamped.tsa_name) if stamped else _Times()
            return _summary(signature, times, is_trusted=stamped is not None)
        times = self._times(place, signed, general)
        is_trusted = self._check_trust(signature, signed, findings, times)
        return _summary(signature, times, is_trusted=is_trusted)

    def _times(
        self, place: PdfSignature, signed: SignedData, general: list[tuple[int, TimestampInfo]]
    ) -> _Times:
        """Step 10: every token must hold; a file without any leaves the time unknown."""
        times = _Times()
        for end, info in general:
            if end >= place.end:
                times.add(info)
        if signed.timestamp_token is not None:
            try:
                times.add(self._verify_signature_timestamp(signed, signed.timestamp_token))
            except TrustError as error:
                self.checklist.failed(Step.TIME, f"{place.name} 的时间戳：{explain(error)}")
                return times
        self._note_time(place, signed, times)
        return times

    def _verify_signature_timestamp(self, signed: SignedData, token: bytes) -> TimestampInfo:
        _, content = read_token(token)
        return self._verify_token(token, digest(content.hash_name, signed.signature))

    def _note_time(self, place: PdfSignature, signed: SignedData, times: _Times) -> None:
        claimed = place.claimed_at or signed.signing_time
        if claimed is not None and claimed > (times.at or self.at) + CLOCK_SKEW:
            self.checklist.failed(Step.TIME, f"{place.name} 自称的签署时间晚于已证明的时间")
        elif times.at is None:
            self.checklist.unknown(
                Step.TIME, "没有可信时间戳，只有签署方自己写明的时间（时间戳可能还在办理）"
            )
        else:
            self.checklist.passed(Step.TIME, f"{place.name} 由 {times.by} 证明")

    def _check_trust(
        self, signature: ReadSignature, signed: SignedData, findings: PdfFindings, times: _Times
    ) -> bool:
        """Steps 7 and 8: the certificate leads to an anchor, and nobody revoked it."""
        name = signature.place.name
        if not self.anchors.roots:
            self.checklist.failed(Step.CHAIN, "没有指定信任的根证书")
            return False
        try:
            path = validate_path(
                signed.signer_certificate.der,
                intermediates=(*signed.chain, *findings.certificates),
                anchors=self.anchors.roots,
                at=times.at or self.at,
                revocation=self.revocation,
                usage=Usage.DOCUMENT,
            )
            if signature.place.is_ours and not path.accounts_for(signed.certificates):
                raise VerificationError(Step.CHAIN, "签名数据内有与证书路径无关的证书")
        except TrustError as error:
            self.checklist.failed(Step.CHAIN, f"{name}：{explain(error)}")
            return False
        self._anchor(path)
        self.checklist.passed(Step.CHAIN, f"{name} → {path.anchor.common_name}")
        return self._check_revocation(name, path)

    def _check_revocation(self, name: str, path: PathResult) -> bool:
        if path.revocation_status is Status.REVOKED:
            moment = f"（{path.revoked_at:%Y-%m-%d %H:%M} UTC）" if path.revoked_at else ""
            self.checklist.failed(Step.REVOCATION, f"{name} 的证书已被吊销{moment}")
            return False
        if path.revocation_status is Status.UNKNOWN:
            self.checklist.unknown(Step.REVOCATION, "没有可用的吊销信息（CRL 或 OCSP）")
        else:
            self.checklist.passed(Step.REVOCATION, "签名证书在签署时未被吊销")
        return True

    def _check_signers(self, findings: PdfFindings) -> None:
        """Step 9: everybody who signed is the one expected; ours have one signer for both."""
        signatures = _document_signatures(findings)
        names = {_signer_name(s.signed) for s in signatures if s.signed}
        listed = "、".join(sorted(filter(None, names))) or "（证书未写机构名称）"
        fault = self._signers_fault(findings, names)
        if fault:
            self.checklist.failed(Step.SIGNER, f"签署者是 {listed}，{fault}")
        elif self.anchors.expected_organization is None and self.anchors.expected_signers is None:
            self.checklist.unknown(Step.SIGNER, f"签署者是 {listed}；没有指定应由谁签署")
        else:
            self.checklist.passed(Step.SIGNER, f"签署者是 {listed}")

    def _signers_fault(self, findings: PdfFindings, names: set[str]) -> str:
        """Say what is wrong with who signed; empty for nothing."""
        expected, signers = self.anchors.expected_organization, self.anchors.expected_signers
        by_parties = any(s.place.party for s in findings.signatures)
        if len(names) > 1 and _is_sealed_alone(findings):
            return "而文件本应由一家机构签署"
        if by_parties and signers is not None and names != set(signers):
            return f"应为 {'、'.join(sorted(signers))}"
        if expected is not None and expected not in names:
            return f"应有 {expected}"
        if expected is not None and not by_parties and names != {expected}:
            return f"应只有 {expected}"
        return ""


def _is_sealed_alone(findings: PdfFindings) -> bool:
    """Tell whether one organisation sealed the file twice, with nobody else to come."""
    return any(s.place.is_one_of_two for s in findings.signatures)


def _signer_name(signed: SignedData) -> str:
    """Return the organisation of the signer, or the name of a person who signs for himself."""
    certificate = signed.signer_certificate
    return certificate.organization or certificate.common_name


def _document_signatures(findings: PdfFindings) -> list[ReadSignature]:
    return [s for s in findings.signatures if s.place.kind is Kind.SIGNATURE]


def _profile(signature: ReadSignature) -> Iterator[str]:
    yield signature.place.subfilter
    if signature.signed is not None:
        yield signature.signed.profile.value
        if signature.signed.timestamp_token is not None:
            yield "timestamped"


def _summary(signature: ReadSignature, times: _Times, *, is_trusted: bool) -> SignatureSummary:
    place, signed = signature.place, signature.signed
    certificate = signed.signer_certificate if signed else None
    is_sm2 = signed is not None and signed.algorithm is Algorithm.SM2_SM3
    return SignatureSummary(
        field=place.name,
        algorithm=signed.algorithm.value if signed else "",
        profile=" ".join(_profile(signature)),
        signer=certificate.common_name if certificate else "",
        organization=certificate.organization if certificate else "",
        serial=f"{certificate.serial:X}" if certificate else "",
        signed_at=place.claimed_at,
        timestamp_at=times.at,
        timestamp_by=times.by,
        covers_whole_file=signature.covers_whole_file,
        valid=signature.is_valid,
        trusted=signature.is_valid and is_trusted,
        note="国密签名：多数通用 PDF 阅读器不能核验，会显示为未知" if is_sm2 else "",
        party=place.party,
    )
