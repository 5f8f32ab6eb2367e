from llem_backend_pytorch.cpu_precision import slow_precision
from llem_backend_pytorch.device_choice import choose_device
from llem_schema import AcceleratorFacts, HostFacts

HOST = HostFacts(name="cpu", logical_cores=2, usable_cores=2, memory_total_mib=1.0)
GPU = AcceleratorFacts(
    uuid="GPU-1",
    name="gpu",
    index=0,
    pci_bus_id="0",
    driver_version="1",
    memory_total_mib=1.0,
    power_limit_w=None,
    power_limit_default_w=None,
    power_limit_min_w=None,
    power_limit_max_w=None,
    sm_clock_max_mhz=None,
    memory_clock_max_mhz=None,
    ecc_enabled=None,
    persistence_mode=None,
    mig_enabled=None,
)


def chosen(wanted, visible, cuda_version="13.0"):
    device, problems = choose_device(wanted, visible, cuda_version)
    return device, [(problem.code, problem.blocking) for problem in problems]


class TestChoice:
    def test_auto_takes_a_visible_gpu(self):
        assert chosen("auto", [HOST, GPU]) == ("cuda:0", [])

    def test_auto_takes_the_cpu_where_no_gpu_is_visible(self):
        assert chosen("auto", [HOST]) == ("cpu", [])

    def test_auto_under_a_torch_without_cuda_takes_the_cpu_and_says_so(self):
        assert chosen("auto", [GPU], None) == ("cpu", [("torch_without_cuda", False)])

    def test_the_cpu_is_taken_when_asked_for(self):
        assert chosen("cpu", [GPU]) == ("cpu", [])

    def test_cuda_without_a_gpu_stops_the_run(self):
        assert chosen("cuda", [HOST])[1] == [("no_cuda_device", True)]

    def test_cuda_under_a_torch_without_it_stops_the_run(self):
        assert chosen("cuda", [GPU], None)[1] == [("torch_without_cuda", True)]


class TestSlowPrecision:
    def codes(self, tmp_path, text, precision):
        path = tmp_path / "cpuinfo"
        path.write_text(text)
        return [problem.code for problem in slow_precision(precision, path)]

    def test_a_cpu_with_the_units_is_not_remarked(self, tmp_path):
        assert self.codes(tmp_path, "flags\t\t: fpu avx512_bf16\n", "bf16") == []
        assert self.codes(tmp_path, "Features\t: fp asimd bf16\n", "bf16") == []

    def test_units_for_one_precision_say_nothing_of_the_other(self, tmp_path):
        assert self.codes(tmp_path, "flags : avx512_bf16\n", "fp16") == ["slow_precision"]

    def test_fp32_is_never_slow(self, tmp_path):
        assert self.codes(tmp_path, "flags : fpu\n", "fp32") == []

    def test_nothing_is_claimed_of_an_unknown_cpu(self, tmp_path):
        assert self.codes(tmp_path, "model name : x\n", "bf16") == []
        assert slow_precision("bf16", tmp_path / "none") == ()
