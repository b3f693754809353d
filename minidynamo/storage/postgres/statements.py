"""The statements by which records are read and written. `{s}` is the schema.

A statement that does not find what it expects divides by zero: so the statements of a commit need no look in between.
"""

from __future__ import annotations

from typing import NamedTuple

FORMAT = 1

# Each statement by itself: everything is made at the first opening of a store, and never changed.
MAKE = (
    "CREATE SCHEMA IF NOT EXISTS {s}",
    "CREATE TABLE IF NOT EXISTS {s}.meta (singleton int PRIMARY KEY, format int NOT NULL, version bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {s}.keyspaces (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS {s}.records (keyspace bigint NOT NULL, head bytea NOT NULL, digest bytea NOT NULL, "
    "tail bytea NOT NULL, record bytea NOT NULL, PRIMARY KEY (keyspace, head, digest))",
    "CREATE TABLE IF NOT EXISTS {s}.sessions (id uuid PRIMARY KEY, last bigint NOT NULL, is_over boolean NOT NULL "
    "DEFAULT false, begun timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE IF NOT EXISTS {s}.statistics (name text PRIMARY KEY, items bigint NOT NULL, size bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {s}.dropped (id bigint PRIMARY KEY)",
    f"INSERT INTO {{s}}.meta VALUES (1, {FORMAT}, 1) ON CONFLICT DO NOTHING",
    "INSERT INTO {s}.keyspaces (name) VALUES ('system') ON CONFLICT DO NOTHING",
)


class Statements(NamedTuple):
    """The statements, of one dialect.

    Attributes:
        begin: by the kind of a transaction, what it begins with.
        horizon: the expression of the number below which all changes are in the state that is read.
        change_number: the expression of the transaction's own number.
    """

    begin: dict[str, tuple[str, ...]]
    horizon: str
    change_number: str


POSTGRESQL = Statements(
    begin={
        "read": (),
        "item": ("BEGIN ISOLATION LEVEL REPEATABLE READ", "LOCK TABLE {s}.meta IN ROW SHARE MODE"),
        "snapshot": ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",),
        "write": ("BEGIN ISOLATION LEVEL REPEATABLE READ", "LOCK TABLE {s}.meta IN ROW SHARE MODE"),
        "definition": (
            "BEGIN ISOLATION LEVEL REPEATABLE READ",
            "LOCK TABLE {s}.meta IN EXCLUSIVE MODE",
            # Keeps out the statements that are a transaction by themselves, before they see any state.
            "LOCK TABLE {s}.records IN SHARE ROW EXCLUSIVE MODE",
        ),
    },
    horizon="pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    change_number="pg_current_xact_id()::text::bigint",
)

TOUCH = "SELECT version, {horizon} FROM {s}.meta"
GET = (
    "SELECT m.version, {horizon}, r.record FROM {s}.meta m LEFT JOIN {s}.records r "
    "ON r.keyspace = %b AND r.head = %b AND r.digest = %b"
)
GET_MANY = (
    "SELECT m.version, {horizon}, k.position, r.record FROM {s}.meta m "
    "CROSS JOIN unnest(%b::bigint[], %b::bytea[], %b::bytea[]) WITH ORDINALITY AS k(keyspace, head, digest, position) "
    "LEFT JOIN {s}.records r ON r.keyspace = k.keyspace AND r.head = k.head AND r.digest = k.digest"
)
RANGE = (
    "SELECT m.version, {horizon}, r.head, r.tail, r.record FROM {s}.meta m LEFT JOIN LATERAL "
    "(SELECT head, tail, record FROM {s}.records WHERE keyspace = %b AND head >= %b AND (head, tail) >= (%b, %b)"
    "{until} ORDER BY head{desc}, tail{desc} LIMIT %s) r ON true"
)
UNTIL = " AND head <= %b AND (head, tail) < (%b, %b)"


def _one(change: str) -> str:
    """A change that must find one record."""
    return f"WITH done AS ({change} RETURNING 1) SELECT 1 / count(*) FROM done"


_PLACE = "keyspace = %b AND head = %b AND digest = %b"
INSERT = "INSERT INTO {s}.records VALUES (%b, %b, %b, %b, %b)"
UPSERT = INSERT + " ON CONFLICT (keyspace, head, digest) DO UPDATE SET record = excluded.record"
UPDATE = _one("UPDATE {s}.records SET record = %b WHERE keyspace = %b AND head = %b AND digest = %b AND record = %b")
DELETE = _one("DELETE FROM {s}.records WHERE keyspace = %b AND head = %b AND digest = %b AND record = %b")
DELETE_ANY = "DELETE FROM {s}.records WHERE keyspace = %b AND head = %b AND digest = %b"
CHECK = (
    "SELECT 1 / count(*) FROM (SELECT 1 FROM {s}.records WHERE keyspace = %b AND head = %b AND digest = %b "
    "AND record = %b FOR SHARE) held"
)
APPEND = "INSERT INTO {s}.records VALUES (%b, %b || int8send(({change_number} << 20) + %b), '', '', %b)"
MARK = _one("UPDATE {s}.sessions SET last = %b WHERE id = %b AND NOT is_over")
REQUIRE_VERSION = "SELECT 1 / count(*) FROM {s}.meta WHERE version = %b"
COUNT_UP = "UPDATE {s}.meta SET version = version + 1"
CREATE = "INSERT INTO {s}.keyspaces (name) VALUES (%s) RETURNING id"
DROP = (
    "WITH gone AS (DELETE FROM {s}.keyspaces WHERE name = %s RETURNING id) INSERT INTO {s}.dropped SELECT id FROM gone"
)
KEYSPACES = "SELECT name, id FROM {s}.keyspaces"
STATISTICS = "SELECT name, items, size FROM {s}.statistics"
ADD_STATISTICS = (
    "INSERT INTO {s}.statistics VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE SET "
    "items = statistics.items + excluded.items, size = statistics.size + excluded.size"
)
OPEN_SESSION = "INSERT INTO {s}.sessions (id, last) VALUES (%s, 0)"
CLOSE_SESSION = "DELETE FROM {s}.sessions WHERE id = %s"
# Waits for a commit that is under way, and keeps one from coming later; asked again, it says the same.
RESOLVE = "UPDATE {s}.sessions SET is_over = true WHERE id = %s RETURNING last"
FORGET_SESSIONS = "DELETE FROM {s}.sessions WHERE begun < now() - interval '1 day'"
CLEAN_UP = "DELETE FROM {s}.records WHERE ctid = ANY(ARRAY(SELECT ctid FROM {s}.records WHERE keyspace = %s LIMIT %s))"
DROPPED = "SELECT id FROM {s}.dropped LIMIT 1"
FORGET_DROPPED = "DELETE FROM {s}.dropped WHERE id = %s"
MEASURE = (
    "SELECT k.name, count(r.record), coalesce(sum((get_byte(r.record, 0) << 16) + (get_byte(r.record, 1) << 8) "
    "+ get_byte(r.record, 2)), 0) FROM {s}.keyspaces k LEFT JOIN {s}.records r ON r.keyspace = k.id GROUP BY k.name"
)
READ_FORMAT = "SELECT format FROM {s}.meta"


# The changes of one record, by whether it was there and whether it will be.
_ONE_RECORD = {
    (
        True,
        True,
    ): "UPDATE {s}.records SET record = %b WHERE keyspace = %b AND head = %b AND digest = %b AND record = %b",
    (False, True): INSERT,
    (True, False): "DELETE FROM {s}.records WHERE keyspace = %b AND head = %b AND digest = %b AND record = %b",
}


def one_record(was: bool, will_be: bool, appends: int) -> str:
    """A whole transaction in one statement: one record is changed, and so many changes are appended.

    It fails by itself where the version of the tables, the record or the session is not what it is said to be.
    """
    added = "".join(f", added{number} AS ({APPEND} RETURNING 1)" for number in range(appends))
    return (
        "WITH fit AS (SELECT 1 / count(*) AS once FROM {s}.meta WHERE version = %b), "
        f"done AS ({_ONE_RECORD[was, will_be]} RETURNING 1), "
        "mark AS (UPDATE {s}.sessions SET last = %b WHERE id = %b AND NOT is_over RETURNING 1)"
        f"{added} SELECT (SELECT once FROM fit) / (SELECT count(*) FROM done) / (SELECT count(*) FROM mark)"
    )


class Texts:
    """The statements with the schema and the dialect filled in.

    Parameters:
        schema: where the tables are.
        dialect: of the engine.
    """

    def __init__(self, schema: str, dialect: Statements = POSTGRESQL) -> None:
        filled = {"s": f'"{schema}"', "horizon": dialect.horizon, "change_number": dialect.change_number}
        self._filled = filled
        self._ready: dict[str, bytes] = {}
        self.begin = {kind: tuple(map(self.of, each)) for kind, each in dialect.begin.items()}

    def of(self, statement: str) -> bytes:
        """A statement, ready to be sent."""
        ready = self._ready.get(statement)
        if ready is None:
            text = statement
            for name, value in self._filled.items():
                text = text.replace(f"{{{name}}}", value)
            ready = self._ready[statement] = text.encode()
        return ready

    def range(self, has_end: bool, reverse: bool) -> bytes:
        """The statement that reads a range."""
        text = RANGE.replace("{until}", UNTIL if has_end else "").replace("{desc}", " DESC" if reverse else "")
        return self.of(text)
