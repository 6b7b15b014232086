"""What NumPy functions, ufuncs and array methods do with active numbers: a file per family, a row or a small function
each."""
