"""Recording a function: what NumPy's protocols bring to active numbers, and the handlers that answer."""
