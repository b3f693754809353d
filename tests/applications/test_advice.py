"""Advice on applications that were not written for minidynamo: what is said of each, where, and that it is all."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.clients.environments import python_environment

HERE = Path(__file__).parent
# All three are built from their source distributions. The last one is for all of MLflow, of which it needs the least.
PACKAGES = (
    "--no-binary=credstash,enkonix-django-dynamodb-cache",
    "credstash==1.17.1",
    "enkonix-django-dynamodb-cache==0.3.3",
    "mlflow-skinny==3.17.2",
    "python-ulid>=3",
    "snowballstemmer>=2",
)
WITHOUT_DEPENDENCIES = ("--no-deps", "--no-binary=mlflow-dynamodbstore", "mlflow-dynamodbstore==0.1.0")
CACHE, MLFLOW = "enkonix_django_dynamodb_cache", "mlflow_dynamodbstore"
UNREAD = (
    "the index {0} of mlflow took {1} write units and was never read: leave {0}sk out of items, unless others read it, "
    "as a local index can be dropped only with its table"
)
# By the files that drive the applications: rules, places and texts.
SAID = {
    "credstash_advice.py": [
        (
            "scan",
            "credstash.py:310",
            "Scan of credential-store has begun 14 times and read 2,800 items for 84.0 units: keep what it looks for "
            "where a Query or GetItem finds it, or remember the answer",
        )
    ],
    "django_cache_advice.py": [
        (
            "single-reads",
            f"{CACHE}/cache.py:163",
            "20 GetItem of pages in a row: ask BatchGetItem for 100 at a time (1 instead of 20 calls)",
        ),
        (
            "single-reads",
            f"{CACHE}/cache.py:189",
            "300 GetItem of pages in a row: ask BatchGetItem for 100 at a time (3 instead of 300 calls)",
        ),
    ],
    "mlflow_advice.py": [
        ("index", f"{MLFLOW}/dynamodb/table.py:113", UNREAD.format("lsi3", 498)),
        ("index", f"{MLFLOW}/dynamodb/table.py:113", UNREAD.format("lsi5", 170)),
        (
            "single-reads",
            f"{MLFLOW}/dynamodb/search.py:604",
            "20 GetItem of mlflow in a row behind a Query or Scan: project what they look for into what is read there, "
            "or ask BatchGetItem for 100 at a time (1 instead of 20 calls)",
        ),
    ],
}


@pytest.mark.installs
@pytest.mark.parametrize("driver", SAID)
def test_this_is_said_and_nothing_else(driver: str) -> None:
    """The guide's table judges it."""
    python = str(python_environment("advice", *PACKAGES) / "python")
    run([python, "-m", "pip", "install", "-q", *WITHOUT_DEPENDENCIES], HERE)
    with TemporaryDirectory() as folder:  # A copy, so that places are shown as users see them.
        shutil.copy(HERE / driver, folder)
        printed = run([python, "-W", "ignore", driver], Path(folder))
    assert [tuple(each) for each in json.loads(printed.splitlines()[-1])] == SAID[driver]


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
