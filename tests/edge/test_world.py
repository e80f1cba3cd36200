"""What the zones of the simulated sensor see, checked by hand."""

from simulators.board.world import Body, World

STREET, SHOP = (0, 7), (8, 15)


def test_an_empty_doorway_shows_the_floor() -> None:
    world = World(mount_mm=2400)

    distances = [world.look(*STREET, now_ms=at).distance_mm for at in range(0, 3000, 30)]

    assert all(2360 < distance < 2440 for distance in distances)


def test_a_walker_is_seen_on_the_street_first_when_coming_in() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="in", height_mm=1700))

    seen = {zone: _first_seen(world, zone) for zone in (STREET, SHOP)}

    assert seen[STREET] < seen[SHOP]


def test_a_walker_under_the_sensor_is_as_near_as_the_head() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="out", speed_mm_s=1500, height_mm=1700))

    reading = world.look(*SHOP, now_ms=980)

    assert abs(reading.distance_mm - 700) < 40


def test_the_same_seed_sees_the_same() -> None:
    first, second = World(seed=7), World(seed=7)

    assert [first.look(*SHOP, now_ms=at).distance_mm for at in range(50)] == [
        second.look(*SHOP, now_ms=at).distance_mm for at in range(50)
    ]


def test_somebody_beside_the_door_is_not_seen() -> None:
    world = World(mount_mm=2400)
    world.walk(Body(started_ms=0, direction="in", x_mm=900))

    distances = [world.look(*STREET, now_ms=at).distance_mm for at in range(0, 2500, 20)]

    assert min(distances) > 2300


def _first_seen(world: World, zone: tuple[int, int]) -> int:
    return next(at for at in range(0, 2500, 10) if world.look(*zone, now_ms=at).distance_mm < 1800)
