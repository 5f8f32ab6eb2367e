"""Which GPUs a process may use, and what they are called."""

from typing import Any

import pytest
from llem_contracts import ConfigError

ONE_MODEL = ("H100", "H100", "H100")
TWO_MODELS = ("H100", "L4")


def indices(devices: Any) -> list[int]:
    return [facts.index for facts in devices.visible()]


class TestVisibleDevices:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("2,0", [2, 0]),
            ("1", [1]),
            (" 1 , 2 ", [1, 2]),
            ("0,7,1", [0]),
            ("0,-1,1", [0]),
            ("0,x,1", [0]),
            ("0,0", []),
            ("", []),
            ("NoDevFiles", []),
            ("GPU-00000001-aaaa,GPU-00000000", [1, 0]),
            ("GPU-0000000", []),
            ("GPU-00000001,GPU-nobody,GPU-00000000", [1]),
            ("MIG-slice-of-0", [0]),
            ("MIG-GPU-00000001-aaaa/1/0", [1]),
            ("MIG-GPU-00000009-aaaa/1/0", []),
            ("MIG-nobody", []),
        ],
    )
    def test_entries_are_read_as_cuda_reads_them(
        self, make_machine: Any, value: str, expected: list[int]
    ) -> None:
        devices = make_machine(ONE_MODEL).devices(CUDA_VISIBLE_DEVICES=value)
        assert indices(devices) == expected

    def test_two_slices_of_one_board_are_two_names_and_one_device(self, make_machine: Any) -> None:
        machine = make_machine(ONE_MODEL)
        devices = machine.devices(CUDA_VISIBLE_DEVICES="MIG-slice-of-0,MIG-slice-of-0")
        assert devices.resolve(["cuda:0", "cuda:1"]) == (machine.uuids[0],) * 2
        assert indices(devices) == [0]

    def test_a_slice_is_known_by_the_facts_of_its_board(self, make_machine: Any) -> None:
        machine = make_machine(ONE_MODEL)
        devices = machine.devices(CUDA_VISIBLE_DEVICES="MIG-slice-of-0")
        assert devices.facts("MIG-slice-of-0").uuid == machine.uuids[0]
        # an engine that gives the board's UUID beside the name of a slice
        assert devices.facts(machine.uuids[1].replace("GPU-", "MIG-")).uuid == machine.uuids[1]
        with pytest.raises(ConfigError, match="MIG-nobody"):
            devices.facts("MIG-nobody")

    def test_without_the_variable_all_come_in_the_order_of_the_bus(self, make_machine: Any) -> None:
        machine = make_machine(ONE_MODEL)
        machine.boards[0].pci = "00000000:F0:00.0"
        assert indices(machine.devices()) == [1, 2, 0]

    def test_a_hidden_board_is_no_problem_but_is_told_when_all_are(self, make_machine: Any) -> None:
        machine = make_machine(ONE_MODEL)
        assert machine.devices(CUDA_VISIBLE_DEVICES="1").problems() == ()
        (problem,) = machine.devices(CUDA_VISIBLE_DEVICES="").problems()
        assert (problem.code, problem.blocking) == ("gpus_hidden", False)


class TestUnknownOrder:
    def test_an_index_among_different_models_is_refused_with_the_cure(
        self, make_machine: Any
    ) -> None:
        devices = make_machine(TWO_MODELS).devices(CUDA_VISIBLE_DEVICES="1")
        assert devices.visible() == ()
        (problem,) = devices.problems()
        assert (problem.code, problem.blocking) == ("gpu_order_unknown", True)
        with pytest.raises(ConfigError) as caught:
            devices.resolve(["cuda:0"])
        assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in (caught.value.cure or "")

    def test_all_of_them_are_visible_though_their_names_are_unknown(
        self, make_machine: Any
    ) -> None:
        devices = make_machine(TWO_MODELS).devices()
        assert indices(devices) == [0, 1]
        assert [problem.blocking for problem in devices.problems()] == [False]
        with pytest.raises(ConfigError):
            devices.resolve(["cuda:1"])

    @pytest.mark.parametrize(
        "environ",
        [
            {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1"},
            {"CUDA_VISIBLE_DEVICES": "GPU-00000001"},
        ],
    )
    def test_bus_order_or_uuids_settle_it(self, make_machine: Any, environ: dict[str, str]) -> None:
        machine = make_machine(TWO_MODELS)
        devices = machine.devices(**environ)
        assert devices.problems() == ()
        assert devices.resolve(["cuda:0"]) == (machine.uuids[1],)
