"""The standards' own examples that the self-test holds every backend to."""

from baozhen.trust.crypto.der import write_signature

# GB/T 32918.5-2017 annex A.2: signature on the recommended curve, id 1234567812345678.
SM2_MESSAGE = b"message digest"
SM2_POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_DIGEST = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
SM2_SIGNATURE = write_signature(
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)

# GB/T 32905-2016 annex A: (message, digest).
SM3_EXAMPLES = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)

# GB/T 32907-2016 annex A.1: one block.
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_BLOCK = SM4_KEY
SM4_ENCRYPTED = bytes.fromhex("681edf34d206965e86b3e94f536e4246")
