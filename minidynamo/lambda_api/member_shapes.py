"""What requests of AWS Lambda's API are made of, with the constraints of its model.

Source: the API model of AWS Lambda, version 2015-03-31.
"""

from __future__ import annotations

from minidynamo.lambda_api.function_names import (
    PATTERN,
    PLAIN_PATTERN,
    QUALIFIER_PATTERN,
    TAGGED_PATTERN,
    URL_NAME_PATTERN,
    URL_QUALIFIER_PATTERN,
)
from minidynamo.requests.shapes import FLAG, TEXT, Shape, enum, integer, list_of, string, structure

FUNCTION_NAME = string(1, 256, PATTERN)
PLAIN_NAME = string(1, 140, PLAIN_PATTERN)  # Of operations that take no dots.
NOT_NULL = "Member must not be null"
WEIGHTS = Shape(
    "Map",
    element=Shape("Timestamp", minimum=0, maximum=1),  # Any number in the range.
    key=string(1, 1024, "[0-9]+"),
    key_constraints="Member must have length less than or equal to 1024, Member must have length greater than or "
    f"equal to 1, Member must satisfy regular expression pattern: [0-9]+, {NOT_NULL}",
    value_constraints="Member must have value less than or equal to 1.0, Member must have value greater than or "
    f"equal to 0.0, {NOT_NULL}",
)
VARIABLE = "[a-zA-Z]([a-zA-Z0-9_])+"
VARIABLES = Shape(
    "Map",
    element=TEXT,
    key=string(None, None, VARIABLE),
    key_constraints=f"Member must satisfy regular expression pattern: {VARIABLE}, {NOT_NULL}",
    hides_value=True,
)
DESTINATION = structure("OnFailure", Destination=string(0, 350))
MAPPING: dict[str, Shape] = {
    "FunctionName": FUNCTION_NAME,
    "Enabled": FLAG,
    "BatchSize": integer(1, 10_000),
    "FilterCriteria": structure(
        "FilterCriteria", Filters=list_of(structure("Filter", Pattern=string(0, 4096)), maximum=5)
    ),
    "MaximumBatchingWindowInSeconds": integer(0, 300),
    "ParallelizationFactor": integer(1, 10),
    "DestinationConfig": structure("DestinationConfig", OnSuccess=DESTINATION, OnFailure=DESTINATION),
    "MaximumRecordAgeInSeconds": integer(-1, 604_800),
    "BisectBatchOnFunctionError": FLAG,
    "MaximumRetryAttempts": integer(-1, 10_000),
    "TumblingWindowInSeconds": integer(0, 900),
    "FunctionResponseTypes": list_of(enum("ReportBatchItemFailures"), 0, 1),
}
UUID = structure("UUID", "UUID", UUID=TEXT)
QUALIFIER = string(1, 128, QUALIFIER_PATTERN)
QUALIFIED = structure("FunctionRequest", "FunctionName", FunctionName=FUNCTION_NAME, Qualifier=QUALIFIER)
NAMED = structure("FunctionRequest", "FunctionName", FunctionName=PLAIN_NAME)
PROVISIONED = structure(
    "ProvisionedConcurrencyConfigRequest",
    "FunctionName Qualifier",
    FunctionName=PLAIN_NAME,
    Qualifier=string(1, 128, r"(|[a-zA-Z0-9$_-]+)"),
)
VERSION = string(1, 1024, r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")
PAGE: dict[str, Shape] = {"Marker": TEXT, "MaxItems": integer(1, 10_000)}
ALIAS_NAME = string(1, 128, r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")
ALIAS = structure("AliasRequest", "FunctionName Name", FunctionName=PLAIN_NAME, Name=ALIAS_NAME)
ALIAS_SETTINGS: dict[str, Shape] = {
    "FunctionName": PLAIN_NAME,
    "Name": ALIAS_NAME,
    "FunctionVersion": VERSION,
    "Description": string(0, 256),
    "RoutingConfig": structure("AliasRoutingConfiguration", AdditionalVersionWeights=WEIGHTS),
}
EVENTS = structure(
    "FunctionEventInvokeConfigRequest",
    "FunctionName",
    FunctionName=FUNCTION_NAME,
    Qualifier=QUALIFIER,
    MaximumRetryAttempts=integer(0, 2),
    MaximumEventAgeInSeconds=integer(60, 21_600),
    DestinationConfig=structure("DestinationConfig", OnSuccess=DESTINATION, OnFailure=DESTINATION),
)

DESCRIPTION = string(0, 256)
SETTINGS: dict[str, Shape] = {
    "Role": string(None, None, r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
    "Handler": string(0, 128, r"[^\s]+"),
    "Runtime": TEXT,
    "Description": DESCRIPTION,
    "Timeout": integer(1, 900),
    "MemorySize": integer(128, 10_240),
    "VpcConfig": structure("VpcConfig", SubnetIds=list_of(TEXT), SecurityGroupIds=list_of(TEXT)),
    "Environment": structure("Environment", Variables=VARIABLES),
    "TracingConfig": structure("TracingConfig", Mode=enum("Active", "PassThrough")),
    "DeadLetterConfig": structure("DeadLetterConfig", TargetArn=TEXT),
    "KMSKeyArn": TEXT,
    "Layers": list_of(string(1, 140)),
    "FileSystemConfigs": list_of(structure("FileSystemConfig", Arn=TEXT, LocalMountPath=TEXT)),
    "EphemeralStorage": structure("EphemeralStorage", "Size", Size=integer(512, 10_240)),
    "LoggingConfig": structure(
        "LoggingConfig",
        LogFormat=enum("JSON", "Text"),
        ApplicationLogLevel=enum("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
        SystemLogLevel=enum("DEBUG", "INFO", "WARN"),
        LogGroup=TEXT,
    ),
}
CODE: dict[str, Shape] = dict.fromkeys(("ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"), TEXT)
ARCHITECTURES = list_of(enum("x86_64", "arm64"), 1, 1)
URL: dict[str, Shape] = {
    "FunctionName": string(1, 140, URL_NAME_PATTERN),
    "Qualifier": string(1, 128, URL_QUALIFIER_PATTERN),
}
URL_SETTINGS: dict[str, Shape] = {
    **URL,
    "AuthType": enum("NONE", "AWS_IAM"),
    "Cors": structure(
        "Cors",
        AllowCredentials=FLAG,
        AllowHeaders=list_of(TEXT, maximum=100),
        AllowMethods=list_of(TEXT, maximum=6),
        AllowOrigins=list_of(TEXT, maximum=100),
        ExposeHeaders=list_of(TEXT, maximum=100),
        MaxAge=integer(0, 86_400),
    ),
    "InvokeMode": enum("BUFFERED", "RESPONSE_STREAM"),
}
LAYER_NAME = string(1, 140)
SUITABLE = {**PAGE, "CompatibleRuntime": TEXT, "CompatibleArchitecture": enum("x86_64", "arm64")}
LAYER_VERSION = structure("LayerVersion", "LayerName VersionNumber", LayerName=LAYER_NAME, VersionNumber=integer())
TAGGED = string(1, 10_000, TAGGED_PATTERN)
STATEMENT_ID = string(1, 100, r"([a-zA-Z0-9-_]+)")
ANY_ARN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
PERMISSION: dict[str, Shape] = {
    "FunctionName": FUNCTION_NAME,
    "Qualifier": QUALIFIER,
    "StatementId": STATEMENT_ID,
    "RevisionId": TEXT,
    "Action": string(None, None, r"(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
    "Principal": string(None, None, r"[^\s]+"),
    "SourceArn": string(None, None, ANY_ARN),
    "SourceAccount": string(0, 12, r"\d{12}"),
    "EventSourceToken": string(0, 256, r"[a-zA-Z0-9._\-]+"),
    "PrincipalOrgID": string(12, 34, r"^o-[a-z0-9]{10,32}$"),
    "FunctionUrlAuthType": enum("NONE", "AWS_IAM"),
}
