"""scipy.special beyond the rule table: functions of three and more arguments, those of several results, and derivatives
in orders and parameters. registry.py says what an entry is; each other file holds one family and is imported, with
SciPy, when the first of these functions meets an active number."""
