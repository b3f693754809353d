"""`minidynamo top`: what a database does at the moment, as a live page in a terminal or as one table."""
