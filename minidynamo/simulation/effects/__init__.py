"""What simulated faults do: to reads, batches, streams and capacity."""
