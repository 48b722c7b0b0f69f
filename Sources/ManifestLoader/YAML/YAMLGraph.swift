import ClusterObjects

/// The nodes of one document before aliases are written out: what the parser's events build, and what becomes a value.
///
/// Every node knows how large it would be with its aliases written out, so that a bomb is found without being lit.
struct YAMLGraph {
    struct Entry {
        var key: String
        var position: SourcePosition
        var node: Int
        /// Whether this came by a merge key, so that a key of the mapping itself overrides it.
        var isMerged = false
    }

    enum Content {
        case scalar(Value)
        case sequence([Int])
        case mapping([Entry])
    }

    struct Node {
        var position: SourcePosition
        var content: Content
        /// Nodes of this one written out, itself included; capped.
        var weight = 1
        /// Of those, the ones that stand behind an alias.
        var aliased = 0
        /// Levels of nesting; 0 for a scalar.
        var height = 0
    }

    private(set) var nodes: [Node] = []

    subscript(index: Int) -> Node { nodes[index] }

    mutating func add(_ content: Content, at position: SourcePosition) -> Int {
        var node = Node(position: position, content: content)
        switch content {
        case .scalar: break
        case .sequence(let children): measure(children, into: &node)
        case .mapping(let entries): measure(entries.map(\.node), into: &node)
        }
        nodes.append(node)
        return nodes.count - 1
    }

    private static let cap = 1 << 40

    private func measure(_ children: [Int], into node: inout Node) {
        node.height = 1
        for child in children {
            node.weight = min(YAMLGraph.cap, node.weight + nodes[child].weight)
            node.aliased = min(YAMLGraph.cap, node.aliased + nodes[child].aliased)
            node.height = max(node.height, nodes[child].height + 1)
        }
    }

    /// A node that stands for another one: the same content, counted as aliased.
    mutating func alias(of target: Int) -> Int {
        var node = nodes[target]
        node.aliased = node.weight
        nodes.append(node)
        return nodes.count - 1
    }

    /// The value of a node, with a position for every part.
    func document(_ root: Int) -> YAMLDocument {
        var positions: [SourcePosition] = []
        positions.reserveCapacity(nodes[root].weight)
        let value = build(root, at: nodes[root].position, &positions)
        return YAMLDocument(value: value, source: SourceMap(positions: positions))
    }

    private func build(_ index: Int, at position: SourcePosition, _ positions: inout [SourcePosition]) -> Value {
        positions.append(position)
        switch nodes[index].content {
        case .scalar(let value): return value
        case .sequence(let children):
            return .array(children.map { build($0, at: nodes[$0].position, &positions) })
        case .mapping(let entries):
            let sorted = entries.sorted { Fields.precedes($0.key, $1.key) }
            var pairs: [(String, Value)] = []
            pairs.reserveCapacity(sorted.count)
            for entry in sorted { pairs.append((entry.key, build(entry.node, at: entry.position, &positions))) }
            return .object(Fields(pairs))
        }
    }
}
