"""The seam around requests: what a client talks to, and what may be laid around it."""
