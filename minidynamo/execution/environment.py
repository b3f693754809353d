"""Execution environments: what begins once with the code of a function, and is used for one invocation after another.

Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from minidynamo.execution.configuration import Configuration
from minidynamo.execution.context import Context
from minidynamo.execution.handler_loading import Handler, loaded_handler
from minidynamo.execution.package import Package
from minidynamo.execution.private_modules import PrivateModules
from minidynamo.execution.process_face import seen_by
from minidynamo.execution.running import TRACE_HEADER, Own, Running
from minidynamo.values.api_types import JsonValue

# Variables of the process that a function sees as well.
_OF_THE_PROCESS = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT")
Lend = Callable[[], AbstractContextManager[object]]


class Code(NamedTuple):
    """One version of a function, as its environments run it.

    Attributes:
        function, version: which one.
        package: its code.
        configuration: its settings.
        variables: gives those that say where it runs, such as the region and credentials.
        lend: what is laid around everything that it does in a thread.
    """

    function: str
    version: str
    package: Package
    configuration: Configuration
    variables: Callable[[], Mapping[str, str]]
    lend: Lend


class Environment(Protocol):
    """An execution environment.

    Attributes:
        log_stream: the name of what it logs to.
    """

    @property
    def log_stream(self) -> str: ...

    @property
    def is_usable(self) -> bool:
        """Whether another invocation can be made in it."""
        ...

    def begin(self, running: Running) -> None:
        """Runs the code outside of the handler.

        Raises:
            ReportedFailure: it fails.
        """
        ...

    def invoke(self, event: JsonValue, context: Context, running: Running, seconds_left: float) -> JsonValue:
        """What the handler returns; raises what it raises, or ReportedFailure."""
        ...

    def end(self) -> None:
        """Ends it."""
        ...


def variables_of(code: Code, log_stream: str, folder: str) -> dict[str, str]:
    """The environment variables of an environment.

    Parameters:
        code: what runs in it.
        log_stream: where it logs to.
        folder: for its temporary files.
    """
    configuration, name = code.configuration, code.function
    of_process = {each: os.environ[each] for each in _OF_THE_PROCESS if each in os.environ}
    return {
        **of_process,
        "TMPDIR": folder,
        "TZ": ":UTC",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": code.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mib),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": str(code.package.folder),
        "_HANDLER": configuration.handler,
        **code.variables(),
        **configuration.variables,
    }


class ThreadEnvironment:
    """An environment in the thread that invokes: its modules, variables, temporary folder and output are its own.

    Parameters:
        code: what runs in it.
        log_stream: where it logs to.
    """

    def __init__(self, code: Code, log_stream: str) -> None:
        self._code = code
        self._modules = PrivateModules(code.package.path)
        self._handler: Handler | None = None
        self._folder = tempfile.mkdtemp(prefix="minidynamo-environment-")
        variables = variables_of(code, log_stream, self._folder)
        self._own = Own(variables, import_module=self._modules.import_module)
        self.log_stream = log_stream
        self.is_usable = True

    def begin(self, running: Running) -> None:
        running.own = self._own
        with seen_by(running), self._code.lend(), self._modules.lent():
            self._handler = loaded_handler(self._code.configuration.handler, self._code.package.folder)

    def invoke(self, event: JsonValue, context: Context, running: Running, seconds_left: float) -> JsonValue:
        assert self._handler is not None, "an environment that has not begun is used"
        running.own = self._own
        self._own.variables["_X_AMZN_TRACE_ID"] = TRACE_HEADER.get()
        try:
            with seen_by(running), self._code.lend():
                return self._handler(event, context)
        except SystemExit:
            self.is_usable = False  # As the process would have ended.
            raise

    def end(self) -> None:
        self.is_usable = False
        shutil.rmtree(self._folder, ignore_errors=True)
