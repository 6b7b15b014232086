"""What c/special.h does by cases, for active numbers."""
