"""Care: what becomes of a complaint after it was heard. Pure."""
