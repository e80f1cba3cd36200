"""What the zones of the simulated sensor see, checked by hand."""

from random import Random

from simulators.board.crowds import SCENARIOS
from simulators.board.vl53l1x import SIGMA_HIGH
from simulators.board.world import Body, Leaf, World

STREET, SHOP = (0, 7), (8, 15)


def test_an_empty_doorway_shows_the_floor() -> None:
    world = World(mount_mm=2400)

    distances = [world.look(*STREET, now_ms=at).distance_mm for at in range(0, 3000, 30)]

    assert all(2300 < distance < 2500 for distance in distances)


def test_a_walker_is_seen_on_the_street_first_when_coming_in() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="in", height_mm=1700))

    seen = {zone: _first_seen(world, zone) for zone in (STREET, SHOP)}

    assert seen[STREET] < seen[SHOP]


def test_a_walker_under_the_sensor_is_as_near_as_the_head() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="out", speed_mm_s=1500, height_mm=1700))

    reading = world.look(*SHOP, now_ms=960)

    assert 650 < reading.distance_mm < 950  # the shoulders beside it are seen as well


def test_the_same_seed_sees_the_same() -> None:
    first, second = World(seed=7), World(seed=7)

    assert [first.look(*SHOP, now_ms=at).distance_mm for at in range(50)] == [
        second.look(*SHOP, now_ms=at).distance_mm for at in range(50)
    ]


def test_somebody_beside_the_door_is_not_seen() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="in", x_mm=900))

    distances = [world.look(*STREET, now_ms=at).distance_mm for at in range(0, 2500, 20)]

    assert min(distances) > 2250


def test_the_leaf_of_the_door_is_seen_as_high_as_its_edge() -> None:
    world = World(mount_mm=2400)
    world.swing(Leaf(started_ms=0, swing_ms=1000, open_ms=500, top_mm=2050))

    nearest = min(world.look(*SHOP, now_ms=at).distance_mm for at in range(0, 1000, 20))

    assert 300 < nearest < 400


def test_the_sun_on_the_floor_gives_readings_that_are_no_distance() -> None:
    world = World(mount_mm=2400, ambient=20_000)

    statuses = {world.look(*SHOP, now_ms=at).status for at in range(200)}

    assert SIGMA_HIGH in statuses


def test_who_turns_back_is_no_passage_and_leaves_where_they_came_from() -> None:
    world = World()
    body = Body(started_ms=0, direction="in", turns_at_mm=0, pause=(-1, 500))
    world.walk(body)

    assert world.passages == []
    assert body.y_mm(body.duration_s * 1000) < -1400


def test_a_pram_goes_ahead_of_who_pushes_it() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="in", pram_mm=1000))

    first = _first_seen(world, STREET)
    seen = [world.look(*STREET, now_ms=at).distance_mm for at in range(first, first + 100, 10)]

    assert all(1300 < distance < 1900 for distance in seen)


def test_every_scenario_is_the_same_for_the_same_seed() -> None:
    for scenario in SCENARIOS.values():
        assert scenario(Random(3), 0) == scenario(Random(3), 0)


def _first_seen(world: World, zone: tuple[int, int]) -> int:
    return next(at for at in range(0, 2500, 10) if world.look(*zone, now_ms=at).distance_mm < 1800)
