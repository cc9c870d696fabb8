"""The index that the host's pip is configured for: the environment, then the files pip reads, of which the last wins.

https://pip.pypa.io/en/stable/topics/configuration/
"""

from configparser import ConfigParser, Error

from nipsys.model import HostFacts


def find_indexes(host: HostFacts) -> tuple[str, ...]:
    """Return the host's indexes without a trailing slash, the main one first: configured, else pip's default; empty without pip."""
    found: dict[str, str] = {}
    for path, text in host.config_files:
        if path.endswith("pip.conf"):
            found.update(_read_options(text))
    for option, variable in (("index-url", "PIP_INDEX_URL"), ("extra-index-url", "PIP_EXTRA_INDEX_URL")):
        if host.getenv(variable):
            found[option] = host.getenv(variable) or ""
    if not found.get("index-url"):
        own = host.getenv("pip.default")
        return (f"{own}/simple",) if own else ()
    listed = [found["index-url"], *found.get("extra-index-url", "").split()]
    return tuple(dict.fromkeys(address.strip().rstrip("/") for address in listed if "://" in address))


def _read_options(text: str) -> dict[str, str]:
    """Return the index options of the sections ``global`` and ``install``; empty for an invalid file."""
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return {}
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found.update(
                {
                    name.replace("_", "-"): value
                    for name, value in parser.items(section)
                    if name.replace("_", "-") in {"index-url", "extra-index-url"}
                }
            )
    return found
