"""From files and flags to work orders, and running them."""

from llem_study.checking import PreFlightReport, check_machine, check_order
from llem_study.choices import assignable_keys, values_of
from llem_study.explain import explain_validation
from llem_study.installation import (
    BackendStatus,
    Installation,
    MeterStatus,
    PromptSourceStatus,
    installation,
)
from llem_study.layers import parse_assignment
from llem_study.origins import VARIABLES, Origins, ValueOrigin, origins_of
from llem_study.resolve import load_experiment_config, resolve
from llem_study.run import inspect_order, run_order
from llem_study.saved import catalogue, default_results_dir
from llem_study.sections import plugin_keys
from llem_study.user_config import load_user_config, user_config_path

__version__ = "0.1.0"

__all__ = [
    "BackendStatus",
    "Installation",
    "MeterStatus",
    "PromptSourceStatus",
    "Origins",
    "PreFlightReport",
    "VARIABLES",
    "ValueOrigin",
    "__version__",
    "assignable_keys",
    "catalogue",
    "check_machine",
    "check_order",
    "default_results_dir",
    "explain_validation",
    "inspect_order",
    "installation",
    "load_experiment_config",
    "load_user_config",
    "origins_of",
    "parse_assignment",
    "plugin_keys",
    "resolve",
    "run_order",
    "user_config_path",
    "values_of",
]
