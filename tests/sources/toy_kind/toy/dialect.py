from nipsys.model.package import Atom, Clause, Dialect, Provide


class ToyDialect(Dialect):
    name = "toy"

    def sort_key(self, version: str) -> bytes:
        return int(version.removeprefix("v")).to_bytes(8)

    def matches(self, atom: Atom, version: str) -> bool:
        return not atom.relation or atom.version == version

    def parse_clause(self, text: str) -> Clause:
        return (Atom(text),)

    def parse_provide(self, text: str) -> Provide:
        return Provide(text)
