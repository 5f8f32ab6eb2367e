import mmap
from types import SimpleNamespace

import pytest
from llem_backend_pytorch.memory import MIB, MemoryRecord, ResidentSetGauge, weights_bytes
from llem_backend_pytorch.out_of_memory import (
    asked_bytes,
    batch_does_not_fit,
    host_available_bytes,
    is_out_of_memory,
    likely_batch_size,
)
from llem_contracts import GenerationRequest, OutOfMemory
from llem_schema import ExperimentConfig, PyTorchConfig


class Gauge:
    source = "allocator"
    peak_covers = "since_reset"

    def __init__(self):
        self.now = 10 * MIB
        self.highest = 90 * MIB

    def current(self):
        return self.now

    def peak(self):
        return self.highest

    def reset_peak(self):
        self.highest = self.now


class TestMemoryRecord:
    def test_the_peak_holds_the_resident_model_and_begins_at_the_reset(self):
        gauge = Gauge()
        record = MemoryRecord(gauge, 8 * MIB)
        gauge.highest = 25 * MIB
        usage = record.usage()
        assert (usage.weights_mib, usage.model_memory_mib) == (8, 10)
        assert (usage.peak_memory_mib, usage.inference_memory_mib) == (25, 15)
        assert usage.device_memory_mib is None
        record.reset()
        assert record.usage().peak_memory_mib == 10


class TestResidentSet:
    def proc(self, tmp_path):
        (tmp_path / "status").write_text("VmHWM:\t  300 kB\nVmRSS:\t  200 kB\n")
        return tmp_path

    def test_the_peak_since_a_reset_is_the_kernels_mark(self, tmp_path):
        proc = self.proc(tmp_path)
        gauge = ResidentSetGauge(proc, highest_ever=lambda: 999)
        gauge.reset_peak()
        assert (proc / "clear_refs").read_text() == "5"
        assert (gauge.current(), gauge.peak()) == (200 * 1024, 300 * 1024)
        assert gauge.peak_covers == "since_reset"

    def test_a_refused_reset_gives_the_peak_of_the_process_and_says_so(self, tmp_path):
        proc = self.proc(tmp_path)
        (proc / "clear_refs").mkdir()
        gauge = ResidentSetGauge(proc, highest_ever=lambda: 999)
        gauge.reset_peak()
        assert gauge.peak() == 999
        assert gauge.peak_covers == "since_process_start"

    def test_a_system_without_proc_tells_what_it_can(self, tmp_path):
        gauge = ResidentSetGauge(tmp_path / "none", highest_ever=lambda: 999)
        gauge.reset_peak()
        assert (gauge.current(), gauge.peak()) == (999, 999)

    def test_this_process_is_measured(self):
        gauge = ResidentSetGauge()
        gauge.reset_peak()
        before = gauge.current()
        with mmap.mmap(-1, 64 * MIB) as block:  # the allocator may have that much to spare
            block.write(b"x" * (64 * MIB))
            assert gauge.peak() - before > 32 * MIB


class TestLikelyBatchSize:
    @pytest.mark.parametrize(
        ("batch_size", "used", "free", "expected"),
        [
            (64, 100, 60, 32),  # 34 would fit
            (64, 100, 20, 8),  # 11 would fit
            (64, 100, 500, 32),  # it did not fit, whatever the estimate says
            (12, None, None, 4),
            (1, None, None, 0),
            (4, 100, 10, 0),
        ],
    )
    def test_it_is_a_power_of_two_below_the_one_that_failed(self, batch_size, used, free, expected):
        assert likely_batch_size(batch_size, used, free) == expected

    def test_the_error_names_the_key_to_set(self):
        error = batch_does_not_fit("cuda:0", 64, 100, 60)
        assert "batch size 64" in str(error)
        assert (error.batch_size, error.likely_batch_size) == (64, 32)
        assert error.cure == "Set pytorch.batch_size to 32."

    def test_a_single_prompt_that_does_not_fit_gets_another_cure(self):
        assert "max_output_tokens" in batch_does_not_fit("cpu", 1, None, None).cure


class TestIsOutOfMemory:
    def test_the_errors_of_device_host_and_python_are_known(self):
        import torch

        assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
        assert is_out_of_memory(MemoryError())
        assert is_out_of_memory(RuntimeError("CUDA error: out of memory\nCUDA kernel errors ..."))
        assert is_out_of_memory(
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
        )
        assert not is_out_of_memory(RuntimeError("shapes do not match"))


class TestWeightsBytes:
    def model(self):
        from torch import nn

        return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5))

    def test_are_those_of_parameters_and_buffers(self):
        # 3 x 5 + 5 of the first, 2 x 5 of the second; two buffers of 5 and a counter of 8 bytes
        assert weights_bytes(self.model()) == 4 * (20 + 10 + 10) + 8

    def test_of_a_matrix_that_is_shared_count_once(self):
        model = self.model()
        assert weights_bytes(model, model) == weights_bytes(model)

    def test_of_quantised_matrices_have_their_scales(self):
        import torch

        plain = weights_bytes(self.model())
        eight, four, nested = self.model(), self.model(), self.model()
        eight[0].weight.SCB = torch.zeros(5)
        four[0].weight.quant_state = SimpleNamespace(absmax=torch.zeros(7), state2=None)
        inner = SimpleNamespace(absmax=torch.zeros(2))
        nested[0].weight.quant_state = SimpleNamespace(
            absmax=torch.zeros(7, dtype=torch.uint8), state2=inner
        )
        assert weights_bytes(eight) == plain + 4 * 5
        assert weights_bytes(four) == plain + 4 * 7
        assert weights_bytes(nested) == plain + 7 + 4 * 2


class TestAskedBytes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has", 20 * 2**30),
            ("CUDA out of memory. Tried to allocate 512.00 MiB.", 512 * MIB),
            ("can't allocate memory: you tried to allocate 70368744185856 bytes.", 70368744185856),
            ("CUDA error: out of memory", 0),
        ],
    )
    def test_are_those_that_torch_tells(self, text, expected):
        assert asked_bytes(RuntimeError(text)) == expected


class TestHostAvailableBytes:
    def test_are_what_linux_estimates_or_unknown(self, tmp_path):
        (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   7 kB\n")
        assert host_available_bytes(tmp_path / "meminfo") == 7 * 1024
        assert host_available_bytes(tmp_path / "none") is None


class TestRealAllocation:
    """Allocations that no machine can serve, so that they fail at once and take nothing."""

    def test_of_weights_that_fails_is_told_as_such(self, backend):
        section = PyTorchConfig(model_kwargs={"vocab_size": 2**48})
        config = ExperimentConfig(model="builtin:tiny", precision="fp32", pytorch=section)
        with pytest.raises(OutOfMemory, match="weights of 'builtin:tiny'") as caught:  # noqa: SIM117
            with backend.load(config):
                pass
        assert caught.value.batch_size is None
        assert "pytorch.quantization" in caught.value.cure

    def test_of_a_batch_that_fails_is_told_with_what_may_fit(self, backend):
        section = PyTorchConfig(batch_size=2, cache_implementation="static")
        config = ExperimentConfig(
            model="builtin:tiny", precision="fp32", max_output_tokens=2**40, pytorch=section
        )
        requests = [GenerationRequest(index, (1, 2)) for index in range(2)]
        with backend.load(config) as loaded, pytest.raises(OutOfMemory) as caught:
            loaded.generate(requests)
        assert str(caught.value) == "memory ran out on cpu at batch size 2"
        assert (caught.value.batch_size, caught.value.likely_batch_size) == (2, 0)
        assert "max_output_tokens" in caught.value.cure
