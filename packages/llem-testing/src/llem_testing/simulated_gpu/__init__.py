"""GPUs in software, whose true energy is known.

A `Scenario` says what the boards of a machine really draw and what their sensors are like.
`SimulatedNvml` answers pynvml's functions from the scenario and the monotonic time alone: a fake
clock can drive it, and any number of processes agree on it. `Truth` integrates what really was.

    clock = FakeClock()
    scenario = Scenario(
        gpus=(Gpu(uuid="GPU-0", power=ConstantPower(power_w=300.0), sensors=CONTINUOUS_COUNTER),),
    ).starting(clock)
    nvml = SimulatedNvml(scenario, clock.monotonic_ns)
    joules = Truth(scenario).energy_j("GPU-0", start_ns, end_ns)

The sensor model
----------------
All times are whole nanoseconds since the scenario's start, all powers whole milliwatts: seconds
and watts of the scenario are rounded to them first. P(t) is the true power. With

    T  update_period_s      how often a sensor publishes
    f  phase_s              when it does so first
    J  jitter_s             by how much it strays
    D  delay_s              how old what it publishes is
    W  averaging_window_s   how much of the past it averages
    g, o, s                 gain, offset_w, and noise_w, a standard deviation

update number k (a whole number, below 0 before the start) comes at

    t_k = f + k T                                without jitter
    t_k = f + k T + round(J (u_k - 1/2))         with jitter

and until the next one the sensor stays as it is. What it tells of is the span that ends at
s_k = t_k - D. The mean power there, one division of whole numbers, is

    m_k = (E(s_k) - E(s_k - W)) / W              for W > 0; E is the integral of P
    m_k = P(s_k)                                 for W = 0: an instant
    v_k = g m_k + o + s z_k                      in milliwatts, computed from left to right

u_k and z_k are hashes of seed, device, sensor and k: see `noise`. The sensor of u_k is the name
followed by `/jitter`; the names are the keys of `Sensors`.

- A power sensor shows max(0, round(v_k)) milliwatts, halves to even.
- An energy counter grows at update k >= 0 by max(0, round((t_k - t_(k-1)) v_k)) picojoules, and
  shows the whole millijoules of its sum. Its W is the time since its last update (nothing is
  missed), or `sampled_s` (a part is taken for the whole). It starts with `energy_at_start_mj`;
  after a reload of the driver it shows what it has grown since.
- The buffer of samples holds the latest updates of its own sensor since the start.

Before its start a scenario has the power of its start, for sensors that look back.

Faults, units, return codes
---------------------------
As NVML: mW, mJ, MHz, degrees C, bytes. A `Fault` refuses a function, or gives a single field of
`nvmlDeviceGetFieldValues` its own return code, for a while. Field values and samples carry the
wall clock in microseconds. What is not modelled (other fields, other scopes than the GPU's, other
functions) is refused as not supported. A field's `latencyUsec` is 0: a formula takes no time.
"""

from llem_testing.simulated_gpu.binding import SimulatedNvml
from llem_testing.simulated_gpu.changing import ChangingGpus
from llem_testing.simulated_gpu.gpu import Clocks, Gpu, GpuProcess, MigDevice, PowerLimits
from llem_testing.simulated_gpu.profiles import (
    Bursts,
    ConstantPower,
    Phase,
    Phases,
    PiecewisePower,
    PowerProfile,
    Ramp,
    SquareWave,
)
from llem_testing.simulated_gpu.scenario import Fault, Scenario
from llem_testing.simulated_gpu.scenario_file import (
    SCENARIO_VARIABLE,
    read_scenario,
    write_scenario,
)
from llem_testing.simulated_gpu.sensor_classes import (
    AVERAGE_ONLY,
    CONSUMER,
    CONTINUOUS_COUNTER,
    INSTANT_ONLY,
    NOISY,
    SAMPLED_COUNTER,
    SENSOR_CLASSES,
    VOLTA,
)
from llem_testing.simulated_gpu.sensor_models import (
    EnergyCounter,
    PowerSensor,
    SampleBuffer,
    Sensors,
)
from llem_testing.simulated_gpu.stand_in import StandIn
from llem_testing.simulated_gpu.throttling import Throttle
from llem_testing.simulated_gpu.timeline import Timeline, always
from llem_testing.simulated_gpu.truth import Truth

__all__ = [
    "AVERAGE_ONLY",
    "CONSUMER",
    "CONTINUOUS_COUNTER",
    "INSTANT_ONLY",
    "NOISY",
    "SAMPLED_COUNTER",
    "SCENARIO_VARIABLE",
    "SENSOR_CLASSES",
    "VOLTA",
    "Bursts",
    "ChangingGpus",
    "Clocks",
    "ConstantPower",
    "EnergyCounter",
    "Fault",
    "Gpu",
    "GpuProcess",
    "MigDevice",
    "Phase",
    "Phases",
    "PiecewisePower",
    "PowerLimits",
    "PowerProfile",
    "PowerSensor",
    "Ramp",
    "SampleBuffer",
    "Scenario",
    "Sensors",
    "SimulatedNvml",
    "SquareWave",
    "StandIn",
    "Throttle",
    "Timeline",
    "Truth",
    "always",
    "read_scenario",
    "write_scenario",
]
