"""How requests name functions: a name, part of an ARN or all of it, with or without a qualifier.

Source: AWS Lambda API reference, FunctionName and Qualifier; recorded answers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambdas.function import LATEST
from minidynamo.schema.arns import ArnScope

PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
# Those of operations whose names have no dots, of the URLs of functions, and of what may have tags.
PLAIN_PATTERN = PATTERN.replace(r"([a-zA-Z0-9-_\.]+)", "([a-zA-Z0-9-_]+)").replace(r"(\.PUBLISHED)?", "")
URL_NAME_PATTERN = PATTERN.rpartition(r"([a-zA-Z0-9-_\.]+)")[0] + r"([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?"
URL_QUALIFIER_PATTERN = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
TAGGED_PATTERN = (
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|code-signing-config:csc-[a-z0-9]{17}|"
    r"event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
)
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
_PARTS = re.compile(
    r"(?P<arn>arn:(?P<partition>[^:]*):lambda:)?(?:(?P<region>[a-z]{2}[a-z-]*-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>.+))?"
)


class FunctionName(NamedTuple):
    """A function as a request names it.

    Attributes:
        name: its bare name.
        qualifier: a version or an alias; None where nothing is said.
        is_arn: whether the whole ARN was given.
    """

    name: str
    qualifier: str | None
    is_arn: bool

    @classmethod
    def of(cls, text: str, scope: ArnScope, qualifier: str | None = None) -> FunctionName:
        """What a text, which fits the pattern, names.

        Parameters:
            text: the text.
            scope: the region and account that requests are for.
            qualifier: one that is given beside it.

        Raises:
            Fault: it is elsewhere, or the qualifiers differ.
        """
        parts = _PARTS.fullmatch(text)
        if parts is None:
            raise invalid(f"{text} names no function.")
        region, own = parts["region"], parts["qualifier"]
        if region is not None and region != scope.region:
            text = f"Functions from '{region}' are not reachable in this region ('{scope.region}')"
            raise Fault("ResourceNotFoundException", text)
        if parts["account"] not in (None, scope.account_id) or parts["partition"] not in (None, "aws"):
            raise Fault("ResourceNotFoundException", f"Function not found: {text}")
        if own is not None and qualifier is not None and own != qualifier:
            raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
        return cls(parts["name"], own or qualifier, parts["arn"] is not None)

    def arn(self, scope: ArnScope) -> str:
        """The ARN of the function, without its qualifier."""
        return f"arn:aws:lambda:{scope.region}:{scope.account_id}:function:{self.name}"

    def mapped_arn(self, scope: ArnScope) -> str:
        """The ARN that a mapping shows: with the qualifier of the request, which a whole ARN of $LATEST loses."""
        if self.qualifier is None or (self.is_arn and self.qualifier == LATEST):
            return self.arn(scope)
        return f"{self.arn(scope)}:{self.qualifier}"

    @property
    def invoked(self) -> str:
        """The name that functions here are found by."""
        return self.name if self.qualifier is None else f"{self.name}:{self.qualifier}"
