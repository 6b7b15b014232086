"""The compiled core: owns memory, releases the GIL. Each module here is an extension of its own."""
