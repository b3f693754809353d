"""HTTP APIs of functions, as Amazon API Gateway has them: definitions, and the door that answers for them."""
