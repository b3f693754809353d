"""Key schemas, index definitions, and the rules of creating and updating tables."""
