"""Small applications with one planted bug each: what a test under drawn faults has to find, and to shrink."""
