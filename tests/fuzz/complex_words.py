"""Words whose intermediates are complex: Fourier transforms, exponentials of imaginary numbers, moduli and angles. What
they give is real. See vocabulary.py."""


def fourier(draw, shape):
    if len(shape) == 1:
        (n,) = shape
        options = [
            ("np.real(np.fft.fft({0}))", shape),
            ("np.imag(np.fft.fft({0}) * (0.5 - 1j))", shape),
            ("np.abs(np.fft.fft({0}) + 4.0j)", shape),
            ("np.real(np.fft.ifft(np.fft.fft({0}) * np.fft.fft({1})))", shape, shape),
            (f"np.fft.irfft(np.fft.rfft({{0}}) * {draw.number()}, {n})", shape),
            (f"np.abs(np.fft.rfft({{0}}))[:{n}]", (2 * n - 1,)),
            ("np.real(np.fft.fft({0}, axis=1)[:, -1])", (n, 3)),
        ]
        return draw.choice(options)
    if len(shape) == 2:
        return draw.choice(["np.real(np.fft.fft2({0}))", "np.imag(np.fft.fft({0}, axis=0))"]), shape
    return None


def complex_numbers(draw, shape):
    options = [
        ("np.imag(np.exp(1j * {0}) * {1})", shape, shape),
        ("np.real(np.exp((0.3 + 1j) * {0}) / ({1} + 2j))", shape, shape),
        ("np.abs({0} + 1j * {1} + 0.3)", shape, shape),
        ("np.angle({0}**2 + 0.3 + 1j * {1})", shape, shape),
        ("np.real(np.sin({0} + 0.5j) * np.conj({1} - 1j))", shape, shape),
        ("np.real(({0} + 1j) ** 3)", shape),
        ("np.imag(np.sqrt({0}**2 + 1.0 + 1j * {1}))", shape, shape),
        ("np.real(np.log({0}**2 + 0.5 + 1j * {1}))", shape, shape),
    ]
    if shape == ():
        options += [
            ("cmath.exp(1j * {0}).real", ()),
            ("abs(complex({0}, {1}) + 0.2j)", (), ()),
            ("(complex({0}, 0.7) * (1.0 + {1} * 1j)).imag", (), ()),
            ("cmath.phase({0}**2 + 0.3 + 1j * {1})", (), ()),
        ]
    if len(shape) == 1:
        options += [
            ("np.real(np.array([v * 1j + v**2 for v in {0}]) * (2.0 - 1j))", shape),
            ("np.abs(np.cumsum({0} + 1j * {1}) + 3.0)", shape, shape),
        ]
    if len(shape) == 2:
        options += [("np.imag(({0} + 1j * {1}) @ ({0} - 2j).T)", (shape[0], 2), (shape[0], 2))] * (shape[0] == shape[1])
    return draw.choice(options)


COMPLEX_WORDS = [fourier, complex_numbers]
