"""What python-dynamodb-lock 0.9.1 promises, under faults. test_applications.py runs it where that is installed."""

import contextlib
from datetime import timedelta
from types import SimpleNamespace

import boto3
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from python_dynamodb_lock import python_dynamodb_lock as library
from python_dynamodb_lock.python_dynamodb_lock import DynamoDBLock, DynamoDBLockClient, DynamoDBLockError

import minidynamo
from minidynamo.testing import DynamoDBStateMachine, TableSchema, simulated

empty = minidynamo.connect(clock=minidynamo.ManualClock())
with minidynamo.mock(empty):
    DynamoDBLockClient.create_dynamodb_table(boto3.client("dynamodb", region_name="us-east-1"))
fixed = settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.generate, Phase.shrink))
STOLEN, TIMEOUT = DynamoDBLockError.LOCK_STOLEN, DynamoDBLockError.ACQUIRE_TIMEOUT


class Locks(DynamoDBLockClient):
    """Without its two threads: the tests send the heartbeats."""

    def _start_heartbeat_sender_thread(self):
        pass

    _start_heartbeat_checker_thread = _start_heartbeat_sender_thread


class AtOnce:
    """Calls the callbacks of the application where the package would hand them to a thread."""

    def submit(self, function, *arguments):
        function(*arguments)


def locks_of(db):
    clock = db.clock  # The package waits and measures by the database's clock.
    library.time = SimpleNamespace(time=clock.now, monotonic=clock.now, sleep=clock.advance)
    return Locks(boto3.resource("dynamodb", region_name="us-east-1"), app_callback_executor=AtOnce())


# Its chapter on errors: a release finds a lock stolen only where somebody has changed the table by hand.
@fixed
@given(simulated(empty, "stormy"))
def test_a_release_is_no_theft(db):
    with minidynamo.mock(db):
        try:
            locks_of(db).acquire_lock("door").release(best_effort=False)
        except DynamoDBLockError as error:
            assert error.code != STOLEN


# The same chapter, of heartbeats.
@fixed
@given(simulated(empty, "stormy"))
def test_a_heartbeat_is_no_theft(db):
    told = []
    with minidynamo.mock(db):
        locks = locks_of(db)
        try:
            lock = locks.acquire_lock("door", app_callback=lambda code, lock: told.append(code))
        except DynamoDBLockError:
            return
        locks._send_heartbeat(lock)
        locks._send_heartbeat(lock)
    assert STOLEN not in told


# acquire_lock: who waits in vain for the lock of another client gets a timeout.
@fixed
@given(simulated(empty, "stormy"))
def test_a_lock_that_nobody_holds_is_not_waited_for(db):
    with minidynamo.mock(db):
        try:
            locks_of(db).acquire_lock("door")
        except DynamoDBLockError as error:
            assert error.code != TIMEOUT


# release_lock: the item is gone then.
@fixed
@given(simulated(empty, "stormy"))
def test_a_released_lock_is_free(db):
    with minidynamo.mock(db):
        try:
            locks_of(db).acquire_lock("door").release(best_effort=False)
        except DynamoDBLockError:
            return
    db.faults.switch_off()
    assert db.Table("DynamoDBLockTable").scan()["Count"] == 0


# Its features: without heartbeats a lock is free after the lease.
@fixed
@given(simulated(empty, "stormy"))
def test_an_abandoned_lock_can_be_had(db):
    with minidynamo.mock(db):
        ann, bob = locks_of(db), locks_of(db)
        try:
            ann.acquire_lock("door")
        except DynamoDBLockError:
            return
        try:
            bob.acquire_lock("door", retry_timeout=timedelta(minutes=10))
        except DynamoDBLockError as error:
            assert error.code != TIMEOUT


NAMES = st.sampled_from(["ann", "bob"])


# Its notes on consistency: no two clients hold a lock while heartbeats are sent within the lease.
class Door(DynamoDBStateMachine):
    tables = TableSchema.of(empty)
    answers_boto3 = True

    def begin(self):
        self.clients = {"ann": locks_of(self.database), "bob": locks_of(self.database)}
        self.locks = {}

    @rule(name=NAMES, seconds=st.sampled_from([1, 60]))
    def acquire(self, name, seconds):
        if name not in self.locks:
            wait = {"retry_timeout": timedelta(seconds=seconds), "app_callback": lambda code, lock: None}
            with contextlib.suppress(DynamoDBLockError):
                self.locks[name] = self.clients[name].acquire_lock("door", **wait)

    @rule(name=NAMES)
    def beat(self, name):
        if name in self.locks:
            self.clients[name]._send_heartbeat(self.locks[name])

    @rule(name=NAMES)
    def release(self, name):
        if name in self.locks:
            self.locks.pop(name).release()

    @rule(seconds=st.sampled_from([5, 29, 31]))
    def wait(self, seconds):
        self.database.clock.advance(seconds)

    @invariant()
    def one_holds_it(self):
        begun = self.database.clock.now() - 30
        held = [each for each in self.locks.values() if each.status == DynamoDBLock.LOCKED]
        assert sum(each.last_updated_time > begun for each in held) <= 1


TestDoor = Door.TestCase
TestDoor.settings = settings(fixed, max_examples=40)
