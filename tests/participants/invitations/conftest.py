import pytest

from events.programs.models import Program
from tests.cast import Cast, make_delegation, make_program


@pytest.fixture
def program(cast: Cast) -> Program:
    program = make_program(cast)
    make_delegation(cast, program, cast.beichen)
    return program
