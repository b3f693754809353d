"""Pages in the cache of enkonix-django-dynamodb-cache 0.3.3, and the advice on it. test_advice.py runs it."""

import json

import django
from django.conf import settings
from django.core.cache import cache
from enkonix_django_dynamodb_cache.dynamodb import create_table, get_dynamodb
from enkonix_django_dynamodb_cache.settings import Settings

import minidynamo

PAGES = [f"page{number}" for number in range(300)]
BACKEND = {
    "BACKEND": "enkonix_django_dynamodb_cache.backend.DjangoCacheBackend",
    "LOCATION": "pages",
    "OPTIONS": {"aws_region_name": "us-east-1"},
}


def use():
    """Pages of 2 KB are kept together and one by one, read so too, counted and deleted."""
    table = Settings(table_name="pages", aws_region_name="us-east-1")
    create_table(table, get_dynamodb(table))
    cache.set_many(dict.fromkeys(PAGES, "x" * 2_000), timeout=60)
    for page in PAGES[:100]:
        cache.set(page, "y" * 2_000)
    assert [cache.get(page)[0] for page in PAGES] == ["y"] * 100 + ["x"] * 200
    assert len(cache.get_many(PAGES)) == 300
    assert [cache.get_or_set(f"new{number}", number) for number in range(50)] == list(range(50))
    cache.set("views", 0)
    assert [cache.incr("views") for _ in range(50)][-1] == 50
    cache.delete_many(PAGES)


settings.configure(CACHES={"default": BACKEND})
django.setup()
with minidynamo.mock(), minidynamo.observe() as ledger:
    use()
print(json.dumps([[each.rule, each.place, each.text] for each in ledger.advice()]))
