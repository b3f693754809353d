"""A serverless application that runs in this process: `app_from("template.yaml")`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from minidynamo.applications.definition import ApplicationDefinition
from minidynamo.applications.deploying import Deployed
from minidynamo.applications.door import AppDoor
from minidynamo.applications.http import HttpClient
from minidynamo.applications.identities import Identities
from minidynamo.applications.overview import overview
from minidynamo.applications.template import Variables, read_application, variables_in
from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.execution.configuration import Isolation
from minidynamo.execution.logs import LogEvent
from minidynamo.gateway.definition import ApiDefinition
from minidynamo.gateway.function_urls import FunctionUrlDoor
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.lambdas.aws_services import AwsClient
from minidynamo.lambdas.background import STOP_SECONDS
from minidynamo.lambdas.drain import DrainReport, Errors
from minidynamo.lambdas.service import Functions
from minidynamo.metrics.api_metrics import record_http_call, record_rest_call
from minidynamo.metrics.metrics import Metrics
from minidynamo.templates.document import Source
from minidynamo.templates.template_parameters import given_values
from minidynamo.values.api_types import JsonValue, Response

if TYPE_CHECKING:
    from minidynamo.boto.mocks import Mock
    from minidynamo.database.settings import ConnectSettings as AppSettings
    from minidynamo.database.settings import ServeSettings

_PUBLIC_URL = re.compile(r"https://([A-Za-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
_FUNCTION_URL = re.compile(r"https://([a-z0-9]+\.lambda-url\.[a-z0-9-]+)\.on\.aws/")


class Application:
    """An application: its tables, functions and APIs, in a database. A context manager that starts and ends it.

    While it runs, boto3 in this process is answered by its database, in a function as the policies of its role allow.

    Parameters:
        read: reads its definition, again for each `reload`.
        database: where its tables and functions are.
        isolation: how its functions run, "thread" or "process".
        clients: of other services, by their names.

    Attributes:
        database: it.
        definition: what it is made of.
        http: calls its APIs.
        gateway: answers for its APIs.
    """

    def __init__(
        self,
        read: Callable[[], ApplicationDefinition],
        database: Database,
        isolation: Isolation = "thread",
        clients: Mapping[str, AwsClient] | None = None,
    ) -> None:
        self._read = read
        self.definition = read()
        self.database = database
        self._deployed = Deployed(database, isolation)
        self._identities = Identities(database, self.definition.functions)
        self._mock: Mock[Database] | None = None
        self._server: Server | None = None
        self.gateway = self._new_gateway()
        self.http = HttpClient(self.gateway)
        database.functions.use_clients(**(clients or {}))
        self._identities.install(database.functions.deployment)

    def __repr__(self) -> str:
        functions, apis = len(self.definition.functions), len(self.definition.apis)
        return f"<Application: {functions} functions, {apis} APIs, {self.database!r}>"

    @property
    def functions(self) -> Functions:
        """The functions of its database."""
        return self.database.functions

    @property
    def metrics(self) -> Metrics:
        """What CloudWatch would show of its tables, functions and APIs since it was started."""
        metrics = self.database.metrics
        metrics.known |= {
            "ApiId": lambda: {each.api_id for each in self.definition.apis},
            "ApiName": lambda: {each.name for each in self.definition.apis},
        }
        return metrics

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of its template; the addresses of APIs are those at which they are served."""
        urls = {f"{name}.FunctionUrl": url for name, url in self._deployed.urls.items()}
        texts = {name: self._deployed.with_streams(each) for name, each in self.definition.outputs.items()}
        return {name: self._served_at(urls.get(text, text)) for name, text in texts.items()}

    def start(self) -> Application:
        """Creates its tables, deploys its functions, and answers boto3 from now on.

        Raises:
            ValueError: a part of it cannot be; the text names it.
            DynamoError: the database refuses a table.
        """
        from minidynamo.boto.mocks import mock

        if self._mock is not None or self.database.is_closed:
            raise RuntimeError(f"{self!r} {'runs already' if self._mock is not None else 'has ended: read it anew'}")
        self._mock = mock(self.database)
        self._mock.start()
        try:
            _ = self.metrics  # Which are recorded from when they are first asked for.
            self._deployed.deploy(self.definition)
            self.functions.add_source(self._deployed.work)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends it: functions, servers, and the database."""
        self.database.stop_functions(STOP_SECONDS)  # They may still ask the servers.
        self._identities.stop()
        self.database.close()
        if self._mock is not None:
            mock, self._mock = self._mock, None
            mock.stop()

    def __enter__(self) -> Application:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def reload(self) -> None:
        """Reads the template and the code again; tables stay as they are, functions begin anew.

        A table that the template now declares with another key leads to a `TemplateWarning`.

        Raises:
            TemplateError: the template is wrong; everything stays as it was.
        """
        before, self.definition = self.definition, self._read()
        self._identities.renew(self.definition.functions)
        try:
            self._deployed.deploy(self.definition)
        except BaseException:
            self.definition = before
            self._identities.renew(before.functions)
            raise
        self.gateway = self._new_gateway()
        self.http = HttpClient(self.gateway)

    def invoke(self, function: str, event: JsonValue = None, **options: str) -> Response:
        """Invokes a function by its name, or by its logical name in the template; see `Functions.invoke`."""
        return self.functions.invoke(self.name_of(function), event, **options)

    def url_of(self, function: str) -> str:
        """The URL of a function by its name or logical name, where it is served if it is.

        Raises:
            KeyError: it has none.
        """
        name = self.name_of(function)
        declared = {each.function: each.logical_name for each in self.definition.urls}
        if name not in declared:
            raise KeyError(f"{function} has no URL: there are those of {', '.join(declared) or 'no function'}")
        return self._served_at(self._deployed.urls[declared[name]])

    def logs(self, function: str, request_id: str | None = None, after: int = 0) -> list[LogEvent]:
        """What a function has logged; see `Functions.logs`."""
        return self.functions.logs(self.name_of(function), request_id, after)

    def name_of(self, function: str) -> str:
        """The name of a function that may be called by its logical name."""
        names = {each.logical_name: each.name for each in self.definition.functions}
        return names.get(function, function)

    def drain(
        self, until: Callable[[], bool] | None = None, max_batches: int = 10_000, errors: Errors = "raise"
    ) -> DrainReport:
        """Hands changes, messages and what schedules have brought about over to functions; see `Database.drain`."""
        return self.database.drain(until, max_batches, errors)

    def serve(self, port: int = 0, host: str = "127.0.0.1", **options: Unpack[ServeSettings]) -> Server:
        """A server for its APIs, its functions and its tables, as a context manager; see `Database.serve`."""
        server = Server(
            self.database, ServerOptions(host=host, port=port, **options), AppDoor(self), urls=FunctionUrlDoor
        )
        self.served_by(server)
        return server

    def served_by(self, server: Server) -> None:
        """Notes which server answers for it, whose address outputs name."""
        self._server = server

    def routes(self) -> list[str]:
        """The routes of its APIs with where they are served, and what else invokes its functions, a line each."""
        server = self._server
        assert server is not None, "an application tells its routes where it is served"
        urls = {name: self._served_at(url) for name, url in self._deployed.urls.items()}
        return overview(self.definition, lambda api: self._root_of(server, api), urls)

    def _root_of(self, server: Server, api: ApiDefinition) -> str:
        """Where a server has an API: below its name, if there are several."""
        return f"{server.url}/{api.name}" if len(self.definition.apis) > 1 else server.url

    def _served_at(self, value: str) -> str:
        server = self._server
        if server is None or not server.port:
            return value
        value = _FUNCTION_URL.sub(rf"http://\1.localhost:{server.port}/", value)
        roots = {each.api_id: self._root_of(server, each) for each in self.definition.apis}
        return _PUBLIC_URL.sub(lambda found: roots.get(found[1].lower(), found[0]), value)

    def _new_gateway(self) -> ApiGateway:
        return ApiGateway(self.database, self.definition.apis, self._record_call)

    def _record_call(self, api: ApiDefinition, status: int, latency: float, integration: float | None) -> None:
        record, name = (record_rest_call, api.name) if api.is_rest else (record_http_call, api.api_id)
        record(self.metrics, name, api.stage, status, latency, integration)


def app_from(
    source: Source,
    parameters: Mapping[str, str] | None = None,
    *,
    path: str | Path | None = None,
    isolation: Isolation = "thread",
    variables: str | Path | Mapping[str, object] | None = None,
    clients: Mapping[str, AwsClient] | None = None,
    api_keys: Mapping[str, str] | None = None,
    enforce_policies: bool = True,
    **settings: Unpack[AppSettings],
) -> Application:
    """The serverless application that a template of SAM or CloudFormation declares, ready to be started.

    Use it as `with app_from("template.yaml") as app: app.http.get("/items")`. What the template has and minidynamo does
    not run leads to one `TemplateWarning` that names it.

    Parameters:
        source: the path of the template (SAM, CloudFormation, or what CDK synthesises), its text, or a document. The
            folders of code begin where it is.
        parameters: values of its parameters, over their defaults.
        path: of the file in which its tables are kept; None for memory.
        isolation: "thread": functions run in threads of this process; "process": each environment is a process of its
            own, which is ended where it takes too long or too much memory.
        variables: environment variables over those of the template, or the path of a JSON file with them, as
            `sam local --env-vars` takes it: by the logical names of functions, or for all by "Parameters".
        clients: boto3's, by the names of services (sqs, sns, s3, events): destinations, queues and topics are theirs.
            While moto is on, its own serve.
        api_keys: names of the keys of APIs by value.
        enforce_policies: whether a function may do with tables what its role allows, and nothing else.
        settings: those of `minidynamo.connect`, such as `clock` and `region`.

    Raises:
        TemplateError: the template cannot be read, or is wrong; the text says where.
        TypeError: an argument is of a wrong type.
    """
    database = connect(path, **settings)
    try:
        return application_in(
            database,
            source,
            parameters,
            isolation=isolation,
            variables=variables,
            clients=clients,
            api_keys=api_keys,
            enforce_policies=enforce_policies,
        )
    except BaseException:
        database.close()
        raise


def application_in(
    database: Database,
    source: Source,
    parameters: Mapping[str, str] | None = None,
    *,
    isolation: Isolation = "thread",
    variables: str | Path | Mapping[str, object] | None = None,
    clients: Mapping[str, AwsClient] | None = None,
    api_keys: Mapping[str, str] | None = None,
    enforce_policies: bool = True,
) -> Application:
    """An application in a database that is there; see `app_from`."""
    scope = database.scope
    given = {"AWS::Region": scope.region, "AWS::AccountId": scope.account_id, **given_values(parameters)}

    if api_keys is not None and not isinstance(api_keys, Mapping):
        raise TypeError(f"api_keys takes names by value, such as {{'k-123': 'partner'}}, not {api_keys!r}")

    def read() -> ApplicationDefinition:
        own: Variables = {} if variables is None else variables_in(variables)
        return read_application(source, given, own, api_keys, enforce_policies)

    return Application(read, database, isolation, clients)
