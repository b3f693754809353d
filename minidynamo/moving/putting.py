"""Putting items where there are none of their keys: what is there already stays.

Many are put in one transaction, where that costs no more than one by one; a target without transactions, and Amazon,
whose transactions cost twice as much, get them one by one, many at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.limits import ITEM_SIZE_BYTES_MAX, TRANSACTION_ACTIONS_MAX, TRANSACTION_SIZE_BYTES_MAX
from minidynamo.moving.differences import compared
from minidynamo.moving.pace import Pace
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import Item, checked_item

_AT_ONCE = 16
# What is said of one item, whoever else is put.
_REFUSALS = frozenset({"ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException"})


@dataclass
class PutReport:
    """What has become of some items.

    Attributes:
        put_count: how many have been put.
        present_count: of how many the key was there already.
        other_count: of how many of these with other attributes.
        refused: the others: their keys, and why.
    """

    put_count: int = 0
    present_count: int = 0
    other_count: int = 0
    refused: list[tuple[Item, str]] = field(default_factory=list)

    def add(self, other: PutReport) -> None:
        """Adds what has become of others."""
        self.put_count += other.put_count
        self.present_count += other.present_count
        self.other_count += other.other_count
        self.refused += other.refused


class ItemPutter:
    """Puts items into a table, where there are none of their keys.

    Parameters:
        endpoint: where the table is.
        table_name: its name.
        key_names: the attributes of its key.
        pace: of the requests.
        by_transactions: whether many are put in one transaction.
    """

    def __init__(
        self, endpoint: Endpoint, table_name: str, key_names: tuple[str, ...], pace: Pace, by_transactions: bool
    ) -> None:
        self._endpoint, self._table_name, self._key_names, self._pace = endpoint, table_name, key_names, pace
        self._by_transactions = by_transactions
        self._pool = ThreadPoolExecutor(_AT_ONCE, "minidynamo puts")

    def close(self) -> None:
        """Ends its threads."""
        self._pool.shutdown(cancel_futures=True)

    def put_absent(self, items: Iterable[Item]) -> PutReport:
        """Puts those whose keys are not there yet.

        Raises:
            DynamoError: the table cannot be written.
        """
        report = PutReport()
        for group in self._groups(items):
            if self._by_transactions and len(group) > 1:
                report.add(self._put_together(group))
            else:
                for each in self._pool.map(self._put_one, group):
                    report.add(each)
        return report

    def _put_together(self, items: Sequence[Item]) -> PutReport:
        request = {"TransactItems": [{"Put": self._put_request(item)} for item in items]}
        try:
            self._pace.execute(self._endpoint, "TransactWriteItems", request, len(items))
        except DynamoError as error:
            return self._put_apart(items, error)
        return PutReport(put_count=len(items))

    def _put_apart(self, items: Sequence[Item], error: DynamoError) -> PutReport:
        """Puts the items of a transaction that has failed: without those that are there, or one by one."""
        reasons = error.members.get("CancellationReasons") or []
        present = [each.get("Code") == "ConditionalCheckFailed" for each in reasons]
        if len(present) == len(items) and any(present):
            absent = [item for item, is_present in zip(items, present, strict=True) if not is_present]
            found = [each.get("Item") for each in reasons]
            others = [_is_other(there, item) for there, item in zip(found, items, strict=True)]
            report = PutReport(present_count=sum(present), other_count=sum(others))
            if absent:
                report.add(self._put_together(absent))
            return report
        if error.code == "UnknownOperationException":
            self._by_transactions = False
        elif error.code not in _REFUSALS and error.code != "TransactionCanceledException":
            raise error
        report = PutReport()
        for item in items:
            report.add(self._put_one(item))
        return report

    def _put_one(self, item: Item) -> PutReport:
        try:
            self._pace.execute(self._endpoint, "PutItem", self._put_request(item))
        except DynamoError as error:
            if error.code == "ConditionalCheckFailedException":
                return PutReport(present_count=1, other_count=int(_is_other(error.members.get("Item"), item)))
            if error.code not in _REFUSALS:
                raise
            return PutReport(refused=[({name: item[name] for name in self._key_names if name in item}, error.message)])
        return PutReport(put_count=1)

    def _put_request(self, item: Item) -> RequestDraft:
        return {
            "TableName": self._table_name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": self._key_names[0]},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _groups(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        """Items that fit into one transaction, each key once."""
        group: list[Item] = []
        keys: set[str] = set()
        size = 0
        for item in items:
            key, item_size = repr([item.get(name) for name in self._key_names]), _size_bytes(item)
            is_full = len(group) == TRANSACTION_ACTIONS_MAX or size + item_size > _GROUP_BYTES_MAX
            if group and (is_full or key in keys):
                yield group
                group, keys, size = [], set(), 0
            group.append(item)
            keys.add(key)
            size += item_size
        if group:
            yield group


def _is_other(there: Item | None, item: Item) -> bool:
    """Whether an item that is there, as far as that is told, has other attributes than one that was to be put."""
    return bool(there) and compared(item, there) is not None


def _size_bytes(item: Item) -> int:
    try:
        return checked_item(item)[1]
    except DynamoError:  # The target says what is wrong with it, where it is put by itself.
        return _GROUP_BYTES_MAX


# Far below what a transaction may hold, since text in a request takes more than its bytes.
_GROUP_BYTES_MAX = TRANSACTION_SIZE_BYTES_MAX // 4
assert _GROUP_BYTES_MAX > ITEM_SIZE_BYTES_MAX
