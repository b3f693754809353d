"""A program written with PynamoDB: a model with a GSI, an LSI, a version attribute and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute, VersionAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from tests.clients.conftest import Reach


class ByAuthor(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_author"
        projection = AllProjection()
        read_capacity_units = 1
        write_capacity_units = 1

    author = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class ByViews(LocalSecondaryIndex[Any]):
    class Meta:
        index_name = "by_views"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class Post(Model):
    class Meta:
        table_name = "Posts"
        region = "us-east-1"
        read_capacity_units = 5
        write_capacity_units = 5
        host: str | None = None

    forum = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    author = UnicodeAttribute(default="ann")
    views = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    version = VersionAttribute()
    by_author = ByAuthor()
    by_views = ByViews()


@pytest.fixture
def posts(reach: Reach) -> Any:
    """The model, pointed at where the database is."""
    meta: Any = Post.Meta
    meta.host = reach.endpoint
    Post._connection = None
    Post.create_table(wait=True)
    return Post


def test_models(posts: Any, reach: Reach) -> None:
    assert posts.exists()
    with posts.batch_write() as batch:
        for number in range(30):
            batch.save(posts("python", f"subject {number:02d}", views=number, tags={"a", "b"}))
    assert posts.count("python") == 30
    assert [each.views for each in posts.by_views.query("python", posts.views > 27)] == [28, 29]
    assert [each.views for each in posts.by_author.query("ann", posts.views < 2, scan_index_forward=False)] == [1, 0]
    assert len(list(posts.scan(posts.tags.contains("a"), page_size=7))) == 30
    post = posts.get("python", "subject 05")
    post.update(actions=[posts.views.add(100), posts.tags.delete({"a"})])
    assert (post.views, post.tags, post.version) == (105, {"b"}, 1)
    with pytest.raises(posts.DoesNotExist):
        posts.get("python", "nope")


def test_versions_guard_against_lost_updates(posts: Any) -> None:
    posts("python", "one").save()
    first, second = posts.get("python", "one"), posts.get("python", "one")
    first.views = 1
    first.save()
    second.views = 2
    with pytest.raises(PutError, match="ConditionalCheckFailedException"):
        second.save()
    with pytest.raises(UpdateError):
        second.update(actions=[posts.views.set(3)])


def test_transactions(posts: Any, reach: Reach) -> None:
    connection = Connection(region="us-east-1", host=reach.endpoint)
    with TransactWrite(connection=connection) as transaction:
        transaction.save(posts("python", "one"))
        transaction.save(posts("python", "two"))
    with TransactGet(connection=connection) as transaction:
        found = transaction.get(posts, "python", "two")
    assert found.get().subject == "two"
    with pytest.raises(TransactWriteError) as caught, TransactWrite(connection=connection) as transaction:
        transaction.save(posts("python", "three"))
        transaction.condition_check(posts, "python", "nope", condition=posts.forum.exists())
    assert caught.value.cause_response_code == "TransactionCanceledException"
    assert "[ConditionalCheckFailed, None]" in str(caught.value.cause_response_message)
    assert posts.count("python") == 2
