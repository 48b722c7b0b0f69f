import ClusterObjects

/// Makes documents out of a parser's events, and notes what is wrong in them. Knows nothing of where events come from.
struct YAMLBuilder {
    private struct Open {
        var position: SourcePosition
        var anchor: String?
        var isMapping: Bool
        var children: [Int] = []
        var entries: [YAMLGraph.Entry] = []
        /// A mapping's key whose value is still to come.
        var key: (text: String, position: SourcePosition, isMerge: Bool)?
        /// The next scalar of a mapping is a key that could not be read; its value is dropped.
        var dropsValue = false
        var seen: [String: SourcePosition] = [:]
    }

    private let limits: YAMLLimits
    private var graph = YAMLGraph()
    private var stack: [Open] = []
    private var root: Int?
    /// Anchor → node; nil while the node is still open.
    private var anchors: [String: Int?] = [:]
    private(set) var documents: [YAMLDocument] = []
    private(set) var errors: [YAMLError] = []
    /// Keys set twice, where that is no error: the last one counts.
    private(set) var repeatedKeys: [RepeatedKey] = []
    private let takesRepeatedKeys: Bool
    private var documentHasErrors = false

    init(limits: YAMLLimits, takesRepeatedKeys: Bool = false) {
        self.limits = limits
        self.takesRepeatedKeys = takesRepeatedKeys
    }

    var depth: Int { stack.count }

    mutating func startDocument() {
        graph = YAMLGraph()
        stack = []
        root = nil
        anchors = [:]
        documentHasErrors = false
    }

    /// Documents with an error in them, and empty ones, are left out.
    mutating func endDocument() {
        defer { startDocument() }
        guard let root, !documentHasErrors else { return }
        let node = graph[root]
        if node.aliased > limits.aliasedNodes || node.weight > limits.expandedNodes {
            return fail(
                "aliases write out to \(node.weight) values, more than \(limits.aliasedNodes) may come from aliases: "
                    + "repeat fewer anchors inside each other", at: node.position)
        }
        let document = graph.document(root)
        if !document.value.isNull { documents.append(document) }
    }

    mutating func fail(_ message: String, at position: SourcePosition) {
        documentHasErrors = true
        errors.append(YAMLError(message, at: position))
    }

    mutating func scalar(_ text: String, isPlain: Bool, tag: String?, anchor: String?, at position: SourcePosition) {
        var value: Value
        if let tag {
            if let tagged = YAMLScalar.resolve(text, tag: tag) {
                value = tagged
            } else {
                fail("`\(shortened(text))` is no \(tag.replacing("tag:yaml.org,2002:", with: "!!")): remove the tag", at: position)
                value = .null
            }
        } else {
            value = isPlain ? YAMLScalar.resolve(text) : .string(text)
        }
        if let last = stack.indices.last, stack[last].isMapping, stack[last].key == nil, !stack[last].dropsValue {
            let isMerge = text == "<<" && (isPlain && tag == nil || tag == "tag:yaml.org,2002:merge")
            if let anchor { anchors[anchor] = graph.add(.scalar(value), at: position) }
            return openKey(value, isMerge: isMerge, at: position)
        }
        if !YAMLScalar.isRepresentable(value) {
            fail("`\(text)` cannot be written in JSON, which is what an API object is: quote it to mean the text", at: position)
            value = .null
        }
        place(graph.add(.scalar(value), at: position), anchor: anchor)
    }

    private mutating func openKey(_ value: Value, isMerge: Bool, at position: SourcePosition) {
        let last = stack.count - 1
        guard let text = YAMLScalar.key(value) else {
            fail("a key must be text, and this one is null: quote it", at: position)
            stack[last].dropsValue = true
            return
        }
        if !isMerge {
            if stack[last].seen[text] != nil, takesRepeatedKeys {
                repeatedKeys.append(RepeatedKey(key: text, line: position.line))
                stack[last].entries.removeAll { $0.key == text && !$0.isMerged }
            } else if let first = stack[last].seen[text] {
                fail("key \"\(text)\" is already set at line \(first.line): keep one of the two", at: position)
            }
            stack[last].seen[text] = position
        }
        stack[last].key = (text, position, isMerge)
    }

    mutating func alias(_ name: String, at position: SourcePosition) {
        guard let known = anchors[name] else {
            fail("no anchor &\(name) stands before this alias *\(name): define it earlier in the same document", at: position)
            return place(graph.add(.scalar(.null), at: position), anchor: nil)
        }
        guard let target = known else {
            fail("anchor &\(name) holds itself: an alias cannot stand inside its own anchor", at: position)
            return place(graph.add(.scalar(.null), at: position), anchor: nil)
        }
        let node = graph[target]
        if let last = stack.indices.last, stack[last].isMapping, stack[last].key == nil, !stack[last].dropsValue {
            if case .scalar(let value) = node.content { return openKey(value, isMerge: false, at: position) }
            fail("a key must be text, not a mapping or a list", at: position)
            stack[last].dropsValue = true
            return
        }
        if stack.count + node.height > limits.depth {
            fail("nested more than \(limits.depth) deep once aliases are written out", at: position)
            return place(graph.add(.scalar(.null), at: position), anchor: nil)
        }
        place(graph.alias(of: target), anchor: nil)
    }

    mutating func start(mapping: Bool, anchor: String?, at position: SourcePosition) {
        if let anchor { anchors[anchor] = .some(nil) }
        stack.append(Open(position: position, anchor: anchor, isMapping: mapping))
    }

    mutating func end() {
        guard var open = stack.popLast() else { return }
        let node: Int
        if open.isMapping {
            merge(&open.entries)
            node = graph.add(.mapping(open.entries), at: open.position)
        } else {
            node = graph.add(.sequence(open.children), at: open.position)
        }
        // A collection as a mapping's key: refused, and its value dropped.
        if let last = stack.indices.last, stack[last].isMapping, stack[last].key == nil, !stack[last].dropsValue {
            fail("a key must be text, not a mapping or a list (text that starts with { or [ must be quoted)", at: open.position)
            stack[last].dropsValue = true
            return
        }
        place(node, anchor: open.anchor)
    }

    private mutating func place(_ node: Int, anchor: String?) {
        if let anchor { anchors[anchor] = node }
        guard let last = stack.indices.last else {
            root = node
            return
        }
        guard stack[last].isMapping else { return stack[last].children.append(node) }
        guard let key = stack[last].key else {
            stack[last].dropsValue = false
            return
        }
        stack[last].key = nil
        if key.isMerge {
            mergeSources(of: node, at: key.position, into: last)
        } else {
            stack[last].entries.append(YAMLGraph.Entry(key: key.text, position: key.position, node: node))
        }
    }

    /// `<<: *base` or `<<: [*a, *b]`: the fields of the mappings named, the first of equal ones.
    private mutating func mergeSources(of node: Int, at position: SourcePosition, into last: Int) {
        var sources = [node]
        if case .sequence(let children) = graph[node].content { sources = children }
        for source in sources {
            guard case .mapping(let entries) = graph[source].content else {
                return fail("a merge key << takes a mapping or a list of mappings", at: position)
            }
            stack[last].entries.append(
                contentsOf: entries.map { YAMLGraph.Entry(key: $0.key, position: $0.position, node: $0.node, isMerged: true) })
        }
        if stack[last].entries.count > limits.aliasedNodes {
            stack[last].entries = []
            fail("merge keys write out to more than \(limits.aliasedNodes) fields", at: position)
        }
    }

    /// Own keys win over merged ones, earlier merged ones over later.
    private func merge(_ entries: inout [YAMLGraph.Entry]) {
        guard entries.contains(where: \.isMerged) else {
            // A repeated key has been reported; the value must still have one of each.
            var seen = Set<String>()
            return entries.removeAll { !seen.insert($0.key).inserted }
        }
        var seen = Set<String>()
        entries =
            entries.filter { !$0.isMerged && seen.insert($0.key).inserted }
            + entries.filter { $0.isMerged && seen.insert($0.key).inserted }
    }

    private func shortened(_ text: String) -> String { text.count > 40 ? text.prefix(40) + "…" : text }
}
