"""Errors: their built-in relatives, the user's own line in their text, and that they survive pickling."""

import pickle

import pytest

from dualtape import errors

ALL = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, errors.DualtapeError)]
RELATIVES = {
    errors.TraceEscapeError: (TypeError,),
    errors.UnsupportedOperation: (TypeError, NotImplementedError),
    errors.ShapeError: (ValueError,),
    errors.StructureError: (TypeError,),
    errors.DtypeError: (TypeError,),
    errors.OptionError: (ValueError,),
    errors.LeakedTracerError: (RuntimeError,),
    errors.PerturbationError: (RuntimeError,),
    errors.NonsmoothError: (ArithmeticError,),
    errors.DerivativeMismatch: (AssertionError,),
}


@pytest.mark.parametrize("cls", RELATIVES)
def test_error_derives_from_the_builtin_that_fits(cls):
    assert issubclass(cls, (errors.DualtapeError, *RELATIVES[cls]))
    assert all(issubclass(cls, relative) for relative in RELATIVES[cls])


def test_text_tells_problem_place_and_remedy():
    with pytest.raises(errors.ShapeError) as caught:
        raise errors.ShapeError("tangent has shape (3,), expected (4,)", "pass four entries")
    first, place, remedy = str(caught.value).splitlines()
    assert first == "tangent has shape (3,), expected (4,)"
    assert __file__ in place
    assert "test_text_tells_problem_place_and_remedy" in place
    assert "raise errors.ShapeError" in place
    assert remedy.strip() == "remedy: pass four entries"


@pytest.mark.parametrize("cls", ALL)
def test_error_survives_pickling(cls):
    error = cls("problem", "remedy", "file.py:1")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert str(again) == str(error)
    assert (again.problem, again.remedy, again.where) == ("problem", "remedy", "file.py:1")


def test_location_skips_library_frames():
    names = {"__name__": "numpy.inner", "error": errors.DualtapeError}
    exec(compile("def inner():\n    return error('x')", "library.py", "exec"), names)
    error = names["inner"]()
    assert error.where.startswith(__file__)
