"""What requests may be: the API's shapes as data, and the one checker that walks them."""
