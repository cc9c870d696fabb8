"""Which registry the host's npm is set to: the environment, then the user's ``.npmrc``, then the machine's.

https://docs.npmjs.com/cli/using-npm/config
"""

import re

from nipsys.model.host import HostFacts


def configured_registry(host: HostFacts) -> tuple[str, ...]:
    """Return the registry without the slash at its end: the one configured, else npm's own; none when there is no npm."""
    for variable in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if found := host.get(variable):
            return (found.rstrip("/"),)
    registry = ""
    for path, text in host.texts:
        if path.endswith("npmrc"):
            lines = re.findall(r"(?m)^\s*registry\s*=\s*\"?(\S+?)\"?\s*$", text)
            registry = lines[-1] if lines else registry
    chosen = registry if "://" in registry else host.get("npm.default") or ""
    return (chosen.rstrip("/"),) if chosen else ()
