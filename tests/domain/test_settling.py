from datetime import timedelta

from domain.settling import settled
from examples import T0, later


def test_the_settled_point_lies_a_write_and_the_clocks_behind() -> None:
    assert settled(T0, timedelta(seconds=10)) == later(-12_000)


def test_it_never_goes_back_while_the_clock_does_not() -> None:
    points = [settled(later(step), timedelta(seconds=10)) for step in range(0, 50, 7)]
    assert points == sorted(points)
