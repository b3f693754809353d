"""Where handlers run: packages of code, execution environments in threads and processes, and what these log."""
