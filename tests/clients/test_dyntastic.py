"""A program written with dyntastic: Pydantic models on tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dyntastic import A, Dyntastic, Index, transaction
from dyntastic.exceptions import DoesNotExist
from pydantic import Field

from tests.clients.conftest import Reach


class Product(Dyntastic):
    __table_name__ = "products"
    __hash_key__ = "product_id"
    __table_region__ = "us-east-1"

    product_id: str
    name: str
    price: Decimal = Decimal(0)
    tags: list[str] = Field(default_factory=list)


def test_models(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = Product
    monkeypatch.setattr(model, "__table_host__", reach.endpoint, raising=False)
    model._dynamodb_resource_instance = model._dynamodb_client_instance = model._dynamodb_table_instance = None
    model.create_table(Index("name", index_name="by_name"), wait=True)
    for number in range(5):
        Product(product_id=str(number), name=f"n{number % 2}", price=Decimal(number), tags=["x"]).save()
    product = Product.get("3")
    assert (product.name, product.price) == ("n1", 3)
    assert sorted(each.product_id for each in Product.query(A.name == "n0", index="by_name")) == ["0", "2", "4"]
    assert {each.product_id for each in Product.scan(A.price >= 2)} == {"2", "3", "4"}
    product.update(A.price.set(Decimal("9.5")), condition=A.name == "n1")
    assert Product.get("3").price == Decimal("9.5")
    with Product.batch_writer():
        Product(product_id="9", name="batch").save()
    with transaction():
        Product(product_id="10", name="transaction").save()
        Product(product_id="11", name="transaction").save()
    assert len(list(Product.scan())) == 8
    with pytest.raises(DoesNotExist):
        Product.get("nope")
