"""Recording a function: the registry that NumPy's protocols reach, decisions and captures, sweeps at outer levels."""
