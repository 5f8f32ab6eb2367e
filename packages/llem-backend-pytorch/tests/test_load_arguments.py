"""What `from_pretrained` is handed, field by field."""

import pytest
import torch
from llem_backend_pytorch.load_arguments import load_arguments
from llem_backend_pytorch.settings import settings_of
from llem_schema import ExperimentConfig, PyTorchConfig, QuantizationConfig

ALWAYS = {
    "dtype": torch.float32,
    "trust_remote_code": False,
    "local_files_only": True,
    "output_loading_info": True,
}


def arguments_for(precision="fp32", device="cpu", extra=None, **section):
    config = ExperimentConfig(model="m", pytorch=PyTorchConfig(**section))
    return load_arguments(precision, settings_of(config), device, extra or {})


def quantized(precision="bf16", device="cuda:0", **fields):
    section = {"quantization": QuantizationConfig(**fields)}
    return arguments_for(precision, device, **section)["quantization_config"]


class TestArguments:
    def test_of_an_empty_section_are_those_of_every_load(self):
        assert arguments_for() == ALWAYS

    @pytest.mark.parametrize(
        ("precision", "dtype"),
        [("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)],
        ids=["fp32", "fp16", "bf16"],
    )
    def test_hold_the_precision(self, precision, dtype):
        assert arguments_for(precision) == {**ALWAYS, "dtype": dtype}

    def test_hold_the_attention_implementation(self):
        given = arguments_for(attn_implementation="eager")
        assert given == {**ALWAYS, "attn_implementation": "eager"}

    def test_hold_that_code_is_trusted(self):
        assert arguments_for(trust_remote_code=True) == {**ALWAYS, "trust_remote_code": True}

    def test_hold_the_device_map(self):
        assert arguments_for(device_map="balanced") == {**ALWAYS, "device_map": "balanced"}

    def test_hold_the_plan_by_which_matrices_are_split(self):
        given = arguments_for(tp_plan="auto")
        assert given.pop("distributed_config").tp_plan == "auto"
        assert given == ALWAYS

    def test_hold_what_is_extra_as_it_stands(self):
        assert arguments_for(extra={"variant": "x"}) == {**ALWAYS, "variant": "x"}

    def test_for_other_settings_are_the_same(self):
        given = arguments_for(batch_size=3, num_threads=1, load_format="dummy")
        assert given == ALWAYS


class TestQuantization:
    def test_in_8_bits_is_that_alone(self):
        config = quantized(bits=8)
        assert (config.load_in_8bit, config.load_in_4bit) == (True, False)

    def test_in_4_bits_leaves_open_what_transformers_chooses_and_computes_in_the_precision(self):
        config = quantized(bits=4)
        assert (config.load_in_4bit, config.load_in_8bit) == (True, False)
        assert config.bnb_4bit_quant_type == "fp4"
        assert config.bnb_4bit_use_double_quant is False
        assert config.bnb_4bit_compute_dtype is torch.bfloat16

    def test_holds_the_type_of_the_4_bits(self):
        assert quantized(bits=4, quant_type="nf4").bnb_4bit_quant_type == "nf4"

    def test_holds_double_quantization(self):
        assert quantized(bits=4, double_quant=True).bnb_4bit_use_double_quant is True

    def test_holds_the_type_of_the_arithmetic(self):
        config = quantized(bits=4, compute_dtype="fp16")
        assert config.bnb_4bit_compute_dtype is torch.float16

    def test_puts_the_model_on_its_device_at_once_unless_a_map_spreads_it(self):
        section = {"quantization": QuantizationConfig(bits=8)}
        assert arguments_for(device="cuda:0", **section)["device_map"] == {"": "cuda:0"}
        spread = arguments_for(device="cuda:0", device_map="auto", **section)
        assert spread["device_map"] == "auto"
