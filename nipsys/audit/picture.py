"""Draw the closure of a build or a generation: what was built from what, and how many bytes of each kind it depends on."""

from collections.abc import Iterable
from html import escape

from nipsys.audit.closure import FindRecord, find_build_closure
from nipsys.builder.output import BuildRecord
from nipsys.model.package import Seed, TrustReport

_WIDE, _HIGH, _GAP_X, _GAP_Y, _LEGEND = 200, 44, 70, 16, 225
_COLOURS = {
    "built": "#dcecf7",
    "seed": "#f7d4cf",
    "readable source": "#8fbf8f",
    "generated": "#e8cf7a",
    "binary in sources": "#d98880",
    "opaque": "#b03a2e",
}


def draw_trust(trust: TrustReport, tops: Iterable[BuildRecord], get: FindRecord) -> str:
    """Return an SVG document; equal records give equal text. The grafted packages of a source share one box."""
    tops = tuple(tops)
    layers = _layers(tops, get)
    grafts = _grafts(trust, layers)
    places: dict[str, tuple[int, int]] = {}
    for depth, layer in enumerate(layers):
        for row, record in enumerate(layer):
            places[record.key] = (20 + depth * (_WIDE + _GAP_X), 90 + row * (_HIGH + _GAP_Y))
    below = len(layers[0]) if layers else 0
    width = max(40 + len(layers) * (_WIDE + _GAP_X), 40 + 4 * _LEGEND)
    height = 110 + max([below + len(grafts), *map(len, layers)]) * (_HIGH + _GAP_Y)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/><text x="20" y="20" font-size="15">{escape(trust.target)}</text>')
    out += _bar(trust, width - 40)
    for layer in layers:
        for record in layer:
            out += _edges(record, places)
    for layer in layers:
        for record in layer:
            out += _built(record, places[record.key])
    for row, (source, seeds) in enumerate(grafts.items()):
        out += _grafted(source, seeds, (20, 90 + (below + row) * (_HIGH + _GAP_Y)))
    return "\n".join([*out, "</svg>", ""])


def _layers(tops: tuple[BuildRecord, ...], get: FindRecord) -> list[list[BuildRecord]]:
    """Place every build in a layer after the last build that uses it. Each iteration of a dependency cycle is a separate build."""
    depth: dict[str, int] = {}
    waiting = [(top, 0, frozenset[str]()) for top in tops]
    while waiting:
        record, at, above = waiting.pop(0)
        if depth.get(record.key, -1) >= at or record.key in above:
            continue
        depth[record.key] = at
        found = [below for given in record.inputs if (below := get(given.key)) is not None]
        waiting += [(below, at + 1, above | {record.key}) for below in found]
    layers: list[list[BuildRecord]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for record in find_build_closure(tops, get):
        layers[depth[record.key]].append(record)
    return [layer for layer in layers if layer]


def _grafts(trust: TrustReport, layers: list[list[BuildRecord]]) -> dict[str, list[Seed]]:
    """Group the binary packages that were not built here by their source."""
    built = {record.label for layer in layers for record in layer}
    found: dict[str, list[Seed]] = {}
    for seed in trust.seeds:
        if seed.recipe not in built:
            found.setdefault(seed.recipe, []).append(seed)
    return found


def _bar(trust: TrustReport, width: int) -> list[str]:
    parts = [
        ("readable source", sum(source.readable_bytes for source in trust.sources)),
        ("generated", sum(source.generated_bytes for source in trust.sources)),
        ("binary in sources", sum(source.binary_bytes for source in trust.sources)),
        ("opaque", trust.opaque_bytes),
    ]
    whole = max(1, sum(size for _, size in parts))
    out, at = [], 20.0
    for place, (name, size) in enumerate(parts):
        wide = width * size / whole
        out.append(f'<rect x="{at:.1f}" y="30" width="{wide:.1f}" height="14" fill="{_COLOURS[name]}"/>')
        out.append(f'<rect x="{20 + place * _LEGEND}" y="54" width="10" height="10" fill="{_COLOURS[name]}"/>')
        out.append(f'<text x="{34 + place * _LEGEND}" y="63">{name} {size:,} B</text>')
        at += wide
    return out


def _edges(record: BuildRecord, places: dict[str, tuple[int, int]]) -> list[str]:
    x, y = places[record.key]
    out = []
    for given in record.inputs:
        if given.key in places:
            to_x, to_y = places[given.key]
            from_x, from_y, end_y = x + _WIDE, y + _HIGH // 2, to_y + _HIGH // 2
            middle = (from_x + to_x) // 2
            curve = f"M{from_x},{from_y} C{middle},{from_y} {middle},{end_y} {to_x},{end_y}"
            out.append(f'<path d="{curve}" fill="none" stroke="#999"/>')
    return out


def _built(record: BuildRecord, place: tuple[int, int]) -> list[str]:
    opaque = sum(material.size for material in record.materials if material.opaque)
    size = f"seed of {opaque:,} B" if opaque else f"{record.size:,} B, built {_times(len(record.witnesses))}"
    return _box(place, "seed" if opaque else "built", (record.label, size, record.tree[7:27]))


def _grafted(source: str, seeds: list[Seed], place: tuple[int, int]) -> list[str]:
    signed = next((seed.signed_by for seed in seeds if seed.signed_by), "")
    lines = (
        f"{source}: {len(seeds)} binary packages",
        f"{sum(seed.size for seed in seeds):,} B, opaque",
        f"signed by {signed}" if signed else "not signed",
    )
    return _box(place, "seed", lines)


def _box(place: tuple[int, int], kind: str, lines: tuple[str, str, str]) -> list[str]:
    (x, y), (name, size, small) = place, lines
    return [
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="5" fill="{_COLOURS[kind]}" stroke="#555"/>',
        f'<text x="{x + 8}" y="{y + 15}" font-weight="bold">{escape(_shorten(name))}</text>',
        f'<text x="{x + 8}" y="{y + 28}">{escape(size)}</text>',
        f'<text x="{x + 8}" y="{y + 40}" fill="#666">{escape(_shorten(small))}</text>',
    ]


def _shorten(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
