"""FP-Growth for sets of three products.

References
----------
Han, Pei, Yin (2000), Mining frequent patterns without candidate generation.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Path = tuple[int, ...]


class Node(NamedTuple):
    """A product in the tree: where it hangs; counts are kept beside, because they grow."""

    product: int
    parent: int


class Tree:
    """Baskets with their products in one order, common beginnings stored once."""

    def __init__(self, paths: Iterable[tuple[Path, int]]) -> None:
        self._nodes = [Node(-1, -1)]
        self._counts = [0]
        self._children: dict[Node, int] = {}
        self.nodes_of: dict[int, list[int]] = {}
        for path, count in paths:
            self._insert(path, count)

    def _insert(self, path: Path, count: int) -> None:
        parent = 0
        for product in path:
            node = Node(product, parent)
            parent = self._children.get(node) or self._add(node)
            self._counts[parent] += count

    def _add(self, node: Node) -> int:
        number = len(self._nodes)
        self._nodes.append(node)
        self._counts.append(0)
        self._children[node] = number
        self.nodes_of.setdefault(node.product, []).append(number)
        return number

    def prefixes(self, product: int) -> Iterator[tuple[Path, int]]:
        """What stands above each occurrence of a product, and how often."""
        for number in self.nodes_of[product]:
            path, parent = [], self._nodes[number].parent
            while parent:
                path.append(self._nodes[parent].product)
                parent = self._nodes[parent].parent
            if path:
                yield tuple(reversed(path)), self._counts[number]


def frequent_triples(matrix: Any, min_together: int) -> dict[tuple[int, int, int], int]:
    """Columns of every triple of a csr_array of zeros and ones that is together often enough."""
    counts = matrix.sum(axis=0)
    # The most frequent first, so that many beginnings are shared; ties by number.
    order = sorted(range(len(counts)), key=lambda column: (-counts[column], column))
    rank = {column: place for place, column in enumerate(order) if counts[column] >= min_together}
    baskets = Counter(
        tuple(sorted(rank[column] for column in matrix.indices[start:end] if column in rank))
        for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    )
    tree = Tree((path, count) for path, count in baskets.items() if len(path) > 2)
    found = {}
    for last in tree.nodes_of:
        for (first, second), count in _frequent_pairs(tree.prefixes(last), min_together):
            a, b, c = sorted((order[first], order[second], order[last]))
            found[a, b, c] = count
    return dict(sorted(found.items()))


def _frequent_pairs(
    prefixes: Iterable[tuple[Path, int]], min_together: int
) -> Iterator[tuple[tuple[int, int], int]]:
    """Pairs in one product's conditional tree."""
    paths = list(prefixes)
    counts: Counter[int] = Counter()
    for path, count in paths:
        for product in path:
            counts[product] += count
    kept = (
        (tuple(product for product in path if counts[product] >= min_together), count)
        for path, count in paths
    )
    conditional = Tree(kept)
    for second in conditional.nodes_of:
        together: Counter[int] = Counter()
        for path, count in conditional.prefixes(second):
            for product in path:
                together[product] += count
        for first, count in together.items():
            if count >= min_together:
                yield (first, second), count
