"""Where a webhook may lead, as tables."""

import pytest

from trialsite.reminders.domain.addresses import is_public, refusal_of_address

HOSTS = ("qyapi.weixin.qq.com", ".hospital.cn")

# address, private receivers allowed → a part of why not ("" where it may be)
ADDRESSES = [
    ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", False, ""),
    ("https://QYAPI.weixin.qq.com/x", False, ""),
    ("https://qyapi.weixin.qq.com:443/x", False, ""),
    ("https://robot.hospital.cn/x", False, ""),
    ("http://qyapi.weixin.qq.com/x", False, "https://"),
    ("http://robot.hospital.cn:8080/x", True, ""),
    ("ftp://robot.hospital.cn/x", True, "https://"),
    ("https://qyapi.weixin.qq.com:8443/x", False, "443"),
    ("https://qyapi.weixin.qq.com:8443/x", True, ""),
    ("https://qyapi.weixin.qq.com.evil.com/x", False, "these hosts only"),
    ("https://evilhospital.cn/x", False, "these hosts only"),
    ("https://hospital.cn/x", False, "these hosts only"),  # beneath it, not the name itself
    ("https://127.0.0.1/x", True, "these hosts only"),
    ("https://a:b@qyapi.weixin.qq.com/x", False, "no user name"),
    ("https://qyapi.weixin.qq.com@evil.com/x", False, "no user name"),
    ("https://[::1", False, "no address"),
    ("https://qyapi.weixin.qq.com:port/", False, "no address"),
    ("", False, "https://"),
]


@pytest.mark.parametrize(("url", "private", "why"), ADDRESSES)
def test_an_address_is_refused_with_its_reason(url: str, private: bool, why: str) -> None:
    found = refusal_of_address(url, HOSTS, private=private)
    assert (found is None) is (why == "")
    if found is not None:
        assert why in found.en
        assert found.zh


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("101.91.40.24", True),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),  # the metadata of a cloud
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:101.91.40.24", True),
        ("2606:4700::1111", True),
    ],
)
def test_only_public_addresses_are_called(address: str, public: bool) -> None:
    assert is_public(address) is public
