"""An MCP server: what an agent may see, try and do of a database, in eight tools over standard input and output."""
