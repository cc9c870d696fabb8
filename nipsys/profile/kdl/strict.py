"""Checks that a node has no unexpected parts; each check reports the parts it does not allow."""

from nipsys.model import join_names
from nipsys.profile.document import Document
from nipsys.profile.kdl.nodes import Node, Scalar
from nipsys.profile.positions import Range


class NodeChecks:
    """Checks of single nodes; errors go to the document."""

    def __init__(self, document: Document) -> None:
        """Report errors in ``document``."""
        self.document = document

    def take_argument(self, node: Node, noun: str, *, example: str = "") -> tuple[Scalar, Range] | None:
        """Return the single argument of a node; report a missing one and extra ones."""
        if not node.arguments:
            hint = f"write it as in `{example}`" if example else f'write it as in `{node.name} "…"`'
            self.document.add_problem_at("missing", f"`{node.name}` is missing {noun}", node.at, hint=hint)
            return None
        for value, at in node.arguments[1:]:
            self.document.add_problem_at(
                "unexpected",
                f"`{node.name}` takes one value, so `{value}` is not allowed here",
                at,
                hint="remove it, or put everything in one pair of quotes",
            )
        return node.arguments[0]

    def refuse_arguments(self, node: Node, example: str) -> None:
        """Report every value of a node that takes none."""
        for value, at in node.arguments:
            self.document.add_problem_at(
                "unexpected", f"`{node.name}` takes no value, so `{value}` is not allowed here", at, hint=f"write it as in `{example}`"
            )

    def refuse_properties(self, node: Node) -> None:
        """Report every property of a node that takes none."""
        for key, _, key_at, _ in node.properties:
            self.refuse_property(node, key, key_at)

    def refuse_property(self, node: Node, key: str, at: Range, *known: str) -> None:
        """Report a property that a node does not have; ``known`` are those it has."""
        hint = f"its properties are {join_names(known)}" if known else "remove it"
        self.document.add_problem_at("unknown-key", f"`{node.name}` has no property `{key}`", at, hint=hint)

    def refuse_children(self, node: Node) -> None:
        """Report every child of a node that has none."""
        for child in node.children:
            self.document.add_problem_at(
                "unknown-key", f"`{node.name}` cannot contain `{child.name}`", child.at, hint="remove it, or move it to the right block"
            )

    def replace_hint(self, hint: str) -> None:
        """Replace the hint of the last error."""
        last = self.document.problems[-1]
        self.document.problems[-1] = type(last)(last.code, last.message, last.span, last.notes, hint)
