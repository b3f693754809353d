"""credstash 1.17.1 at the command line, and the advice on it. test_advice.py runs it where that is installed."""

import contextlib
import io
import json
import sys

import boto3
import credstash

import minidynamo


class Keys:
    """Stands for AWS KMS."""

    def generate_data_key(self, **request):
        return {"Plaintext": b"p" * 64, "CiphertextBlob": b"c" * 64}

    def decrypt(self, **request):
        return {"Plaintext": b"p" * 64}


def client(session, name, *arguments, _others=boto3.Session.client, **options):
    return Keys() if name == "kms" else _others(session, name, *arguments, **options)


def run(*arguments):
    sys.argv = ["credstash", "-r", "us-east-1", *arguments]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        credstash.main()
    return printed.getvalue()


def use():
    """150 secrets of three programs, some of which are written anew, read and deleted."""
    run("setup")
    run("putall", json.dumps({f"app{number % 3}.secret{number}": f"value {number}" for number in range(150)}))
    for number in range(0, 150, 3):
        run("put", "--autoversion", f"app0.secret{number}", "another value")
    assert len(run("list").splitlines()) == 200
    assert json.loads(run("getall"))["app0.secret3"] == "another value"
    for number in range(30):
        assert run("get", f"app1.secret{number * 3 + 1}") == f"value {number * 3 + 1}\n"
    for _ in range(12):
        assert len(json.loads(run("get", "app2.*"))) == 50
    for number in range(12):
        run("delete", f"app0.secret{number * 3}")


boto3.Session.client = client
with minidynamo.mock(), minidynamo.observe() as ledger:
    use()
print(json.dumps([[each.rule, each.place, each.text] for each in ledger.advice()]))
