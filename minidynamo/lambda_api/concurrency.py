"""How many invocations of a function there may be at once, and how many environments are kept ready for them.

Source: AWS Lambda API reference, PutFunctionConcurrency, PutProvisionedConcurrencyConfig; AWS Lambda Developer Guide,
"Lambda quotas".
"""

from __future__ import annotations

from datetime import UTC, datetime

from minidynamo.errors import ResourceNotFound
from minidynamo.execution.error_payloads import ReportedFailure
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, page_of
from minidynamo.lambda_api.notes import ApiNotes, Provision
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.lambdas.passing_status import PassingStatus
from minidynamo.limits import ACCOUNT_CONCURRENCY, UNRESERVED_CONCURRENCY_MIN
from minidynamo.values.api_types import JsonObject

_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_NO_VERSION = "The function resource provided must be an alias or a published version."
_TOO_MANY = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
_NONE = "No Provisioned Concurrency Config found for this function"
_VERSION_HAS_OWN = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
_ALIAS_HAS_OWN = "Version is pointed by a Provisioned Concurrency alias"
_TOO_FEW_LEFT = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    f"minimum value of [{UNRESERVED_CONCURRENCY_MIN}]."
)
_IN_PROGRESS, _READY, _FAILED = "IN_PROGRESS", "READY", "FAILED"


class ConcurrencyOperations:
    """Reserved and provisioned concurrency.

    Parameters:
        finder: finds the functions.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._functions = finder.owner.functions
        self._notes = notes

    def reserve(self, members: JsonObject) -> JsonObject:
        """Says how many invocations of a function there may be at once, from now on."""
        function = self._finder.whole(members)
        wanted = members.get("ReservedConcurrentExecutions")
        if wanted is not None and wanted > (function.reserved_concurrency or 0):
            others = [self._functions.find(name)[0] for name in self._functions.names if name != function.name]
            reserved = sum(each.reserved_concurrency or 0 for each in others)
            if ACCOUNT_CONCURRENCY - reserved - wanted < UNRESERVED_CONCURRENCY_MIN:
                raise invalid(_TOO_FEW_LEFT)
        function.reserved_concurrency = wanted
        return self.reserved(members)

    def reserved(self, members: JsonObject) -> JsonObject:
        """Shows that."""
        count = self._finder.whole(members).reserved_concurrency
        return {} if count is None else {"ReservedConcurrentExecutions": count}

    def provision(self, members: JsonObject) -> JsonObject:
        """Keeps environments of a version ready, from now on; whether they are, `provisioned` tells."""
        function, qualifier = self._with_version(members, _UNPUBLISHED)
        number = members["ProvisionedConcurrentExecutions"]
        _refuse_twin(function, qualifier)
        if function.reserved_concurrency is not None and number > function.reserved_concurrency:
            raise invalid(_TOO_MANY)
        provision = Provision(number, PassingStatus(self._finder.owner.clock))
        try:
            self._functions.provision(function.name, qualifier, number)
        except ReportedFailure:
            self._functions.provision(function.name, qualifier, 0)
            provision.reason = "FUNCTION_ERROR_INIT_FAILURE"
        provision.status.begin(_IN_PROGRESS, self._finder.owner.delays.creating)
        self._notes.provisions[function.name, qualifier] = provision
        return _shown(provision, _IN_PROGRESS)

    def provisioned(self, members: JsonObject) -> JsonObject:
        """Shows how many are kept ready."""
        function, qualifier = self._with_version(members)
        provisions = self._provisions(function)
        if qualifier not in provisions:
            raise Fault("ProvisionedConcurrencyConfigNotFoundException", _NONE)
        return _shown(provisions[qualifier])

    def unprovision(self, members: JsonObject) -> None:
        """Keeps none ready any more."""
        function, qualifier = self._with_version(members)
        self._notes.provisions.pop((function.name, qualifier), None)
        if qualifier in function.provisioned:
            self._functions.provision(function.name, qualifier, 0)

    def list_provisioned(self, members: JsonObject) -> JsonObject:
        """Shows all versions and aliases of which environments are kept ready."""
        function, _ = self._finder.named(members)
        provisions = self._provisions(function)
        page, marker = page_of(sorted(provisions), members)
        arn = self._finder.arn(function)
        shown = [{"FunctionArn": f"{arn}:{each}", **_shown(provisions[each])} for each in page]
        return {"ProvisionedConcurrencyConfigs": shown, **marker}

    def _with_version(self, members: JsonObject, unpublished: str = _NO_VERSION) -> tuple[LambdaFunction, str]:
        """The function of a request, with a published version of it, or an alias.

        Parameters:
            members: of the request.
            unpublished: what is said of `$LATEST`.
        """
        qualifier = self._finder.qualifier(members) or LATEST
        function = self._finder.of_name(members)
        arn = f"{self._finder.arn(function)}:{qualifier}"
        try:
            _, version = self._functions.find(function.name, qualifier)
        except ResourceNotFound:
            what = "Function not found" if qualifier.isdecimal() else "Cannot find alias arn"
            raise Fault("ResourceNotFoundException", f"{what}: {arn}") from None
        if version == LATEST:
            raise invalid(unpublished)
        assert version in function.versions, f"{function} has no version {version}"
        return function, qualifier

    def _provisions(self, function: LambdaFunction) -> dict[str, Provision]:
        """What is kept ready of a function by version or alias, whoever has asked for it."""
        noted = self._notes.provisions
        for qualifier, number in list(function.provisioned.items()):
            known = noted.get((function.name, qualifier))
            if known is None or known.number != number:  # Not by a request.
                noted[function.name, qualifier] = Provision(number, PassingStatus(self._finder.owner.clock))
        found = {qualifier: each for (name, qualifier), each in list(noted.items()) if name == function.name}
        return {name: each for name, each in found.items() if each.reason or name in function.provisioned}


def _refuse_twin(function: LambdaFunction, qualifier: str) -> None:
    """Refuses to keep the same environments ready twice."""
    if function.aliases.get(qualifier) in function.provisioned:
        raise Fault("ResourceConflictException", _VERSION_HAS_OWN)
    if any(version == qualifier and alias in function.provisioned for alias, version in function.aliases.items()):
        raise Fault("ResourceConflictException", _ALIAS_HAS_OWN)


def _shown(provision: Provision, state: str | None = None) -> JsonObject:
    assert provision.number > 0, f"{provision.number} environments are said to be kept ready"
    state = state or provision.status.shown(_FAILED if provision.reason else _READY)
    moment = datetime.fromtimestamp(provision.status.changed_at, UTC)
    shown: JsonObject = {
        "RequestedProvisionedConcurrentExecutions": provision.number,
        "AvailableProvisionedConcurrentExecutions": provision.number if state == _READY else 0,
        "AllocatedProvisionedConcurrentExecutions": provision.number if state == _READY else 0,
        "Status": state,
        "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}+0000",
    }
    return {**shown, "StatusReason": provision.reason} if state == _FAILED else shown
