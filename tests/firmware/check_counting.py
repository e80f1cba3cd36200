"""From zone distances to passages: the cases that can be checked by hand."""

import gc
import unittest

from counting import Counter

_FLOOR = 2400
_HEAD = 700
_PAUSE_MS = 1000  # until nobody is waited for any more


def _feed(counter, *visits, pause_ms=_PAUSE_MS, floor_mm=_FLOOR, head_mm=_HEAD, start_ms=0):
    """Feed a sample every 30 ms; a visit is ((on, off) of zone 0, (on, off) of zone 1)."""
    end = max(off for zones in visits for _, off in zones) + pause_ms
    outcomes = []
    for at in range(0, end, 30):
        zone = at // 30 % 2
        busy = any(zones[zone][0] <= at < zones[zone][1] for zones in visits)
        outcome = counter.add(start_ms + at, zone, head_mm if busy else floor_mm)
        if outcome:
            outcomes.append(outcome)
    return outcomes


def _profile(counter, *parts):
    """Feed parts of ((on, off, distance) of zone 0, the same of zone 1); return the outcomes."""
    outcomes = []
    for at in range(0, max(off for part in parts for _, off, _ in part) + _PAUSE_MS, 30):
        zone = at // 30 % 2
        seen = [p[zone][2] for p in parts if p[zone][0] <= at < p[zone][1]]
        outcome = counter.add(at, zone, min(seen) if seen else _FLOOR)
        if outcome:
            outcomes.append(outcome[0])
    return outcomes


class Wrapping(Counter):
    """A counter that is fed with the ticks of an ESP32."""

    def add(self, at_ms, zone, distance_mm):
        return super().add(at_ms % (1 << 30), zone, distance_mm)


class CountingTest(unittest.TestCase):
    def test_street_first_is_in(self):
        self.assertEqual("in", _feed(Counter((_FLOOR, _FLOOR)), ((0, 600), (300, 900)))[0][0])

    def test_shop_first_is_out(self):
        self.assertEqual("out", _feed(Counter((_FLOOR, _FLOOR)), ((300, 900), (0, 600)))[0][0])

    def test_two_people_in_a_row_are_two(self):
        first, second = ((0, 600), (300, 900)), ((1300, 1900), (1600, 2200))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), first, second)
        self.assertEqual(["in", "in"], [what for what, _ in outcomes])

    def test_who_looks_in_for_two_seconds_and_turns_back_is_not_counted(self):
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), ((0, 2000), (400, 1500))))

    def test_who_turns_back_at_once_looks_like_two_who_cross(self):
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), ((0, 1200), (300, 900)))
        self.assertEqual(["ambiguous"], [what for what, _ in outcomes])

    def test_who_touches_one_side_only_is_not_counted(self):
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), ((0, 800), (0, 0))))

    def test_both_zones_at_once_are_ambiguous(self):
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), ((0, 600), (0, 600)))
        self.assertEqual("ambiguous", outcomes[0][0])
        self.assertTrue(500 <= outcomes[0][1] <= 700)

    def test_a_long_lead_is_surer_than_a_short_one(self):
        slow = _feed(Counter((_FLOOR, _FLOOR)), ((0, 600), (300, 900)))[0][1]
        fast = _feed(Counter((_FLOOR, _FLOOR)), ((0, 240), (90, 330)))[0][1]
        self.assertTrue(fast < slow <= 99)

    def test_a_child_is_seen_over_a_deep_floor(self):
        visit = ((0, 500), (250, 750))
        outcomes = _feed(Counter((2800, 2800)), visit, floor_mm=2800, head_mm=1600)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_people_who_walk_while_the_ticks_wrap_are_counted_as_ever(self):
        period = 1 << 30  # of the ESP32's ticks
        for start in (period - 450, period - 1200, period - 2000, period):
            counter = Wrapping((_FLOOR, _FLOOR))
            first, second = ((0, 600), (300, 900)), ((1300, 1900), (1600, 2200))
            outcomes = _feed(counter, first, second, start_ms=start)
            self.assertEqual(["in", "in"], [what for what, _ in outcomes])

    def test_a_glance_days_ago_makes_nobody_ambiguous(self):
        counter = Counter((_FLOOR, _FLOOR))
        _feed(counter, ((0, 800), (0, 0)))  # touched one side
        outcomes = _feed(counter, ((0, 600), (300, 900)), start_ms=700_000_000)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_a_pram_is_nobody_and_who_pushes_it_is_one(self):
        counter = Counter((_FLOOR, _FLOOR))
        pram = _feed(counter, ((0, 1100), (350, 1450)), head_mm=1450)
        pusher = _feed(counter, ((0, 500), (200, 700)), start_ms=2000)
        self.assertEqual([[], ["in"]], [[what for what, _ in o] for o in (pram, pusher)])

    def test_the_upper_edge_of_the_door_leaf_is_nobody(self):
        visit = ((0, 150), (90, 240))
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), visit, head_mm=350))

    def test_a_head_as_high_as_the_leaf_is_one_with_its_shoulders(self):
        for head_first in (0, 120):  # the head leans forward, or is above the shoulders
            counter = Counter((_FLOOR, _FLOOR))
            shoulders = ((120 - head_first, 480, 690), (320 - head_first, 680, 690))
            head = ((0 + head_first, 330, 350), (200 + head_first, 530, 350))
            self.assertEqual(["in"], _profile(counter, shoulders, head))

    def test_a_high_head_with_a_glance_of_the_shoulders_in_each_zone_is_one(self):
        shoulders = ((240, 270, 690), (330, 360, 690))
        head = ((0, 240, 350), (90, 330, 350))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), shoulders, head))

    def test_a_high_head_weighs_as_long_as_it_was_there(self):
        heads = ((0, 180, 420), (30, 240, 440)), ((180, 240, 530), (0, 0, 750))
        outcomes = _profile(Counter((_FLOOR, _FLOOR)), *heads, ((240, 420, 760), (240, 510, 750)))
        self.assertEqual(["in"], outcomes)

    def test_a_high_head_is_right_below_the_sensor_although_only_shoulders_count(self):
        head, shoulders = ((0, 180, 410), (30, 210, 410)), ((180, 330, 720), (210, 420, 720))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), head, shoulders))

    def test_a_high_head_that_leans_far_ahead_of_slow_shoulders_is_theirs(self):
        head, shoulders = ((0, 450, 410), (240, 600, 410)), ((450, 660, 700), (600, 900, 700))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), head, shoulders))

    def test_a_leaf_that_stood_there_is_not_the_head_of_who_comes_then(self):
        counter = Counter((_FLOOR, _FLOOR))
        leaf = ((0, 2_000, 350), (0, 0, 350))
        self.assertEqual(
            ["in"], _profile(counter, leaf, ((2_000, 2_400, 700), (2_200, 2_600, 700)))
        )

    def test_a_head_right_below_the_sensor_is_passed_by_nobody(self):
        outcomes = _feed(Counter((2250, 2250)), ((0, 270), (30, 300)), floor_mm=2250, head_mm=540)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_who_is_seen_by_both_zones_in_turn_need_not_run(self):
        outcomes = _feed(Counter((2000, 2000)), ((0, 250), (30, 280)), floor_mm=2000, head_mm=420)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_two_heads_close_together_are_two_although_nobody_ever_left_both_zones(self):
        counter = Counter((_FLOOR, _FLOOR))
        first = ((0, 400, 700), (200, 600, 700))
        shoulders = ((660, 780, 1300), (600, 680, 1300))
        second = ((780, 1260, 700), (900, 1460, 700))
        self.assertEqual(["in", "in"], _profile(counter, first, shoulders, second))

    def test_who_comes_close_behind_and_does_not_keep_step_is_no_other(self):
        counter = Counter((_FLOOR, _FLOOR))
        first = ((0, 400, 700), (200, 600, 700))
        shoulders = ((660, 780, 1300), (600, 680, 1300))
        sways = ((780, 2760, 700), (900, 2960, 700))
        self.assertEqual(["in"], _profile(counter, first, shoulders, sways))

    def test_who_stands_and_sways_under_the_sensor_and_goes_on_is_one(self):
        counter = Counter((_FLOOR, _FLOOR))
        sway = [((at, at + 600, 700 + 300 * (at // 600 % 2)),) * 2 for at in range(300, 6300, 600)]
        begin, end = ((0, 300, 700), (200, 300, 700)), ((6300, 6310, 700), (6300, 6600, 700))
        self.assertEqual(["in"], _profile(counter, begin, *sway, end))

    def test_two_who_cross_are_ambiguous_and_not_silence(self):
        visit = ((0, 700), (60, 640))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), visit)
        self.assertEqual(["ambiguous"], [what for what, _ in outcomes])

    def test_adding_readings_allocates_nothing(self):
        if not hasattr(gc, "mem_alloc"):
            return  # CPython does not tell
        counter = Counter((_FLOOR, _FLOOR))
        gc.collect()
        before = gc.mem_alloc()
        for at in range(0, 900, 31):
            counter.add(at, at & 1, _HEAD)
        self.assertEqual(0, gc.mem_alloc() - before)

    def test_a_few_weak_readings_do_not_end_a_visit(self):
        counter = Counter((_FLOOR, _FLOOR))
        outcomes = []
        for at in range(0, 1500, 30):
            zone = at // 30 % 2
            busy = (0 <= at < 600) if zone == 0 else (300 <= at < 900)
            distance = (None if at in (120, 360, 420, 630) else _HEAD) if busy else _FLOOR
            outcomes.append(counter.add(at, zone, distance))
        self.assertEqual(["in"], [outcome[0] for outcome in outcomes if outcome])

    def test_a_child_with_dark_hair_that_neither_zone_sees_in_between_is_one(self):
        for gap in (240, 480):
            visit = ((0, 180), (180 + gap, 360 + gap))
            outcomes = _feed(Counter((_FLOOR, _FLOOR)), visit, head_mm=1300)
            self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_who_touches_one_side_twice_is_not_counted(self):
        visits = ((0, 180), (0, 0)), ((420, 600), (0, 0))
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), *visits))

    def test_who_pushes_a_pram_slantwise_through_is_one_and_not_ambiguous(self):
        counter = Counter((_FLOOR, _FLOOR))
        pram = ((0, 240, 1450), (120, 660, 1450))
        pusher = ((360, 780, 900), (660, 960, 900))
        self.assertEqual(["in"], _profile(counter, pram, pusher))

    def test_who_follows_a_pram_that_only_the_other_zone_saw_is_told_by_where_they_are(self):
        pram = ((0, 440, 1450), (0, 0, 1450))
        pusher = ((680, 1050, 900), (410, 770, 900))
        self.assertEqual(["out"], _profile(Counter((_FLOOR, _FLOOR)), pram, pusher))

    def test_a_single_low_reading_is_no_pram(self):
        edge = ((0, 0, 1450), (270, 300, 1450))
        body = ((0, 560, 700), (90, 270, 700))
        self.assertEqual(["ambiguous"], _profile(Counter((_FLOOR, _FLOOR)), body, edge))

    def test_who_turns_back_between_the_zones_is_nobody(self):
        for gap in (30, 150, 300):  # the darker, the longer they are seen by neither
            there = ((0, 300), (300 + gap, 1500)), ((1500 + gap, 1800 + gap), (0, 0))
            self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), *there))

    def test_who_is_in_one_zone_right_after_the_other_may_stand_between_them(self):
        there, back = ((0, 330), (330, 1500)), ((1800, 2100), (0, 0))
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), there, back))

    def test_two_whom_both_zones_never_see_at_once_are_two(self):
        first, second = ((120, 240), (0, 120)), ((900, 1020), (690, 840))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), first, second)
        self.assertEqual(["out", "out"], [what for what, _ in outcomes])

    def test_two_who_follow_each_other_closely_are_two_once_both_zones_were_free(self):
        first, second = ((0, 600), (300, 900)), ((1020, 1620), (1320, 1920))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), first, second)
        self.assertEqual(["in", "in"], [what for what, _ in outcomes])

    def test_who_stands_between_the_zones_and_sways_is_one(self):
        visits = [((at, at + 240), (at + 330, at + 1100)) for at in range(0, 6000, 1500)]
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), *visits)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_who_stands_there_for_long_may_be_lost_from_view_for_a_while(self):
        there = ((0, 2400), (210, 4800)), ((7200, 7440), (4980, 7200))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), *there)
        self.assertEqual([], outcomes)

    def test_who_shows_up_between_the_zones_again_at_once_is_the_same(self):
        visits = ((480, 1080), (0, 420)), ((1320, 1920), (1170, 1230))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), *visits)
        self.assertEqual(["out"], [what for what, _ in outcomes])

    def test_a_single_reading_long_after_somebody_is_not_their_way_back(self):
        walk, noise = ((0, 6000, 700), (5700, 6200, 700)), ((6600, 6630, 700), (0, 0, 700))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), walk, noise))

    def test_a_single_reading_of_the_other_zone_lets_nobody_through(self):
        glance = ((0, 390, 700), (930, 960, 700))
        self.assertEqual([], _profile(Counter((_FLOOR, _FLOOR)), glance))

    def test_a_second_reading_shows_that_the_first_was_somebody(self):
        walk = ((0, 390, 700), (930, 1050, 700))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), walk))

    def test_shoulders_below_a_high_head_are_no_glimpse(self):
        head = ((0, 240, 700), (210, 690, 350))
        outcomes = _profile(Counter((_FLOOR, _FLOOR)), head, ((0, 0, 700), (690, 720, 700)))
        self.assertEqual(["in"], outcomes)

    def test_who_sways_above_the_second_zone_is_not_followed_by_themselves(self):
        parts = (
            ((0, 400, 690), (150, 460, 690)),  # the head, then the shoulders, and twice more
            ((400, 480, 980), (460, 840, 980)),
            ((0, 0, 980), (840, 960, 1010)),
            ((900, 1500, 980), (960, 1440, 760)),
            ((0, 0, 980), (1440, 1800, 980)),
            ((0, 0, 980), (1800, 1920, 1010)),
            ((1890, 2400, 980), (1920, 2400, 760)),
            ((0, 0, 980), (2400, 2900, 980)),
        )
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), *parts))

    def test_who_sways_between_the_zones_again_and_again_is_not_followed_by_themselves(self):
        visits = (
            ((0, 240), (390, 720)),
            ((780, 1800), (1950, 2220)),
            ((2370, 3390), (3540, 3750)),
        )
        self.assertEqual(["in"], [what for what, _ in _feed(Counter((_FLOOR, _FLOOR)), *visits)])
        goes_back = ((3900, 4080), (0, 0))
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), *visits, goes_back))

    def test_whom_the_far_zone_glimpses_first_comes_from_the_near_one(self):
        visits = ((60, 420), (30, 60)), ((0, 0), (390, 3000))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), *visits)
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_who_leaves_by_where_they_came_from_is_nobody_wherever_they_were_longer(self):
        visits = ((0, 2100), (90, 480)), ((0, 0), (1200, 1320)), ((0, 0), (1920, 1980))
        self.assertEqual([], _feed(Counter((_FLOOR, _FLOOR)), *visits))

    def test_who_stops_in_the_second_zone_is_one(self):
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), ((0, 300), (200, 900)))
        self.assertEqual(["in"], [what for what, _ in outcomes])

    def test_a_long_body_that_runs_is_two_who_cross(self):
        outcomes = _feed(Counter((2700, 2700)), ((0, 540), (120, 660)), floor_mm=2700, head_mm=1200)
        self.assertEqual(["ambiguous"], [what for what, _ in outcomes])

    def test_a_pram_and_who_pushes_it_may_be_long_and_run(self):
        pram = ((0, 270, 1450), (120, 390, 1450))
        pusher = ((270, 660, 900), (390, 780, 900))
        self.assertEqual(["in"], _profile(Counter((_FLOOR, _FLOOR)), pram, pusher))

    def test_who_looks_in_right_before_somebody_comes_is_ambiguous(self):
        visits = ((0, 180), (0, 0)), ((420, 1020), (720, 1320))
        outcomes = _feed(Counter((_FLOOR, _FLOOR)), *visits)
        self.assertEqual(["in", "ambiguous"], [what for what, _ in outcomes])

    def test_a_floor_out_of_range_is_nobody(self):
        counter = Counter((_FLOOR, _FLOOR))
        for at in range(0, 900, 30):
            self.assertIsNone(counter.add(at, at // 30 % 2, None))
        self.assertFalse(counter.is_busy)


unittest.main()
