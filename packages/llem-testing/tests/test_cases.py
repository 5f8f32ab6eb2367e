import pytest
from llem_contracts import (
    BackendDescriptor,
    Descriptor,
    MeterDescriptor,
    RequestTokens,
    create,
)
from llem_flops import PalmCounter
from llem_schema import (
    ExperimentResult,
    RunSettings,
    measurement_config_hash,
    none_paths,
    unexplained,
)
from llem_testing import (
    SCRIPTED_BACKEND,
    SCRIPTED_METER,
    ScriptedBackend,
    ScriptedMeter,
    example_config,
    example_order,
    example_requests,
    example_result,
    example_samples,
    example_unmetered_result,
)


class TestExampleResult:
    def test_every_field_that_a_dense_model_has_is_filled(self) -> None:
        assert none_paths(example_result()) == (
            "model.shape.dimensions.sliding_window",
            "model.shape.dimensions.experts",
            "model.shape.experts_per_layer",
            "model.shape.active_experts_per_layer",
            "model.shape.counted_expert_parameters",
        )
        assert unexplained(example_result()) == ()

    def test_its_figures_agree(self) -> None:
        result = example_result()
        total, adjusted, baseline = (
            result.energy_total_j, result.energy_adjusted_j, result.baseline_power_w,
        )  # fmt: skip
        assert total is not None
        assert baseline is not None
        assert adjusted == total - baseline * result.window_duration_s
        assert result.energy_per_output_token_j == total / result.output_tokens
        assert result.energy_per_device_j == {result.meter.devices[0]: total}
        assert result.measurement_config_hash == measurement_config_hash(result.config)
        assert (result.window.end_ns - result.window.start_ns) / 1e9 == result.window_duration_s

    def test_its_flops_are_those_of_its_shape_and_tokens(self) -> None:
        result = example_result()
        request = RequestTokens(input_tokens=12, output_tokens=4)
        shape = result.model.shape
        counted = PalmCounter().count(shape, [request] * result.requests)
        assert result.flops is not None
        left_to_the_caller = ("padding_share", "peak_flops_per_s", "peak_source", "mfu")
        assert counted == result.flops.model_copy(
            update={name: getattr(counted, name) for name in left_to_the_caller}
        )

    def test_an_override_is_validated(self) -> None:
        assert example_result(passes=3).passes == 3
        with pytest.raises(ValueError, match="passes"):
            example_result(passes="3")

    def test_without_a_sensor_every_none_is_explained(self) -> None:
        result = example_unmetered_result()
        assert result.energy_total_j is None
        assert result.not_measured["energy_total_j"].code == "no_sensor"
        assert unexplained(result) == ()

    @pytest.mark.parametrize("result", [example_result(), example_unmetered_result()])
    def test_it_survives_json(self, result: ExperimentResult) -> None:
        assert ExperimentResult.model_validate_json(result.model_dump_json()) == result


class TestExampleRecords:
    def test_an_order_carries_the_config_and_the_folder(self) -> None:
        order = example_order("results", n=3)
        assert (order.config.n, order.settings.results_dir) == (3, "results")
        assert order.config == example_config(n=3)

    def test_samples_and_requests_are_in_order_of_time(self) -> None:
        samples, requests = example_samples(9), example_requests(5, pass_index=1)
        assert [s.monotonic_ns for s in samples] == sorted(s.monotonic_ns for s in samples)
        assert any(sample.temperature_c is None for sample in samples)
        for request in requests:
            assert request.pass_index == 1
            assert request.token_ns == tuple(sorted(request.token_ns))
            assert (request.first_token_ns, request.end_ns) == (
                request.token_ns[0], request.token_ns[-1],
            )  # fmt: skip


class TestDescriptors:
    @pytest.mark.parametrize(
        ("made", "descriptor"),
        [(ScriptedBackend, SCRIPTED_BACKEND), (ScriptedMeter, SCRIPTED_METER)],
    )
    def test_their_factories_make_what_they_describe(
        self, made: type, descriptor: Descriptor
    ) -> None:
        assert isinstance(descriptor, BackendDescriptor | MeterDescriptor)
        assert isinstance(create(descriptor, RunSettings()), made)
