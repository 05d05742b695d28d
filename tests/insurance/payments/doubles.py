"""Local servers that speak the three channels' protocols with keys of their own."""

import base64
import hashlib
import io
import json
import secrets
import time
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import parse_qsl, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from tests.signing.identity.conftest import Answering


@cache
def key(name):
    """A key of somebody's; the same for the whole run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name):
    pem = key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def public_pem(name):
    found = key(name).public_key()
    return found.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(name, message):
    signature = key(name).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def verify(name, message, signature):
    found = key(name).public_key()
    found.verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())


def joined(fields, *without):
    return "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v and k not in without)


class WeChatDouble:
    """api.mch.weixin.qq.com, as far as a merchant sees it."""

    V3_KEY = "0123456789abcdef0123456789abcdef"
    SERIAL = "PUB_KEY_ID_0000000001"

    def __init__(self):
        self.orders, self.refunds, self.answers = {}, {}, {}
        self.bill = b""
        self.tamper = False
        self.server = Answering(self._answer)

    def settings(self):
        return {
            "root": self.server.url,
            "mchid": "1900000001",
            "appid": "wxtest0000000001",
            "serial_no": "5A0000000000000001",
            "private_key": private_pem("merchant"),
            "api_v3_key": self.V3_KEY,
            "platform_keys": {self.SERIAL: public_pem("wechat")},
        }

    def paid(self, number, fen=247_395, **more):
        """Say what a paid order looks like."""
        return {
            "appid": "wxtest0000000001",
            "mchid": "1900000001",
            "out_trade_no": number,
            "transaction_id": f"4200{number}",
            "trade_type": "MWEB",
            "trade_state": "SUCCESS",
            "success_time": "2026-06-01T12:00:30+08:00",
            "payer": {"openid": "o1"},
            "amount": {"total": fen, "payer_total": fen, "currency": "CNY"},
            **more,
        }

    def notice(self, content, event="TRANSACTION.SUCCESS", *, by="wechat", skew=0):
        """Return a notice's headers and body, sealed and signed."""
        nonce, beside = secrets.token_hex(6), "transaction"
        sealed = AESGCM(self.V3_KEY.encode()).encrypt(
            nonce.encode(), json.dumps(content).encode(), beside.encode()
        )
        body = json.dumps(
            {
                "id": "EV-1",
                "event_type": event,
                "resource_type": "encrypt-resource",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": beside,
                    "nonce": nonce,
                },
            }
        ).encode()
        return self._headers(body, by=by, skew=skew), body

    def _headers(self, body, *, by="wechat", skew=0):
        stamp, nonce = str(int(time.time()) + skew), secrets.token_hex(8)
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.SERIAL,
            "Wechatpay-Signature": sign(by, f"{stamp}\n{nonce}\n".encode() + body + b"\n"),
        }

    def _answer(self, method, path, headers, body):
        schema, _, rest = headers["authorization"].partition(" ")
        given = dict(part.split("=", 1) for part in rest.split(","))
        given = {name: value.strip('"') for name, value in given.items()}
        message = f"{method}\n{path}\n{given['timestamp']}\n{given['nonce_str']}\n".encode()
        verify("merchant", message + body + b"\n", given["signature"])
        assert (schema, given["mchid"]) == ("WECHATPAY2-SHA256-RSA2048", "1900000001")
        if path.startswith("/bill-file"):
            return 200, self.bill
        status, content = self._act(method, path, json.loads(body or b"{}"))
        data = b"" if content is None else json.dumps(content).encode()
        signed = self._headers(data, by="stranger" if self.tamper else "wechat")
        return status, data, signed

    def _act(self, method, path, asked):
        if path in self.answers:
            return self.answers[path]
        ways = {
            "/v3/pay/transactions/out-trade-no/": self._known,
            "/v3/pay/transactions/": self._order,
            "/v3/refund/domestic/refunds": self._refund,
            "/v3/bill/tradebill": self._tell_bill,
        }
        way = next(act for start, act in ways.items() if path.startswith(start))
        return way(path, asked)

    def _known(self, path, asked):
        number = path.rsplit("?", 1)[0].split("/")[5]
        order = self.orders.get(number)
        if order is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        if not path.endswith("/close"):
            return 200, order
        if order["trade_state"] == "SUCCESS":
            return 400, {"code": "ORDER_PAID", "message": "订单已支付"}
        order["trade_state"] = "CLOSED"
        return 204, None

    def _order(self, path, asked):
        number = asked["out_trade_no"]
        self.orders[number] = self.paid(number, asked["amount"]["total"], trade_state="NOTPAY")
        if path.endswith("h5"):
            return 200, {"h5_url": "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/x?prepay_id=w1"}
        return 200, {"prepay_id": "wx201410272009395522657a690389285100"}

    def _refund(self, path, asked):
        if not asked:
            return 200, self.refunds[path.rsplit("/", 1)[1]]
        number = asked["out_refund_no"]
        told = {
            "refund_id": f"50{number}",
            "out_refund_no": number,
            "status": "PROCESSING",
            "amount": {"refund": asked["amount"]["refund"]},
        }
        return 200, self.refunds.setdefault(number, told)

    def _tell_bill(self, path, asked):
        if not self.bill:
            return 400, {"code": "NO_STATEMENT_EXIST", "message": "账单不存在"}
        return 200, {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(self.bill, usedforsecurity=False).hexdigest(),
            "download_url": f"{self.server.url}/bill-file?token=x",
        }


class AlipayDouble:
    """openapi.alipay.com, as far as an application sees it."""

    ABSENT = {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "sub_msg": "交易不存在"}

    def __init__(self):
        self.trades, self.refunds = {}, {}
        self.bill = b""
        self.tamper = False
        self.server = Answering(self._answer)

    def settings(self):
        return {
            "gateway": f"{self.server.url}/gateway.do",
            "app_id": "2021000000000001",
            "private_key": private_pem("merchant"),
            "alipay_public_key": public_pem("alipay"),
        }

    def notice(self, fields, *, by="alipay"):
        """Return a notice's body: posted fields, signed."""
        whole = {"app_id": "2021000000000001", "charset": "utf-8", **fields}
        signature = sign(by, joined(whole).encode())
        return urlencode({**whole, "sign_type": "RSA2", "sign": signature}).encode()

    def paid(self, number, yuan="2473.95"):
        return {
            "out_trade_no": number,
            "trade_no": f"2026{number}",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": yuan,
        }

    def _answer(self, method, path, headers, body):
        if path.startswith("/bill.zip"):
            return 200, self.bill
        fields = dict(parse_qsl(body.decode()))
        verify("merchant", joined(fields, "sign").encode(), fields["sign"])
        content = self._act(fields["method"], json.loads(fields["biz_content"]))
        name = fields["method"].replace(".", "_") + "_response"
        text = json.dumps(content, ensure_ascii=False)
        signature = sign("stranger" if self.tamper else "alipay", text.encode())
        return 200, f'{{"{name}":{text},"sign":"{signature}"}}'.encode()

    def _act(self, method, asked):
        ways = {
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._tell_bill,
        }
        content = ways[method](asked)
        good = {} if "code" in content else {"code": "10000", "msg": "Success"}
        return {**good, **content}

    def _query(self, asked):
        return self.trades.get(asked["out_trade_no"], self.ABSENT)

    def _close(self, asked):
        trade = self.trades.get(asked["out_trade_no"])
        if trade and trade["trade_status"] == "TRADE_SUCCESS":
            return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR", "sub_msg": "已支付"}
        return {} if trade else self.ABSENT

    def _refund(self, asked):
        is_new = asked["out_request_no"] not in self.refunds
        self.refunds[asked["out_request_no"]] = asked["refund_amount"]
        return {"trade_no": asked["trade_no"], "fund_change": "Y" if is_new else "N"}

    def _query_refund(self, asked):
        told = self.refunds.get(asked["out_request_no"])
        return {"refund_status": "REFUND_SUCCESS", "refund_amount": told} if told else {}

    def _tell_bill(self, asked):
        if not self.bill:
            return {"code": "40004", "sub_code": "isp.bill_not_exist"}
        return {"bill_download_url": f"{self.server.url}/bill.zip?x=1"}


@cache
def certificate(name, issuer, common_name):
    """A certificate of `name`'s key, issued by `issuer`'s."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    at = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key(name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=2))
    )
    return builder.sign(key(issuer), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


class UnionPayDouble:
    """gateway.95516.com, as far as a merchant sees it."""

    NAME = "041@Z12@中国银联股份有限公司@00000001"

    def __init__(self):
        self.trades = {}
        self.bill = b""
        self.tamper = False
        self.server = Answering(self._answer)

    def settings(self):
        return {
            "gateway": self.server.url,
            "file_gateway": self.server.url,
            "mer_id": "777290000000001",
            "cert_id": "68759663125",
            "private_key": private_pem("merchant"),
            "root": certificate("up-root", "up-root", "up-root"),
            "middle": certificate("up-middle", "up-root", "up-middle"),
        }

    def signed(self, fields, *, by="unionpay", issuer="up-middle", name=NAME):
        """Return fields with the certificate and the signature that go with them."""
        whole = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "merId": "777290000000001",
            "signPubKeyCert": certificate(by, issuer, name),
            **fields,
        }
        digest = hashlib.sha256(joined(whole).encode()).hexdigest()
        return {**whole, "signature": sign(by, digest.encode())}

    def paid(self, number, fen="247395", kind="01"):
        return {
            "txnType": kind,
            "orderId": number,
            "queryId": f"2026{number}"[:21],
            "txnAmt": fen,
            "txnTime": "20260601120000",
            "traceTime": "0601120030",
            "respCode": "00",
            "accNo": "6212****0011",
        }

    def _answer(self, method, path, headers, body):
        fields = dict(parse_qsl(body.decode()))
        digest = hashlib.sha256(joined(fields, "signature").encode()).hexdigest()
        verify("merchant", digest.encode(), fields["signature"])
        forged = {"by": "stranger", "issuer": "stranger"} if self.tamper else {}
        told = self.signed(self._act(fields), **forged)
        return 200, "&".join(f"{name}={value}" for name, value in told.items()).encode()

    def _act(self, asked):
        if asked["txnType"] == "76":
            if not self.bill:
                return {"respCode": "98"}
            content = base64.b64encode(zlib.compress(self.bill)).decode()
            return {"respCode": "00", "fileName": "x.zip", "fileContent": content}
        if asked["txnType"] == "04":
            self.trades[asked["orderId"]] = self.paid(asked["orderId"], asked["txnAmt"], "04")
            return {"respCode": "00", "queryId": f"2026{asked['orderId']}"[:21]}
        trade = self.trades.get(asked["orderId"])
        return {**trade, "origRespCode": "00"} if trade else {"respCode": "34"}


def zipped(**files):
    """Return an archive of named files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()
