"""Mutants: databases that break one promise each, so that users learn whether their tests would notice.

    print(run_mutants(test))        # test(database) raises where something is wrong

`minidynamo mutants` runs a whole pytest suite against each of them.
"""
