"""How many invocations of a function there may be at once, and how many environments are kept ready for them.

Source: AWS Lambda API reference, PutFunctionConcurrency, PutProvisionedConcurrencyConfig.
"""

from __future__ import annotations

from datetime import UTC, datetime

from minidynamo.execution.error_payloads import ReportedFailure
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, page_of
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.values.api_types import JsonObject

_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_TOO_MANY = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
_NONE = "No Provisioned Concurrency Config found for this function"


class ConcurrencyOperations:
    """Reserved and provisioned concurrency.

    Parameters:
        finder: finds the functions.
    """

    def __init__(self, finder: FunctionFinder) -> None:
        self._finder = finder

    def reserve(self, members: JsonObject) -> JsonObject:
        """Says how many invocations of a function there may be at once, from now on."""
        function, _ = self._finder.named(members)
        function.reserved_concurrency = members.get("ReservedConcurrentExecutions")
        return self.reserved(members)

    def reserved(self, members: JsonObject) -> JsonObject:
        """Shows that."""
        function, _ = self._finder.named(members)
        count = function.reserved_concurrency
        return {} if count is None else {"ReservedConcurrentExecutions": count}

    def provision(self, members: JsonObject) -> JsonObject:
        """Keeps environments of a version ready, from now on."""
        function, version = self._finder.named(members)
        qualifier, number = self._finder.qualifier(members) or LATEST, members["ProvisionedConcurrentExecutions"]
        if version == LATEST:
            raise invalid(_UNPUBLISHED)
        if function.reserved_concurrency is not None and number > function.reserved_concurrency:
            raise invalid(_TOO_MANY)
        try:
            self._finder.owner.functions.provision(function.name, qualifier, number)
        except ReportedFailure as failure:
            raise invalid(f"FUNCTION_ERROR_INIT_FAILURE: {failure}") from None
        return self._shown(function, qualifier)

    def provisioned(self, members: JsonObject) -> JsonObject:
        """Shows how many are kept ready."""
        return self._shown(*self._with_provision(members))

    def unprovision(self, members: JsonObject) -> None:
        """Keeps none ready any more."""
        function, qualifier = self._with_provision(members)
        self._finder.owner.functions.provision(function.name, qualifier, 0)

    def list_provisioned(self, members: JsonObject) -> JsonObject:
        """Shows all versions and aliases of which environments are kept ready."""
        function, _ = self._finder.named(members)
        page, marker = page_of(sorted(function.provisioned), members)
        arn = self._finder.arn(function)
        shown = [{"FunctionArn": f"{arn}:{each}", **self._shown(function, each)} for each in page]
        return {"ProvisionedConcurrencyConfigs": shown, **marker}

    def _with_provision(self, members: JsonObject) -> tuple[LambdaFunction, str]:
        function, _ = self._finder.named(members)
        qualifier = self._finder.qualifier(members) or LATEST
        if qualifier not in function.provisioned:
            raise Fault("ProvisionedConcurrencyConfigNotFoundException", _NONE)
        return function, qualifier

    @staticmethod
    def _shown(function: LambdaFunction, qualifier: str) -> JsonObject:
        number = function.provisioned[qualifier]
        assert number > 0, f"{qualifier} of {function} is said to keep {number} environments ready"
        moment = datetime.fromtimestamp(function.modified_at, UTC)
        return {
            "RequestedProvisionedConcurrentExecutions": number,
            "AvailableProvisionedConcurrentExecutions": number,
            "AllocatedProvisionedConcurrentExecutions": number,
            "Status": "READY",
            "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}+0000",
        }
