"""What a board's sensors are like: measured, kept, learnt."""

from pathlib import Path
from typing import Any

import pytest
from llem_energy.card_shelf import CACHE_VARIABLE, CardShelf, cache_folder
from llem_energy.nvml_handles import take_inventory
from llem_energy.nvml_meter import POLL_PERIOD_S, poll_period_s
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.sensor_card import (
    LONGEST_S,
    BeatRecord,
    Board,
    SensorCard,
    better_beat,
    measure_cards,
)
from llem_testing.simulated_gpu import AVERAGE_ONLY


def card_of(machine: Any, number: int = 0) -> SensorCard:
    gpu = take_inventory(machine.library).gpus[number]
    sensors = NvmlSensors(machine.library, gpu.handle, machine.clock)
    (card,) = measure_cards([Board(sensors, gpu.uuid, gpu.driver_version)], machine.clock)
    return card


def record(period_s: float, half_s: float) -> BeatRecord:
    return BeatRecord(period_s=period_s, half_s=half_s, spread_s=0.0, updates=9)


class Remembered:
    """Cards in memory."""

    def __init__(self) -> None:
        self.cards: list[SensorCard] = []

    def find(self, uuid: str, driver_version: str, sensors: tuple[str, ...]) -> SensorCard | None:
        return next((card for card in reversed(self.cards) if card.uuid == uuid), None)

    def keep(self, card: SensorCard) -> None:
        self.cards.append(card)


class TestMeasuredCard:
    @pytest.mark.parametrize("tick_s", [0.02, 0.05, 0.1, 0.13])
    def test_has_the_beat_of_the_counter(self, make_machine: Any, tick_s: float) -> None:
        beat = card_of(make_machine(tick_s=tick_s)).beats["energy"]
        assert abs(beat.period_s - tick_s) <= beat.half_s
        assert beat.half_s < 0.01 * tick_s

    def test_takes_three_seconds_at_most(self, make_machine: Any) -> None:
        for machine in (make_machine(tick_s=0.9), make_machine().without_counter()):
            start_ns = machine.clock.now_ns
            card_of(machine)
            assert machine.clock.now_ns - start_ns <= (LONGEST_S + 0.1) * 1e9

    def test_calls_unknown_what_a_steady_power_does_not_show(self, make_machine: Any) -> None:
        card = card_of(make_machine())
        assert set(card.unknown) == {"instant", "average"}
        assert all(card.unknown.values())
        assert set(card.beats) | set(card.unknown) == set(card.sensors)

    def test_says_how_the_counter_relates_to_the_power(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.boards[0].power_gain = 1.1
        assert card_of(machine).counter_to_power == pytest.approx(1 / 1.1, rel=0.01)

    def test_lists_what_can_be_read(self, make_machine: Any) -> None:
        assert tuple(card_of(make_machine()).sensors) == ("energy", "instant", "average")
        assert tuple(card_of(make_machine().without_counter()).sensors) == ("instant", "average")
        assert not card_of(make_machine()).sample_buffer


class TestCardOfASession:
    def test_is_measured_once(self, make_machine: Any) -> None:
        machine = make_machine(cards=Remembered())
        machine.meter.open(machine.uuids).close()
        start_ns = machine.clock.now_ns
        machine.meter.open(machine.uuids)
        assert machine.clock.now_ns - start_ns < 1e9

    def test_takes_no_longer_for_many_boards(self, make_machine: Any) -> None:
        def opening_s(names: tuple[str, ...]) -> float:
            machine = make_machine(names)
            start_ns = machine.clock.now_ns
            machine.meter.open(machine.uuids)
            return (machine.clock.now_ns - start_ns) / 1e9

        assert opening_s(("H100",) * 4) < 1.5 * opening_s(("H100",))

    def test_learns_from_a_load_what_idleness_did_not_show(self, make_machine: Any) -> None:
        kept = Remembered()
        machine = make_machine(cards=kept)
        session = machine.meter.open(machine.uuids)
        assert "instant" not in kept.cards[-1].beats
        for watts in range(100, 700, 30):
            machine.work(0.1, float(watts))
        session.close()
        beat = kept.cards[-1].beats["instant"]
        assert abs(beat.period_s - 0.1) <= beat.half_s + 1e-6
        assert "instant" not in kept.cards[-1].unknown

    @pytest.mark.parametrize("rest_s", [6.0, 30.0])
    def test_learns_no_period_that_two_steps_of_a_load_suggest(
        self, make_scene: Any, rest_s: float
    ) -> None:
        """120 updates hide between them, or were it 119 that are a little longer?"""
        kept = Remembered()
        start_s = 1.76 + rest_s
        scene = make_scene(AVERAGE_ONLY, load_s=(start_s, start_s + 12.0), cards=kept)
        _, session = scene.reading_and_session()
        session.close()
        beat = kept.cards[-1].beats["average"]
        assert abs(beat.period_s - 0.1) <= beat.half_s + 1e-6

    @pytest.mark.parametrize(
        ("known", "shown", "believed"),
        [
            ((0.2, 0.001), (0.1, 0.004), (0.1, 0.004)),
            ((0.1, 0.004), (0.2, 0.001), (0.1, 0.004)),
            ((0.1, 0.004), (0.101, 0.002), (0.101, 0.002)),
            ((0.1, 0.001), (0.101, 0.002), (0.1, 0.001)),
        ],
        ids=["shorter", "longer", "closer", "wider"],
    )
    def test_believes_the_closer_period_or_the_one_that_hides_no_update(
        self,
        known: tuple[float, float],
        shown: tuple[float, float],
        believed: tuple[float, float],
    ) -> None:
        assert better_beat(record(*known), record(*shown)) == record(*believed)

    def test_decides_how_often_to_poll(self, make_machine: Any) -> None:
        assert poll_period_s([card_of(make_machine(tick_s=0.1))]) == POLL_PERIOD_S
        assert poll_period_s([card_of(make_machine(tick_s=0.02))]) == pytest.approx(0.008, rel=0.01)


class TestShelf:
    def test_gives_back_what_was_kept(self, make_machine: Any, tmp_path: Path) -> None:
        card = card_of(make_machine())
        shelf = CardShelf(tmp_path, "pynvml")
        shelf.keep(card)
        assert shelf.find(card.uuid, card.driver_version, tuple(card.sensors)) == card

    def test_keeps_drivers_bindings_and_sensors_apart(
        self, make_machine: Any, tmp_path: Path
    ) -> None:
        card = card_of(make_machine())
        CardShelf(tmp_path, "pynvml").keep(card)
        sensors = tuple(card.sensors)
        assert CardShelf(tmp_path, "other").find(card.uuid, card.driver_version, sensors) is None
        shelf = CardShelf(tmp_path, "pynvml")
        assert shelf.find(card.uuid, "another driver", sensors) is None
        assert shelf.find(card.uuid, card.driver_version, sensors[:1]) is None

    def test_takes_a_broken_file_for_none(self, make_machine: Any, tmp_path: Path) -> None:
        card = card_of(make_machine())
        shelf = CardShelf(tmp_path, "pynvml")
        shelf.keep(card)
        for file in tmp_path.iterdir():
            file.write_text("{")
        assert shelf.find(card.uuid, card.driver_version, tuple(card.sensors)) is None

    def test_takes_a_card_of_another_version_for_none(
        self, make_machine: Any, tmp_path: Path
    ) -> None:
        card = card_of(make_machine())
        shelf = CardShelf(tmp_path, "pynvml")
        shelf.keep(card)
        (file,) = tmp_path.iterdir()
        kept = file.read_text()
        assert '"schema_version": 2' in kept
        file.write_text(kept.replace('"schema_version": 2', '"schema_version": 1'))
        assert shelf.find(card.uuid, card.driver_version, tuple(card.sensors)) is None

    def test_that_cannot_be_written_is_no_error(self, make_machine: Any, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        CardShelf(tmp_path / "file" / "folder", "pynvml").keep(card_of(make_machine()))

    def test_lies_where_the_environment_says(self, tmp_path: Path) -> None:
        assert cache_folder({CACHE_VARIABLE: str(tmp_path)}) == tmp_path / "sensor-cards"
        assert cache_folder({}).name == "sensor-cards"
