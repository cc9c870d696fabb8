"""The closure of a build as one picture: what was made from what, and how many bytes of each kind it rests on."""

from html import escape

from nipsys.audit.closure import Get, build_closure
from nipsys.build.records import Record
from nipsys.model.trust import Trust

_WIDE, _HIGH, _GAP_X, _GAP_Y = 190, 44, 70, 16
_COLOURS = {
    "built": "#dcecf7",
    "seed": "#f7d4cf",
    "readable source": "#8fbf8f",
    "generated": "#e8cf7a",
    "binary in sources": "#d98880",
    "opaque": "#b03a2e",
}


def draw(trust: Trust, top: Record, get: Get) -> str:
    """Give an SVG document; equal records give equal text."""
    layers = _layers(top, get)
    places: dict[str, tuple[int, int]] = {}
    for depth, layer in enumerate(layers):
        for row, record in enumerate(layer):
            places[record.key] = (20 + depth * (_WIDE + _GAP_X), 90 + row * (_HIGH + _GAP_Y))
    width = 40 + len(layers) * (_WIDE + _GAP_X)
    height = 110 + max(len(layer) for layer in layers) * (_HIGH + _GAP_Y)
    width = max(width, 700)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/><text x="20" y="20" font-size="15">{escape(trust.target)}</text>')
    out += _bar(trust, width - 40)
    for layer in layers:
        for record in layer:
            out += _edges(record, places)
    for layer in layers:
        for record in layer:
            out += _box(record, places[record.key])
    return "\n".join([*out, "</svg>", ""])


def _layers(top: Record, get: Get) -> list[list[Record]]:
    """Put every build one layer behind the last that uses it, counted along the shortest way so that circles end."""
    depth = {top.key: 0}
    waiting = [top]
    while waiting:
        record = waiting.pop(0)
        for given in record.inputs:
            below = get(given.key)
            if below is not None and below.key not in depth:
                depth[below.key] = depth[record.key] + 1
                waiting.append(below)
    layers: list[list[Record]] = [[] for _ in range(max(depth.values()) + 1)]
    for record in build_closure((top,), get):
        layers[depth[record.key]].append(record)
    return layers


def _bar(trust: Trust, width: int) -> list[str]:
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
        out.append(f'<rect x="{20 + place * 170}" y="54" width="10" height="10" fill="{_COLOURS[name]}"/>')
        out.append(f'<text x="{34 + place * 170}" y="63">{name} {size:,} B</text>')
        at += wide
    return out


def _edges(record: Record, places: dict[str, tuple[int, int]]) -> list[str]:
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


def _box(record: Record, place: tuple[int, int]) -> list[str]:
    x, y = place
    opaque = sum(material.size for material in record.materials if material.opaque)
    colour = _COLOURS["seed" if opaque else "built"]
    size = f"seed of {opaque:,} B" if opaque else f"{record.size:,} B, built {len(record.witnesses)} times"
    return [
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="5" fill="{colour}" stroke="#555"/>',
        f'<text x="{x + 8}" y="{y + 15}" font-weight="bold">{escape(record.label[:30])}</text>',
        f'<text x="{x + 8}" y="{y + 28}">{size}</text>',
        f'<text x="{x + 8}" y="{y + 40}" fill="#666">{record.tree[7:27]}</text>',
    ]
