def captures(f, args, kwargs):
    return None
