"""What scripts/soak calls growth: both sides of its line, with the noise of snapshots in it."""
import importlib.machinery
import importlib.util
import pathlib
import random
import unittest

PATH = pathlib.Path(__file__).resolve().parents[2] / "scripts/soak"
loader = importlib.machinery.SourceFileLoader("soak", str(PATH))
soak = importlib.util.module_from_spec(importlib.util.spec_from_loader("soak", loader))
loader.exec_module(soak)

MIB = 1 << 20


def samples(bytes_a_second, seconds=1200, noise=6 * MIB):
    """20 minutes; memory fills during the first two."""
    chance = random.Random(3)
    return [{"seconds": float(s), "events": s * 100_000,
             "resident_bytes": int(30 * MIB * min(1, s / 120) + bytes_a_second * s
                                   + chance.choice((0, 0, noise)))}
            for s in range(2, seconds, 2)]


class Judge(unittest.TestCase):
    def verdict(self, found):
        return soak.judge(found)["verdict"]

    def test_a_warm_up_and_snapshots_are_no_growth(self):
        self.assertEqual(self.verdict(samples(0)), "memory stays")

    def test_both_sides_of_the_line(self):
        line = soak.ALLOWED_BYTES / 600
        self.assertEqual(self.verdict(samples(0.8 * line)), "memory stays")
        self.assertEqual(self.verdict(samples(1.25 * line)), "memory grows")

    def test_a_byte_an_event_is_found_within_two_minutes(self):
        self.assertEqual(self.verdict(samples(100_000, seconds=120)), "memory grows")

    def test_too_few_samples_prove_nothing(self):
        self.assertNotEqual(self.verdict(samples(0, seconds=20)), "memory stays")

    def test_the_page_holds_all_of_it(self):
        found = [s | {"keys": 1, "evictions": 2, "snapshots": 3} for s in samples(0)]
        page = soak.page(found, soak.judge(found))
        self.assertEqual(page.count("<polyline"), 5)
        self.assertNotIn("http", page)


if __name__ == "__main__":
    unittest.main()
