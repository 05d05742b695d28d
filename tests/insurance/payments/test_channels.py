"""The three protocols, each against a local server with keys of its own."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from baozhen.foundation.links import LinkAddressUnprotected
from baozhen.insurance.payments.channels.alipay import Alipay
from baozhen.insurance.payments.channels.ports import (
    AttemptRef,
    HandoverKind,
    Outcome,
    RefundRequest,
    Scene,
    StartRequest,
)
from baozhen.insurance.payments.channels.unionpay import UnionPay
from baozhen.insurance.payments.channels.wechat import WeChatPay
from baozhen.insurance.payments.errors import (
    PaymentChannelOutage,
    PaymentChannelRefused,
    PaymentNoticeForged,
)
from tests.insurance.payments.conftest import SUM
from tests.insurance.payments.doubles import (
    AlipayDouble,
    UnionPayDouble,
    WeChatDouble,
    joined,
    verify,
    zipped,
)

AT = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
PAID_AT = datetime(2026, 6, 1, 4, 0, 30, tzinfo=UTC)
REF = AttemptRef(attempt_no="PO1", made_at=AT)
DAY = date(2026, 6, 1)
DOUBLES = {"wechat": WeChatDouble, "alipay": AlipayDouble, "unionpay": UnionPayDouble}
ADAPTERS = {"wechat": WeChatPay, "alipay": Alipay, "unionpay": UnionPay}


@pytest.fixture
def house(request):
    double = DOUBLES[getattr(request, "param", request.node.name.split("_")[1])]()
    yield double
    double.server.close()


def adapter(house):
    name = next(name for name, kind in DOUBLES.items() if isinstance(house, kind))
    return ADAPTERS[name](house.settings())


def wish(**more):
    return StartRequest(
        **{
            "attempt_no": "PO1",
            "title": "机动车保险",
            "amount_fen": SUM,
            "made_at": AT,
            "expires_at": AT + timedelta(hours=2),
            "notify_url": "https://example.com/n",
            "return_url": "https://example.com/back",
            "payer_name": "测试甲",
            "payer_id_no": "110199198506151017",
            **more,
        }
    )


def refund(fen=SUM):
    return RefundRequest(
        refund_no="RF1",
        attempt=REF,
        channel_no="4200PO1",
        paid_fen=SUM,
        amount_fen=fen,
        reason="付款人不是投保人",
        made_at=AT,
        notify_url="https://example.com/n",
    )


@pytest.mark.parametrize("house", DOUBLES, indirect=True)
def test_an_attempt_that_nobody_knows_is_waiting_and_needs_no_closing(house):
    channel = adapter(house)
    assert channel.query(REF).outcome is Outcome.WAITING
    channel.close(REF)


@pytest.mark.parametrize("house", DOUBLES, indirect=True)
def test_an_answer_that_the_channel_did_not_sign_counts_for_nothing(house):
    house.tamper = True
    if isinstance(house, WeChatDouble):  # it signs what it grants, and no refusal
        house.orders["PO1"] = house.paid("PO1")
    with pytest.raises(PaymentChannelOutage):
        adapter(house).query(REF)


@pytest.mark.parametrize("house", DOUBLES, indirect=True)
def test_a_day_without_trades_has_an_empty_bill(house):
    assert adapter(house).bill(DAY).lines == ()


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_channel_that_is_down_is_an_outage(name):
    house = DOUBLES[name]()
    settings = house.settings()
    house.server.close()
    with pytest.raises(PaymentChannelOutage):
        ADAPTERS[name](settings).query(REF)


def test_clear_text_is_refused(settings):
    settings.BAOZHEN_LINKS = ""
    house = WeChatDouble()
    try:
        with pytest.raises(LinkAddressUnprotected):
            WeChatPay(house.settings())
    finally:
        house.server.close()


def test_wechat_orders_in_a_browser_and_inside_wechat(house):
    channel = adapter(house)
    handover = channel.start(wish())
    assert handover.kind is HandoverKind.LINK
    assert handover.url.startswith("https://wx.tenpay.com/")
    assert handover.url.endswith("redirect_url=https%3A%2F%2Fexample.com%2Fback")
    asked = json.loads(house.server.calls[0][3])
    assert asked["amount"] == {"total": SUM, "currency": "CNY"}
    assert asked["time_expire"] == "2026-06-01T14:00:00+08:00"
    bridge = channel.start(wish(scene=Scene.WECHAT, openid="o1"))
    fields = bridge.fields
    message = "\n".join(
        [fields["appId"], fields["timeStamp"], fields["nonceStr"], fields["package"], ""]
    )
    verify("merchant", message.encode(), fields["paySign"])


def test_wechat_tells_by_query_and_notice(house):
    channel = adapter(house)
    house.orders["PO1"] = house.paid("PO1")
    told = channel.query(REF)
    assert (told.outcome, told.amount_fen, told.paid_at) == (Outcome.PAID, SUM, PAID_AT)
    assert channel.read_notice(*house.notice(house.paid("PO1"))) == told
    ended = channel.read_notice(*house.notice(house.paid("PO1", trade_state="CLOSED")))
    assert ended.outcome is Outcome.ENDED
    with pytest.raises(PaymentChannelRefused, match="ORDER_PAID"):
        channel.close(REF)


def test_wechat_notices_that_are_forged_stale_or_meant_for_others(house):
    channel = adapter(house)
    headers, body = house.notice(house.paid("PO1"))
    content = json.loads(body)
    content["resource"]["ciphertext"] = base64.b64encode(b"0" * 64).decode()
    forged = [
        house.notice(house.paid("PO1"), by="stranger"),
        house.notice(house.paid("PO1"), skew=-301),
        house.notice(house.paid("PO1", mchid="1900000002")),
        (headers, body.replace(b"EV-1", b"EV-2")),
        ({}, body),
        (house._headers(json.dumps(content).encode()), json.dumps(content).encode()),
        (house._headers(b"[]"), b"[]"),
    ]
    for notice in forged:
        with pytest.raises(PaymentNoticeForged):
            channel.read_notice(*notice)


def test_wechat_refunds_and_tells_when_they_arrive(house):
    channel = adapter(house)
    assert channel.refund(refund()).outcome is Outcome.WAITING
    assert channel.refund(refund()).channel_no == "50RF1"
    told = {
        "out_refund_no": "RF1", "refund_id": "50RF1", "refund_status": "SUCCESS",
        "amount": {"refund": SUM},
    }  # fmt: skip
    arrived = channel.read_notice(*house.notice(told, "REFUND.SUCCESS"))
    assert (arrived.refund_no, arrived.outcome, arrived.amount_fen) == ("RF1", Outcome.PAID, SUM)
    house.refunds["RF1"]["status"] = "ABNORMAL"
    assert channel.query_refund(refund()).outcome is Outcome.ENDED


WECHAT_BILL = (
    "\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
    "交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,"
    "充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,"
    "费率备注\r\n"
    "`2026-06-01 12:00:30,`wx,`1900000001,`0,`,`4200PO1,`PO1,`o1,`MWEB,`SUCCESS,`OTHERS,`CNY,"
    "`2473.95,`0.00,`0,`0,`0.00,`0.00,`,`,`保险,`,`14.84000,`0.60%,`2473.95,`0.00,`\r\n"
    "`2026-06-01 13:00:00,`wx,`1900000001,`0,`,`4200PO1,`PO1,`o1,`MWEB,`REFUND,`OTHERS,`CNY,"
    "`0.00,`0.00,`50RF1,`RF1,`617.50,`0.00,`ORIGINAL,`SUCCESS,`保险,`,`0.00,`0.60%,`0.00,`617.50,`"
    "\r\n总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
    "\r\n`2,`2473.95,`617.50,`0.00,`14.84000,`2473.95,`617.50\r\n"
)


def test_wechat_bills_are_read_line_by_line(house):
    house.bill = WECHAT_BILL.encode()
    bill = adapter(house).bill(DAY)
    payment, back = bill.lines
    assert (payment.channel_no, payment.amount_fen, payment.at) == ("4200PO1", SUM, PAID_AT)
    assert (back.refund_no, back.amount_fen) == ("RF1", 61_750)
    assert bill.until - bill.since == timedelta(days=1)


def test_alipay_signs_the_address_of_its_cashier_and_names_the_payer(house):
    handover = adapter(house).start(wish())
    fields = {name: values[0] for name, values in parse_qs(urlsplit(handover.url).query).items()}
    verify("merchant", joined(fields, "sign").encode(), fields["sign"])
    content = json.loads(fields["biz_content"])
    assert (content["out_trade_no"], content["total_amount"]) == ("PO1", "2473.95")
    assert content["ext_user_info"] == {
        "name": "测试甲",
        "cert_type": "IDENTITY_CARD",
        "cert_no": "110199198506151017",
        "need_check_info": "T",
    }
    free = adapter(house).start(wish(payer_name="", payer_id_no=""))
    assert "ext_user_info" not in free.url
    assert house.server.calls == []


def test_alipay_tells_by_query_and_notice(house):
    channel = adapter(house)
    house.trades["PO1"] = house.paid("PO1") | {"send_pay_date": "2026-06-01 12:00:30"}
    told = channel.query(REF)
    assert (told.outcome, told.amount_fen, told.paid_at) == (Outcome.PAID, SUM, PAID_AT)
    fields = house.paid("PO1") | {"gmt_payment": "2026-06-01 12:00:30", "passback_params": ""}
    assert channel.read_notice({}, house.notice(fields)) == told
    with pytest.raises(PaymentChannelRefused, match="TRADE_STATUS_ERROR"):
        channel.close(REF)
    assert channel.acknowledgement(taken=True).body == "success"


def test_alipay_notices_that_are_forged_or_meant_for_others(house):
    channel = adapter(house)
    fields = house.paid("PO1") | {"gmt_payment": "2026-06-01 12:00:30"}
    forged = [
        house.notice(fields, by="stranger"),
        house.notice(fields | {"app_id": "2021000000000002"}),
        house.notice(fields).replace(b"2473.95", b"2473.96"),
        house.notice(fields | {"total_amount": "many"}),
        b"",
        b"\xff",
    ]
    for body in forged:
        with pytest.raises(PaymentNoticeForged):
            channel.read_notice({}, body)


def test_alipay_refunds_once_and_is_asked_for_the_rest(house):
    channel = adapter(house)
    assert channel.query_refund(refund()).outcome is Outcome.WAITING
    assert channel.refund(refund()).outcome is Outcome.PAID
    assert channel.refund(refund()).outcome is Outcome.WAITING
    told = channel.query_refund(refund())
    assert (told.outcome, told.amount_fen) == (Outcome.PAID, SUM)
    fields = house.paid("PO1") | {"gmt_refund": "2026-06-01 13:00:00", "out_biz_no": "RF1"}
    assert channel.read_notice({}, house.notice(fields)).refund_no == "RF1"


ALIPAY_BILL = (
    "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n"
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注\r\n"
    "2026PO1\t,PO1\t,交易\t,保险\t,2026-06-01 12:00:00,2026-06-01 12:00:30,,,,,*测(t***@x.com),"
    "2473.95,2473.95,,-14.84,\t\r\n"
    "2026PO1\t,PO1\t,退款\t,保险\t,2026-06-01 12:00:00,2026-06-01 13:00:00,,,,,*测(t***@x.com),"
    "-617.50,-617.50,RF1\t,3.70,\t\r\n#-----业务明细列表结束-----\r\n#导出时间：[2026年06月02日]\r\n"
)


def test_alipay_bills_are_read_out_of_their_archive(house):
    name = "20880000000000010156_20260601_业务明细.csv"
    other = "20880000000000010156_20260601_业务明细(汇总).csv"
    house.bill = zipped(**{name: ALIPAY_BILL.encode("gbk"), other: "x".encode("gbk")})
    payment, back = adapter(house).bill(DAY).lines
    assert (payment.channel_no, payment.amount_fen, payment.at) == ("2026PO1", SUM, PAID_AT)
    assert (back.refund_no, back.amount_fen) == ("RF1", 61_750)


def test_unionpay_signs_the_form_and_names_the_payer(house):
    handover = adapter(house).start(wish())
    fields = handover.fields
    assert handover.kind is HandoverKind.FORM
    assert (fields["orderId"], fields["txnTime"], fields["txnAmt"]) == (
        "PO1", "20260601120000", str(SUM),
    )  # fmt: skip
    customer = base64.b64decode(fields["customerInfo"]).decode()
    assert customer == "{certifTp=01&certifId=110199198506151017&customerNm=测试甲}"


def test_unionpay_tells_by_query_and_notice(house):
    channel = adapter(house)
    house.trades["PO1"] = house.paid("PO1")
    told = channel.query(REF)
    assert (told.outcome, told.amount_fen, told.paid_at) == (Outcome.PAID, SUM, PAID_AT)
    body = urlencode(house.signed(house.paid("PO1"))).encode()
    assert channel.read_notice({}, body) == told
    with pytest.raises(PaymentChannelRefused):
        channel.close(REF)


def test_unionpay_notices_that_are_forged_or_meant_for_others(house):
    channel = adapter(house)
    fields = house.paid("PO1")
    good = house.signed(fields)
    forged = [
        good | {"txnAmt": "1"},
        house.signed(fields | {"merId": "777290000000002"}),
        house.signed(fields, by="stranger", issuer="stranger"),
        house.signed(fields, by="other", name="041@Z12@别的公司@00000001"),
        good | {"signPubKeyCert": "x"},
        {},
    ]
    for one in forged:
        with pytest.raises(PaymentNoticeForged):
            channel.read_notice({}, urlencode(one).encode())


def test_unionpay_refunds_and_tells_when_they_arrive(house):
    channel = adapter(house)
    assert channel.refund(refund()).outcome is Outcome.WAITING
    told = channel.query_refund(refund())
    assert (told.outcome, told.amount_fen) == (Outcome.PAID, SUM)
    body = urlencode(house.signed(house.paid("RF1", str(SUM), "04"))).encode()
    assert channel.read_notice({}, body).refund_no == "RF1"


def unionpay_line(order, kind, fen, at="0601120030"):
    widths = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 98]
    values = {0: "S22", 4: at, 5: "621234****0011", 6: f"{fen:012d}", 9: f"2026{order}",
              11: order, 19: kind}  # fmt: skip
    return " ".join(values.get(place, "").ljust(width) for place, width in enumerate(widths))


def test_unionpay_files_are_read_by_their_columns(house):
    lines = [unionpay_line("PO1", "01", SUM), unionpay_line("RF1", "04", 61_750)]
    text = "\r\n".join(lines)
    house.bill = zipped(INN26060188ZM_777290000000001=text, INN26060188ZME_777290000000001="x")
    bill = adapter(house).bill(DAY)
    payment, back = bill.lines
    assert (payment.attempt_no, payment.amount_fen, payment.at) == ("PO1", SUM, PAID_AT)
    assert (back.refund_no, back.amount_fen) == ("RF1", 61_750)
    # A day of settlement runs from eleven at night to eleven at night.
    assert bill.until == datetime(2026, 6, 1, 15, 0, tzinfo=UTC)


def test_a_payment_at_the_end_of_a_year_keeps_its_year():
    double = UnionPayDouble()
    try:
        fields = double.paid("PO1") | {"txnTime": "20261231235900", "traceTime": "0101000010"}
        body = urlencode(double.signed(fields)).encode()
        told = UnionPay(double.settings()).read_notice({}, body)
        assert told.paid_at == datetime(2026, 12, 31, 16, 0, 10, tzinfo=UTC)
        assert dict(parse_qsl(body.decode()))["txnTime"] == "20261231235900"
    finally:
        double.server.close()


def test_a_busy_channel_is_an_outage():
    double = WeChatDouble()
    path = "/v3/pay/transactions/out-trade-no/PO1?mchid=1900000001"
    try:
        for status in (429, 500, 502):
            double.answers[path] = (status, {"code": "SYSTEM_ERROR"})
            with pytest.raises(PaymentChannelOutage):
                WeChatPay(double.settings(), http=httpx.Client(timeout=5)).query(REF)
    finally:
        double.server.close()
