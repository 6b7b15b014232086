"""Options of a longer run: ``pytest tests/fuzz --programs 100000``."""

USUAL = 240


def pytest_addoption(parser):
    parser.addoption("--programs", type=int, default=USUAL, help="random programs to examine")
    parser.addoption("--first-seed", type=int, default=0, help="seed of the first; -1 for others every day")


def pytest_generate_tests(metafunc):
    if "seeds" in metafunc.fixturenames:
        metafunc.parametrize("seeds", blocks(metafunc.config), ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")


def blocks(config, size=50):
    import datetime

    first, count = config.getoption("--first-seed", 0), config.getoption("--programs", USUAL)
    if first == -1:
        first = datetime.date.today().toordinal() * 1_000_000
    return [range(start, min(start + size, first + count)) for start in range(first, first + count, size)]
