"""Personal data as strangers may see it."""

import pytest

from baozhen.foundation import masking


@pytest.mark.parametrize(
    ("mask", "plain", "masked"),
    [
        (masking.mask_id, "110199199001011017", "1101**********1017"),
        (masking.mask_id, "AB12345", "********"[:7]),
        (masking.mask_mobile, "16112340001", "161****0001"),
        (masking.mask_name, "张三", "张*"),
        (masking.mask_name, "测试欣", "测*欣"),
        (masking.mask_name, "甲", "*"),
        (masking.mask_name, "", "*"),
        (masking.mask_name, "示例财产保险股份有限公司", "示例财产******公司"),
        (masking.mask_email, "test1@example.com", "t***1@example.com"),
        (masking.mask_email, "t@example.com", "***@example.com"),
        (masking.mask_email, "nonsense", "********"),
        (masking.mask_plate, "川A12345", "川A***45"),
        (masking.mask_vin, "L9TAAAAA1AA000001", "L9T**********0001"),
        (masking.mask_card, "6222020000000000003", "622202*********0003"),
    ],
)
def test_masks(mask, plain, masked):
    got = mask(plain)
    assert got == masked or set(got) == {"*"}
    assert len(got) >= 1


def test_short_numbers_are_not_given_away_by_their_ends():
    assert masking.mask_id("AB12345") == "*******"


def test_free_text_is_masked():
    text = "投保人 110101199003078013 电话 16112340001 邮箱 test1@example.com 车牌 川A12345 完"
    masked = masking.mask_text(text)
    for secret in ("199003078013"[:8], "16112340001", "test1@", "A12345"):
        assert secret not in masked
    assert masked.startswith("投保人 1101")
    assert masked.endswith("完")


def test_a_card_is_masked_and_a_policy_number_is_not():
    assert "622202" in masking.mask_text("卡 6222020000000000003")
    text = "保单 DEMO11202600000001 金额 137645"
    assert masking.mask_text(text) == text


@pytest.mark.parametrize("text", ["+8616112340001", "8616112340001", "手机16112340001，"])
def test_mobiles_are_found_in_every_dress(text):
    assert "1612340" not in masking.mask_text(text)
    assert "16112340001" not in masking.mask_text(text)
