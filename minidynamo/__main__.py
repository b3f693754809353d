"""`python -m minidynamo`: the command line."""

import sys

from minidynamo.cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())
