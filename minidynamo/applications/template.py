"""Applications from templates of SAM and CloudFormation; what CDK synthesises is one, too.

Source: AWS SAM Developer Guide, "AWS SAM template anatomy".
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.applications.declared_apis import HTTP_API, REST_API, DeclaredApis
from minidynamo.applications.declared_companions import COMPANION_TYPES, DeclaredCompanions
from minidynamo.applications.declared_events import DeclaredEvents
from minidynamo.applications.declared_functions import DeclaredFunctions
from minidynamo.applications.declared_gateways import GATEWAY_TYPES, WITHOUT_EFFECT, DeclaredGateways
from minidynamo.applications.declared_http_gateways import HTTP_GATEWAY_TYPES, DeclaredHttpGateways
from minidynamo.applications.declared_queues import QUEUE, TOPIC, declared_queues, declared_topics
from minidynamo.applications.definition import ApplicationDefinition
from minidynamo.applications.includes import with_includes
from minidynamo.templates.cloudformation import template_tables
from minidynamo.templates.declared_policies import DeclaredPrincipals
from minidynamo.templates.document import Document, Source, read_document
from minidynamo.templates.parts import Members, shown, text_of
from minidynamo.templates.resource_names import FUNCTION_TYPES, TABLE_TYPES
from minidynamo.templates.schema import TableTemplates
from minidynamo.templates.table_definition import Omission, TemplateError, TemplateWarning, told

# Types that are read here; of those that begin as the second do, nothing runs.
_READ = {
    *TABLE_TYPES, *FUNCTION_TYPES, REST_API, HTTP_API, QUEUE, TOPIC, "AWS::Lambda::EventSourceMapping",
    "AWS::Events::Rule", "AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion", "AWS::Serverless::Connector",
    "AWS::Lambda::Permission", "AWS::Lambda::Version", *COMPANION_TYPES, "AWS::CDK::Metadata",
    "AWS::Logs::LogGroup", *GATEWAY_TYPES, *WITHOUT_EFFECT, *HTTP_GATEWAY_TYPES,
}  # fmt: skip
_POLICIES = "AWS::IAM::"
# From here to whoever calls `app_from`.
_FRAMES_TO_CALLER = 6
Variables = Mapping[str, Mapping[str, str]]


def read_application(
    source: Source,
    parameters: Mapping[str, str],
    variables: Variables | None = None,
    api_keys: Mapping[str, str] | None = None,
    enforces_policies: bool = True,
) -> ApplicationDefinition:
    """The application that a template declares; what is left out leads to one TemplateWarning.

    Parameters:
        source: the path of the template, its text, or what its text says.
        parameters: values of its parameters, over their defaults.
        variables: environment variables over those of the template, as `sam local` takes them.
        api_keys: names of API keys by value.
        enforces_policies: whether functions may do what their roles allow and nothing else.

    Raises:
        TemplateError: it cannot be read, is no such template, or is wrong.
    """
    document = read_document(source, "app_from")
    is_path = isinstance(source, Path) or (isinstance(source, str) and document.name == source)
    folder = Path(str(source)).absolute().parent if is_path else Path.cwd()
    try:
        definition, left_out = _read(document, parameters, folder, variables or {}, api_keys or {}, enforces_policies)
    except TemplateError as error:
        line = document.line_of(error.at)
        if line is None:
            raise
        raise TemplateError(f"{document.name}, line {line}: {error}") from None
    if left_out:
        warnings.warn(TemplateWarning(f"{document.name}: {told(left_out)}"), stacklevel=_FRAMES_TO_CALLER)
    return definition


def _read(
    document: Document,
    parameters: Mapping[str, str],
    folder: Path,
    variables: Variables,
    api_keys: Mapping[str, str],
    enforces_policies: bool,
) -> tuple[ApplicationDefinition, list[Omission]]:
    template = with_includes(document.value, folder)
    if not isinstance(template, Mapping) or "Resources" not in template:
        raise TemplateError(f"{document.name} is no template of SAM or CloudFormation: it has no Resources")
    application = DeclaredApplication(template, parameters, folder)
    application.resources.require_parameters()
    principals = DeclaredPrincipals(template, parameters, []) if enforces_policies else None
    companions = DeclaredCompanions(application, DeclaredFunctions(application, principals, variables).all())
    functions, urls = companions.completed(), companions.urls()
    events = DeclaredEvents(application, functions).all()
    apis = [
        *DeclaredApis(application, functions, api_keys).all(events.routes),
        *DeclaredGateways(application, functions, api_keys).all(),
        *DeclaredHttpGateways(application, functions).all(),
    ]
    _name_the_rest(application)
    return (
        ApplicationDefinition(
            tables=TableTemplates(tuple(template_tables(template, parameters, application.left_out))),
            functions=tuple(functions),
            apis=tuple(apis),
            mappings=tuple(events.mappings),
            schedules=tuple(events.schedules),
            queues=tuple(events.queues),
            urls=tuple(urls),
            outputs=_outputs(application, template),
            queues_to_create=declared_queues(application),
            topics_to_create=declared_topics(application),
        ),
        list(dict.fromkeys(application.left_out)),
    )


def _name_the_rest(application: DeclaredApplication) -> None:
    """Notes the resources of which nothing is known here."""
    for resource in application.resources.present():
        kind = "" if resource.type is None else str(resource.type)
        if kind and kind not in _READ and not kind.startswith(_POLICIES):
            application.leave_out(f"{resource.logical_name} ({kind})", "not simulated")


def _outputs(application: DeclaredApplication, template: Members) -> dict[str, str]:
    """The outputs of a template by name; those that cannot be told are left out."""
    found: dict[str, str] = {}
    section = application.resources.whole.section("Outputs")
    for name, output in section.each("output"):
        value = text_of(application.resources.resolved_outside(output.get("Value")))
        if value is not None:
            found[str(name)] = value
    assert len(found) <= len(section.members), "there are more outputs than the template has"
    return found


def variables_in(source: str | Path | Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Environment variables by the logical names of functions, or for all by "Parameters", as `sam local` reads them.

    Parameters:
        source: the path of a JSON file, or what it holds; names with texts alone are for all functions.

    Raises:
        TemplateError: it holds something else.
    """
    content: object = source
    if isinstance(source, str | Path):
        try:
            content = json.loads(Path(source).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TemplateError(f"cannot read the variables in {source}: {error}") from None
    if not isinstance(content, Mapping):
        raise TemplateError(f"environment variables are an object of names and texts, not {shown(content)}")
    if any(not isinstance(each, Mapping) for each in content.values()):
        content = {"Parameters": content}
    return {
        str(function): {str(name): text_of(value) or "" for name, value in variables.items()}
        for function, variables in content.items()
    }
