"""What a node may not have: each check notes what is there and has no place."""

from nipsys.profile.document import Document
from nipsys.profile.kdl.nodes import Node, Scalar
from nipsys.profile.positions.kdl import Range


class Strict:
    """Checks of single nodes; mistakes go to the document."""

    def __init__(self, document: Document) -> None:
        """Note mistakes in ``document``."""
        self.document = document

    def only(self, node: Node, noun: str, *, example: str = "") -> tuple[Scalar, Range] | None:
        """Return the one argument a node takes."""
        if not node.arguments:
            hint = f"write it as in `{example}`" if example else f'write it as in `{node.name} "…"`'
            self.document.add("missing", f"`{node.name}` lacks {noun}", node.at, hint=hint)
            return None
        for value, at in node.arguments[1:]:
            self.document.add(
                "unexpected",
                f"`{node.name}` takes one value, so `{value}` has no place here",
                at,
                hint="remove it, or put all of it in one pair of quotes",
            )
        return node.arguments[0]

    def argumentless(self, node: Node, example: str) -> None:
        """Note every value of a node that takes none."""
        for value, at in node.arguments:
            self.document.add(
                "unexpected", f"`{node.name}` takes no value, but `{value}` stands here", at, hint=f"write it as in `{example}`"
            )

    def propertyless(self, node: Node) -> None:
        """Note every property of a node that takes none."""
        for key, _, key_at, _ in node.properties:
            self.stray_property(node, key, key_at)

    def stray_property(self, node: Node, key: str, at: Range, *known: str) -> None:
        """Note one property that a node does not take; ``known`` are those it does."""
        hint = "it takes " + " and ".join(f"`{name}`" for name in known) if known else "remove it"
        self.document.add("unknown-key", f"`{node.name}` takes no property `{key}`", at, hint=hint)

    def childless(self, node: Node) -> None:
        """Note every child of a node that holds none."""
        for child in node.children:
            self.document.add(
                "unknown-key", f"`{node.name}` holds no `{child.name}`", child.at, hint="remove it, or move it to where it belongs"
            )

    def advise(self, hint: str) -> None:
        """Say better what to do about the last mistake."""
        last = self.document.problems[-1]
        self.document.problems[-1] = type(last)(last.code, last.message, last.span, last.notes, hint)
