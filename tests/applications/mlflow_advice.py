"""Runs of experiments in mlflow-dynamodbstore 0.1.0, and the advice on it. test_advice.py runs it."""

import json
from types import SimpleNamespace

import boto3
from botocore.exceptions import ClientError
from mlflow.entities import ExperimentTag, Metric, Param, RunStatus, RunTag
from mlflow_dynamodbstore.dynamodb import provisioner
from mlflow_dynamodbstore.tracking_store import DynamoDBTrackingStore

import minidynamo

EXPERIMENTS, RUNS = 8, 160
# Each has an index; those by status and duration have one as well, which nobody asks for here.
ORDERS = ("start_time", "end_time", "run_name")


class Stacks:
    """Stands for AWS CloudFormation: makes the table of a stack."""

    def __init__(self, client):
        self._client = client

    def describe_stacks(self, StackName):
        if not self._client.list_tables()["TableNames"]:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}

    def create_stack(self, StackName, TemplateBody):
        table = json.loads(TemplateBody)["Resources"]["MlflowTable"]["Properties"]
        expiry = table.pop("TimeToLiveSpecification")
        del table["PointInTimeRecoverySpecification"]
        self._client.create_table(**table)
        self._client.update_time_to_live(TableName=table["TableName"], TimeToLiveSpecification=expiry)


def client(name, **options):
    return Stacks(boto3.client("dynamodb", **options)) if name == "cloudformation" else boto3.client(name, **options)


def opened():
    return DynamoDBTrackingStore("dynamodb://us-east-1/mlflow", "artifacts")


def train(store, experiments):
    """Runs with ten steps of a metric each, two parameters and two tags."""
    runs = []
    for number in range(RUNS):
        began = 1_700_000_000_000 + number * 1_000
        experiment = experiments[number % EXPERIMENTS]
        tags = [RunTag("stage", "test" if number % 4 else "production")]
        run = store.create_run(experiment, "ann", began, tags, f"run {number}").info.run_id
        for step in range(10):
            store.log_batch(run, [Metric("loss", 1 / (number + step + 1), began + step, step)], [], [])
        params = [Param("rate", str(number % 5)), Param("depth", str(number % 7))]
        store.log_batch(run, [], params, [RunTag("by", "ann")])
        store.update_run_info(run, RunStatus.FINISHED, began + 500 + number, f"run {number}")
        runs.append(run)
    return runs


def use():
    """Trains; another process looks at what came out."""
    store = opened()
    names = [f"experiment {number}" for number in range(EXPERIMENTS)]
    experiments = [store.create_experiment(each, tags=[ExperimentTag("team", "a")]) for each in names]
    runs = train(store, experiments)
    store = opened()
    assert store.get_run(runs[0]).info.run_name == "run 0"
    assert len(store.search_experiments()) == EXPERIMENTS + 1
    for order in ORDERS:
        assert len(store.search_runs(experiments, "", 1, 1_000, [f"{order} DESC"])) == RUNS
    assert len(store.search_runs(experiments, "tags.stage = 'production'", 1, 1_000)) == RUNS / 4
    assert len(store.search_runs(experiments[:1], "params.rate = '3'", 1, 1_000)) == RUNS / EXPERIMENTS / 5
    for run in runs[:100]:
        assert len(store.get_metric_history(run, "loss")) == 10
    for run in runs[:10]:
        store.delete_run(run)


provisioner.boto3 = SimpleNamespace(client=client, resource=boto3.resource)
with minidynamo.mock(), minidynamo.observe() as ledger:
    use()
print(json.dumps([[each.rule, each.place, each.text] for each in ledger.advice()]))
