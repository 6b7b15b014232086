"""The clone of a user's function: its names stand for substitutes that take active numbers."""
