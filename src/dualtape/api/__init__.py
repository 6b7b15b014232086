"""The drivers: what users call. A file holds one of them, or a few of a kind; what they share is in files whose names
begin with an underscore."""
