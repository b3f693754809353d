"""What the console's pages ask for: a module of methods for each page."""
