"""What the entry points name. Nothing heavy is imported here: listing plugins must be cheap."""

from llem_contracts import BackendDescriptor, MeterDescriptor

WATTMETER = MeterDescriptor(
    name="acme-wattmeter",
    summary="a wattmeter that shows what ACME_WATTMETER says",
    factory="llem_plugin_acme.wattmeter:wattmeter",
    device_kinds=frozenset({"accelerator", "host"}),
    rank=40,
    automatic=False,
)

ECHO = BackendDescriptor(
    name="acme-echo",
    summary="says the prompt again, at a pace",
    factory="llem_plugin_acme.echo:echo_backend",
    precisions=frozenset({"fp32"}),
    decoding_strategies=frozenset({"greedy"}),
    output_lengths=frozenset({"fixed", "natural"}),
    section_model="llem_plugin_acme.section:EchoSection",
)
