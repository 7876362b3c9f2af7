"""The cast and the sample hold together: what the other tests stand on."""

import pytest

from participants.rosters.models import Registration
from tests.cast import STEPS, build_sample


@pytest.mark.django_db
def test_the_sample_has_people_in_every_status() -> None:
    build_sample()
    assert set(Registration.objects.values_list("status", flat=True)) == set(STEPS)
