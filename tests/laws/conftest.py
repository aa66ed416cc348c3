"""Laws run the same way every time: no clock, no memory of earlier runs."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "laws",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "mutants", settings.get_profile("laws"), max_examples=30, phases=[Phase.explicit, Phase.generate]
)
# mutmut sets the name of the defect it planted: it wants to know quickly whether a law is broken, not how simply.
settings.load_profile("mutants" if "MUTANT_UNDER_TEST" in os.environ else "laws")
