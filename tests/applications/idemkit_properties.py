"""What idemkit 1.0.2 promises of DynamoDB, under faults. test_applications.py runs it where that is installed."""

import asyncio
import contextlib
from types import SimpleNamespace

import idemkit
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from idemkit.backends import dynamodb as library

import minidynamo
from minidynamo.simulation import ServerError
from minidynamo.testing import simulated

fixed = settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.generate, Phase.shrink))
ANY_KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
empty = minidynamo.connect(clock=minidynamo.ManualClock())
empty.client().create_table(
    TableName="idemkit_records",
    KeySchema=[{"AttributeName": "effective_key", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "effective_key", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
FAILED = (idemkit.IdempotencyError, idemkit.StorageError)  # A call may fail, but not be wrong.
TO_RECONCILE = {"complete_failed", "lease_reclaimed_loss", "lease_lost", "ran_unprotected"}
runs, events = [], []
config = idemkit.MethodConfig(
    key_fields=["order"],
    validation_fingerprint=lambda arguments: str(arguments["amount"]).encode(),
    scope=lambda arguments: "shop",
    wait_timeout_seconds=0,
    event_handlers=(lambda event: events.append(event.decision.value),),
)


@idemkit.idempotent_sync(backend=idemkit.DynamoBackend(create_table=False, **ANY_KEYS), config=config)
def charge(*, order, amount):
    runs.append(amount)
    return {"receipt": len(runs), "amount": amount}


def begin(db):
    library.time = SimpleNamespace(time=db.clock.now, monotonic=db.clock.now)  # Leases go by the database's clock.
    runs.clear()
    events.clear()


# Its chapter on events: a conflict is a duplicate that has waited in vain for another run.
@fixed
@given(simulated(empty, "stormy"))
def test_a_single_call_has_no_conflict(db):
    begin(db)
    with minidynamo.mock(db):
        try:
            charge(order="1", amount=5)
        except FAILED as error:
            assert not isinstance(error, idemkit.IdempotencyConflict)


# Its events say which keys to reconcile. It does not promise that these have gone wrong.
@fixed
@given(simulated(empty, "stormy"))
def test_what_is_recorded_is_not_told_to_be_lost(db):
    begin(db)
    with minidynamo.mock(db):
        try:
            charge(order="1", amount=5)
        except FAILED:
            return
    db.faults.switch_off()
    recorded = [item["state"] for item in db.Table("idemkit_records").scan()["Items"]] == ["COMPLETED"]
    assert not (recorded and "lease_reclaimed_loss" in events)


# Its chapters on operations and backends: the table is made on first use, and its records expire by themselves.
def test_the_table_it_creates_expires_records():
    db = minidynamo.simulate(clock=minidynamo.ManualClock(), profile="calm")

    async def use():
        async with idemkit.DynamoBackend(**ANY_KEYS) as backend:
            await backend.claim("key", "fingerprint", 1, 60)

    with minidynamo.mock(db):
        with db.faults.on("UpdateTimeToLive", fault=ServerError, times=None):  # For the time of a first use.
            asyncio.run(use())
        asyncio.run(use())  # The next process finds the table.
    about = db.client().describe_time_to_live(TableName="idemkit_records")["TimeToLiveDescription"]
    assert about["TimeToLiveStatus"] == "ENABLED"


# Its four assumptions: a call runs once and duplicates get its result, or an event says what has to be reconciled.
@fixed
@given(simulated(empty, "stormy"))
def test_it_runs_once_or_says_so(db):
    begin(db)
    receipts = set()
    with minidynamo.mock(db):
        for _ in range(5):
            with contextlib.suppress(FAILED):
                receipts.add(charge(order="1", amount=5)["receipt"])
            db.clock.advance(30)  # Half a lease.
    told = sum(event in TO_RECONCILE for event in events)
    assert len(runs) <= 1 + told
    assert len(receipts) <= 1 + told


# Its guarantees: a key that comes again with another payload is refused.
@fixed
@given(simulated(empty, "stormy"), st.lists(st.tuples(st.sampled_from("12"), st.sampled_from([5, 7])), max_size=8))
def test_another_amount_is_never_answered(db, calls):
    begin(db)
    with minidynamo.mock(db):
        for order, amount in calls:
            with contextlib.suppress(FAILED):
                assert charge(order=order, amount=amount)["amount"] == amount


backend = idemkit.DynamoBackend(create_table=False, **ANY_KEYS)
loop = asyncio.new_event_loop()  # One for all examples, as the backend keeps its client.


# Its guarantees: what a worker writes after its lease was taken over is refused.
@fixed
@given(simulated(empty, "stormy"), st.permutations(["dead", "living"]))
def test_a_late_write_is_fenced(db, order):
    begin(db)
    tokens = {}

    async def race():
        tokens["dead"] = (await backend.claim("key", "print", 1, 60)).our_claim_token
        db.clock.advance(61)
        tokens["living"] = (await backend.claim("key", "print", 1, 60)).our_claim_token
        for name in order:
            await backend.complete("key", tokens[name] or "none", 200, {}, name.encode(), 3600)

    with minidynamo.mock(db), contextlib.suppress(idemkit.StorageError):
        loop.run_until_complete(race())
    db.faults.switch_off()
    items = db.Table("idemkit_records").scan()["Items"]
    if tokens.get("living"):
        assert bytes(items[0].get("response_body", b"living")) == b"living"
