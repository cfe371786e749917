"""The eight promises of the paper, as tools/demo shows them."""

import pytest
from laboratory.points import POINTS


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_point(lab, point) -> None:
    seen = point(lab)
    assert seen.as_promised, str(seen)
