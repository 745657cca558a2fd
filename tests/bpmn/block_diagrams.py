"""Sound diagrams made of blocks, by chance, as hypothesis draws them; and their XML.

A block is one of: a task, blocks one after the other, an exclusive, inclusive or parallel block (opened and closed by
two gateways), a loop left by a condition, a subprocess, a repeated task. In a loop, parallel and inclusive blocks lie
inside a subprocess: elsewhere the plain library joins them wrongly from the second turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
"""The variables that conditions look at; each is 0 or 1."""


@dataclass(frozen=True)
class Block:
    """`kind`: user, script, none, seq, xor, or, and, loop, sub, times, each; `name` the variable that it looks at."""

    kind: str
    parts: tuple[Block, ...] = ()
    names: tuple[str, ...] = ()
    number: int = 0


def _choice(kind: str, branches: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return st.lists(branches, min_size=2, max_size=3).flatmap(
        lambda parts: st.builds(
            Block,
            st.just(kind),
            st.just(tuple(parts)),
            st.tuples(*(st.sampled_from(NAMES) for _ in parts[1:])),
        )
    )


def _sequence(part: st.SearchStrategy[Block], size: int = 3) -> st.SearchStrategy[Block]:
    return st.lists(part, min_size=1, max_size=size).map(lambda parts: Block("seq", tuple(parts)))


_user = st.just(Block("user"))
_task = st.one_of(_user, _user, st.sampled_from([Block("script"), Block("none")]))
_repeated = st.builds(Block, st.sampled_from(["times", "each"]), number=st.integers(1, 3))
_leaf = st.one_of(_task, _task, _task, _repeated)


def _blocks(inside: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    looped = st.one_of(
        _leaf,
        _choice("xor", _sequence(inside.filter(_no_join), 2)),
        inside.map(lambda one: Block("sub", (one,))),
    )
    loop = st.builds(
        lambda body, name: Block("loop", (*body, Block("user")), (name,)),
        st.lists(looped, max_size=2),
        st.sampled_from(NAMES),
    )
    return st.one_of(
        _sequence(inside),
        _choice("xor", inside),
        _choice("or", inside),
        st.lists(inside, min_size=2, max_size=3).map(lambda parts: Block("and", tuple(parts))),
        inside.map(lambda one: Block("sub", (one,))),
        loop,
    )


def _no_join(block: Block) -> bool:
    if block.kind in ("and", "or"):
        return False
    return block.kind == "sub" or all(_no_join(part) for part in block.parts)


_any = st.recursive(_leaf, _blocks, max_leaves=8)
diagrams: st.SearchStrategy[Block] = st.builds(
    lambda first, second: Block("seq", (Block("user"), first, second)), _any, _any
)


@dataclass
class _Pen:
    nodes: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new(self, what: str) -> str:
        return f"{what}_{next(self.numbers)}"

    def flow(self, source: str, target: str, condition: str = "", default: bool = False) -> None:
        identifier = self.new("Flow")
        inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        self.nodes.append(
            f'<sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
        )
        if default:
            self.nodes = [
                node.replace(f'id="{source}"', f'id="{source}" default="{identifier}"', 1)
                if f'id="{source}"' in node
                else node
                for node in self.nodes
            ]

    def node(self, tag: str, what: str, inner: str = "", attributes: str = "") -> str:
        identifier = self.new(what)
        self.nodes.append(f'<{tag} id="{identifier}" name="{identifier}"{attributes}>{inner}</{tag}>')
        return identifier

    def draw(self, block: Block) -> tuple[str, str]:
        """Draw a block; gives its first and its last node."""
        match block.kind:
            case "user":
                return self._one(self.node("userTask", "User", attributes=' c:candidateGroups="prova"'))
            case "script":
                return self._one(
                    self.node("scriptTask", "Script", "<script>{}</script>", ' scriptFormat="feel"')
                )
            case "none":
                return self._one(self.node("task", "Task"))
            case "times" | "each":
                sequential = "true" if block.kind == "each" else "false"
                loop = (
                    f'<multiInstanceLoopCharacteristics isSequential="{sequential}">'
                    f"<loopCardinality>{block.number}</loopCardinality></multiInstanceLoopCharacteristics>"
                )
                return self._one(self.node("userTask", "Repeated", loop, ' c:candidateGroups="prova"'))
            case "sub":
                inner = _Pen(numbers=self.numbers)
                inner.process(block.parts[0])
                return self._one(self.node("subProcess", "Sub", "".join(inner.nodes)))
            case "loop":
                return self._loop(block)
            case "seq":
                return self._sequence(block.parts)
        return self._split(block)

    @staticmethod
    def _one(identifier: str) -> tuple[str, str]:
        return identifier, identifier

    def _sequence(self, parts: tuple[Block, ...]) -> tuple[str, str]:
        drawn = [self.draw(part) for part in parts]
        for (_, before), (after, _) in pairwise(drawn):
            self.flow(before, after)
        return drawn[0][0], drawn[-1][1]

    def _split(self, block: Block) -> tuple[str, str]:
        tag = {"xor": "exclusiveGateway", "or": "inclusiveGateway", "and": "parallelGateway"}[block.kind]
        first, last = self.node(tag, "Open"), self.node(tag, "Close")
        for number, part in enumerate(block.parts):
            enters, leaves = self.draw(part)
            if block.kind == "and" or number == 0:
                self.flow(first, enters, default=block.kind != "and")
            else:
                self.flow(first, enters, f"{block.names[number - 1]} == 1")
            self.flow(leaves, last)
        return first, last

    def _loop(self, block: Block) -> tuple[str, str]:
        first, last = self.node("exclusiveGateway", "Again"), self.node("exclusiveGateway", "Enough")
        enters, leaves = self._sequence(block.parts)
        self.flow(first, enters)
        self.flow(leaves, last)
        self.flow(last, first, f"{block.names[0]} == 1")
        after = self.node("task", "After")
        self.flow(last, after, default=True)
        return first, after

    def process(self, block: Block) -> None:
        """A whole process, or the inside of a subprocess."""
        start = self.node("startEvent", "Start")
        enters, leaves = self.draw(block)
        end = self.node("endEvent", "End")
        self.flow(start, enters)
        self.flow(leaves, end)


def xml(block: Block) -> bytes:
    """The diagram as a file."""
    pen = _Pen()
    pen.process(block)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:c="http://camunda.org/schema/1.0/bpmn" id="D" targetNamespace="prova">'
        '<process id="p" name="p" isExecutable="true">' + "\n".join(pen.nodes) + "</process></definitions>"
    ).encode()
