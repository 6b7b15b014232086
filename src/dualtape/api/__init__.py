"""The drivers: what users call. Each file holds one of them; `_arguments.py` holds what they share."""
