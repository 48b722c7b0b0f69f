import ClusterObjects

/// How server-side apply sees a value: the schema with lists as sets or maps, and untyped places by what they hold.
struct ApplyShape {
    /// A type: a node of the set, or what no schema describes.
    enum TypeReference: Equatable {
        case node(Int)
        /// Typed by what it holds: objects granular, lists atomic (what a custom resource preserves).
        case deduced
        /// One piece, whatever it holds.
        case opaque
    }

    enum Shape {
        case scalar
        case atomicList
        case set
        case keyed([String])
        case atomicMap
        case map
    }

    let types: SchemaSet

    /// The shape of a type where it holds `value`; for a typed place the value does not matter.
    func shape(_ type: TypeReference, _ value: Value?) -> Shape {
        switch type {
        case .opaque: return untyped(value, map: .atomicMap)
        case .deduced: return untyped(value, map: .map)
        case .node(let index):
            let node = types.nodes[index]
            switch node.type {
            case .string, .integer, .number, .boolean, .intOrString: return .scalar
            case .array:
                switch node.listType {
                case .atomic: return .atomicList
                case .set: return .set
                case .map: return .keyed(node.listMapKeys)
                }
            case .object: return node.isAtomicMap ? .atomicMap : .map
            case .any: return untyped(value, map: node.isAtomicMap ? .atomicMap : .map)
            }
        }
    }

    private func untyped(_ value: Value?, map: Shape) -> Shape {
        switch value {
        case .object: map
        case .array: .atomicList
        default: .scalar
        }
    }

    /// The type of a field of an object or map, and its name in a set; nil when the schema does not allow it.
    func field(_ name: String, of type: TypeReference) -> (type: TypeReference, isDeclared: Bool, element: PathElement)? {
        switch type {
        case .opaque: return (.opaque, false, .field(name))
        case .deduced: return (.deduced, false, .field(name))
        case .node(let index):
            let node = types.nodes[index]
            if let place = node.table.place(of: name) { return (.node(node.table.nodes[place]), true, node.table.elements[place]) }
            if let values = node.additionalProperties { return (.node(values), false, .field(name)) }
            if node.preservesUnknownFields { return (.deduced, false, .field(name)) }
            return node.type == .any ? (.opaque, false, .field(name)) : nil
        }
    }

    func items(of type: TypeReference) -> TypeReference {
        guard case .node(let index) = type else { return .deduced }
        return types.nodes[index].items.map { .node($0) } ?? .deduced
    }

    /// How an element of a list is named. Throws the message of why it cannot be.
    func element(_ shape: Shape, _ items: TypeReference, _ child: Value) throws(ShapeError) -> PathElement {
        switch shape {
        case .keyed(let names):
            switch child {
            case .null: throw ShapeError("associative list with keys may not have a null element")
            case .object(let fields):
                if names.count == 1, let name = names.first, let value = fields[name] { return .key(name, value) }
                var keys: [Fields.Entry] = []
                keys.reserveCapacity(names.count)
                for name in names {
                    guard let value = fields[name] ?? keyDefault(name, items) else {
                        throw ShapeError(
                            "associative list with keys has an element that omits key field \"\(name)\" (and doesn't have default value)")
                    }
                    keys.append(Fields.Entry(name, value))
                }
                return .keys(Fields(keys))
            default: throw ShapeError("associative list with keys may not have non-map elements")
            }
        default:
            switch child {
            case .object: throw ShapeError("associative list without keys has an element that's a map type")
            case .array: throw ShapeError("not supported: associative list with lists as elements")
            case .null: throw ShapeError("associative list without keys has an element that's an explicit null")
            default: return .value(child)
            }
        }
    }

    private func keyDefault(_ name: String, _ items: TypeReference) -> Value? {
        guard case .node(let index) = items, let property = types.nodes[index].properties[name] else { return nil }
        return types.nodes[property].default
    }
}

/// Why a value does not fit its schema, without where.
struct ShapeError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
