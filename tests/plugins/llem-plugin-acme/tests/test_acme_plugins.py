import subprocess
import sys

import pytest
from llem_contracts import BACKENDS, METERS, create, find, import_object
from llem_plugin_acme import EchoBackend, EchoSection, Wattmeter
from llem_schema import RunSettings


class TestEntryPoints:
    def test_both_are_found_by_name_and_made(self) -> None:
        meter, backend = find(METERS, "acme-wattmeter"), find(BACKENDS, "acme-echo")
        assert meter.distribution == backend.distribution == "llem-plugin-acme"
        assert meter.descriptor is not None
        assert backend.descriptor is not None
        assert isinstance(create(meter.descriptor, RunSettings()), Wattmeter)
        assert isinstance(create(backend.descriptor, RunSettings()), EchoBackend)

    def test_the_section_is_named_by_the_descriptor(self) -> None:
        descriptor = find(BACKENDS, "acme-echo").descriptor
        assert descriptor is not None
        assert descriptor.section_model is not None
        assert import_object(descriptor.section_model, needed_by="test") is EchoSection

    def test_nothing_of_llem_beyond_its_boundaries_is_imported(self) -> None:
        code = (
            "import llem_plugin_acme, sys;"
            "print({m.partition('.')[0] for m in sys.modules if m.startswith('llem')})"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        imported = {name.strip(" '{}\n") for name in done.stdout.split(",")}
        assert imported == {"llem_plugin_acme", "llem_contracts", "llem_schema"}


class TestSection:
    def test_it_has_defaults(self) -> None:
        assert EchoSection().model_dump() == {"step_ms": 1.0, "batch_size": 4}

    @pytest.mark.parametrize("wrong", [{"step_ms": -1.0}, {"batch_size": 0}, {"steps": 1}])
    def test_it_refuses_nonsense(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            EchoSection.model_validate(wrong)
