"""The registry that the host's npm is configured for: the environment, then the user's ``.npmrc``, then the machine's.

https://docs.npmjs.com/cli/using-npm/config
"""

import re

from nipsys.model import HostFacts


def find_registry(host: HostFacts) -> tuple[str, ...]:
    """Return the registry without a trailing slash: the configured one, else npm's default; empty when npm is missing."""
    for variable in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if found := host.getenv(variable):
            return (found.rstrip("/"),)
    registry = ""
    for path, text in host.config_files:
        if path.endswith("npmrc"):
            lines = re.findall(r"(?m)^\s*registry\s*=\s*\"?(\S+?)\"?\s*$", text)
            registry = lines[-1] if lines else registry
    chosen = registry if "://" in registry else host.getenv("npm.default") or ""
    return (chosen.rstrip("/"),) if chosen else ()
