"""The addresses of DynamoDB: URLs as they are, and Amazon's own by region, where streams have a host of their own.

Source: AWS General Reference, "Amazon DynamoDB endpoints and quotas"; endpoints of botocore.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from minidynamo.schema.arns import REGION_NAME

_AMAZON = "dynamodb:"
# By how the names of regions begin: the domains of the partitions of AWS.
_DOMAINS = {
    "cn-": "amazonaws.com.cn", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov", "eusc-": "amazonaws.eu",
    "us-isof-": "csp.hci.ic.gov", "eu-isoe-": "cloud.adc-e.uk",
}  # fmt: skip
_DOMAIN = "amazonaws.com"
# Those that answer over IPv6 as well.
_DUAL_STACK_DOMAINS = ("api.aws", "api.amazonwebservices.com.cn")
_HOST = re.compile(
    rf"dynamodb(-fips)?\.[a-z0-9-]+\.({'|'.join(map(re.escape, (_DOMAIN, *_DOMAINS.values(), *_DUAL_STACK_DOMAINS)))})"
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def resolved(address: str) -> tuple[str, str | None]:
    """The URL that an address stands for, and the region that it names, if any.

    Parameters:
        address: a URL, or "dynamodb:" and a region.

    Raises:
        ValueError: it names no region.
    """
    if not address.startswith(_AMAZON):
        return address, None
    region = address.removeprefix(_AMAZON)
    if "-" not in region or REGION_NAME.fullmatch(region) is None:
        raise ValueError(f"{_AMAZON} is followed by a region, such as dynamodb:eu-west-1, not by {region!r}")
    domain = next((each for start, each in _DOMAINS.items() if region.startswith(start)), _DOMAIN)
    return f"https://dynamodb.{region}.{domain}", region


def streams_url(url: str) -> str:
    """Where the operations on streams are answered of the DynamoDB at a URL: at another host where it is Amazon's."""
    parts = urlsplit(url)
    if parts.scheme != "https" or _HOST.fullmatch(parts.hostname or "") is None:
        return url
    assert parts.hostname is not None, f"{url} has no host"
    return f"https://streams.{parts.hostname}{'' if parts.port is None else f':{parts.port}'}"


def is_of_this_machine(url: str) -> bool:
    """Whether a URL names this machine."""
    return urlsplit(url).hostname in _LOOPBACK
