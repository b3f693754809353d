"""Change streams: what is kept of each change, in which shard, for how long, and how it is read."""
