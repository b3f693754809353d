"""The addresses of DynamoDB: URLs as they are, and Amazon's own by region.

Source: AWS General Reference, "Amazon DynamoDB endpoints and quotas".
"""

from __future__ import annotations

from minidynamo.schema.arns import REGION_NAME

_AMAZON = "dynamodb:"
# By how the names of regions begin: the domains of the partitions of AWS.
_DOMAINS = {"cn-": "amazonaws.com.cn", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov", "eusc-": "amazonaws.eu"}
_DOMAIN = "amazonaws.com"


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
