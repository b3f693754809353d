"""Named, seeded workloads, measured for this tree, another revision of it and its peers in one interleaved run."""
