import ClusterObjects

/// Reads a request body into a draft of a built-in kind, as kube-apiserver's JSON decoder would: checks types, prunes what the schema does
/// not know, turns null into absent, writes quantities and times in their canonical form. Defaults and rules of a kind are not its work.
public struct ObjectDecoder {
    /// What a body held.
    public struct Decoded: Sendable {
        public var value: Value
        /// `unknown field "spec.x"`, `duplicate field "data.a"`, in the order found: what Strict refuses and Warn warns of.
        public var strictProblems: [String]
    }

    private let types: SchemaSet
    private var problems: [String] = []
    /// Down to the value being read. Names are looked up when there is something to say.
    private var path: [Step] = []

    private init(_ types: SchemaSet) { self.types = types }

    private enum Step {
        /// A declared field: its type, and its place in the type's table.
        case field(Int, Int)
        case key(String)
        case index(Int)
    }

    /// Decodes an object of `kind`; O(size).
    ///
    /// - Throws: 400 with Go's message when a field has the wrong type.
    public static func decode(_ tree: Tree, schema: Schema, kind: String, version: String) throws(APIError) -> Decoded {
        var decoder = ObjectDecoder(schema.types)
        do {
            let value = try decoder.read(tree, schema.index, owner: kind)
            return Decoded(value: value ?? .emptyObject, strictProblems: decoder.problems)
        } catch {
            throw APIError.badRequest("\(kind) in version \"\(version)\" cannot be handled as a \(kind): \(error.message)")
        }
    }

    /// The refusal that `fieldValidation=Strict` gives; nil when there is nothing to refuse.
    public static func strictError(_ problems: [String], kind: String, version: String) -> APIError? {
        if problems.isEmpty { return nil }
        return .badRequest(
            "\(kind) in version \"\(version)\" cannot be handled as a \(kind): strict decoding error: "
                + problems.joined(separator: ", "))
    }

    private struct Mismatch: Error { var message: String }

    /// As problems name the place: `spec.containers[0].name`.
    private var shownPath: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .field, .key:
                let name = name(of: step)
                text += text.isEmpty ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// As Go's errors name it: fields alone.
    private var goPath: [String] {
        path.compactMap { step in if case .field = step { name(of: step) } else { nil } }
    }

    private func name(of step: Step) -> String {
        switch step {
        case .field(let type, let place): types.nodes[type].table.names[place]
        case .key(let name): name
        case .index: ""
        }
    }

    /// The value as kept; nil when it is null.
    private mutating func read(_ tree: Tree, _ type: Int, owner: String) throws(Mismatch) -> Value? {
        if tree.isNull { return nil }
        let node = types.nodes[type]
        if node.isQuantity { return try quantity(tree) }
        switch node.type {
        case .any: return tree.value
        case .intOrString:
            guard tree.string != nil || tree.int != nil else { throw mismatch(tree, type, owner) }
            return tree.value
        case .boolean:
            guard let flag = tree.bool else { throw mismatch(tree, type, owner) }
            return .bool(flag)
        case .number:
            guard tree.double != nil else { throw mismatch(tree, type, owner) }
            return tree.value
        case .integer:
            guard let number = tree.int, node.format != "int32" || Int32(exactly: number) != nil else {
                throw mismatch(tree, type, owner)
            }
            return .int(Int64(number))
        case .string:
            guard let text = tree.string else { throw mismatch(tree, type, owner) }
            return try string(text, node)
        case .array: return try list(tree, type, owner: owner)
        case .object: return try object(tree, type, owner: owner)
        }
    }

    private mutating func object(_ tree: Tree, _ type: Int, owner: String) throws(Mismatch) -> Value {
        guard tree.isObject else { throw mismatch(tree, type, owner) }
        let node = types.nodes[type]
        if node.properties.isEmpty, let values = node.additionalProperties { return try map(tree, values, owner: owner) }
        let table = node.table
        let name = node.shortName ?? owner
        var seen = SeenFields()
        var kept: [Fields.Entry] = []
        kept.reserveCapacity(tree.count)
        var lastPlace = -1
        var fields = tree.fields
        while let (key, child) = fields.nextPair() {
            let place = table.place(of: key)
            path.append(place.map { .field(type, $0) } ?? .key(key.string ?? ""))
            defer { path.removeLast() }
            let isRepeated = seen.isRepeated(place, key)
            if isRepeated { problems.append("duplicate field \"\(shownPath)\"") }
            guard let place else {
                problems.append("unknown field \"\(shownPath)\"")
                continue
            }
            guard let value = try read(child, table.nodes[place], owner: name) else { continue }
            let begun = isRepeated ? kept.firstIndex { Fields.same($0.key, table.names[place]) } : nil
            // Go's decoder goes on with the object that a repeated field has begun.
            if let begun, case .object(let more) = value {
                for (name, entry) in more { kept[begun].value[name] = entry }
                continue
            }
            guard ObjectDecoder.isKept(value, table.names[place], types.nodes[table.nodes[place]], of: node) else { continue }
            if let begun {
                kept[begun].value = value
                continue
            }
            // Most bodies have their fields in order.
            if place > lastPlace {
                kept.append(Fields.Entry(table.names[place], value))
                lastPlace = place
                continue
            }
            var slot = kept.count
            while slot > 0, Fields.precedes(table.names[place], kept[slot - 1].key) { slot -= 1 }
            kept.insert(Fields.Entry(table.names[place], value), at: slot)
        }
        return .object(Fields(ascending: kept))
    }

    /// An object whose keys are data.
    private mutating func map(_ tree: Tree, _ values: Int, owner: String) throws(Mismatch) -> Value {
        let node = types.nodes[values]
        var seen = SeenKeys(capacity: tree.count)
        var pairs: [Fields.Entry] = []
        pairs.reserveCapacity(tree.count)
        for (key, child) in tree.fields {
            path.append(.key(key))
            defer { path.removeLast() }
            let isRepeated = seen.isRepeated(key)
            if isRepeated { problems.append("duplicate field \"\(shownPath)\"") }
            guard var value = try read(child, values, owner: owner) else {
                // A null entry of a map of strings is Go's zero value.
                if node.type == .string { pairs.append(Fields.Entry(key, "")) }
                continue
            }
            if node.isQuantity { value = ObjectDecoder.roundedUp(value) }
            if isRepeated, case .object(let more) = value, let begun = pairs.lastIndex(where: { Fields.same($0.key, key) }) {
                for (name, entry) in more { pairs[begun].value[name] = entry }
                continue
            }
            pairs.append(Fields.Entry(key, value))
        }
        return .object(Fields(pairs))
    }

    private mutating func list(_ tree: Tree, _ type: Int, owner: String) throws(Mismatch) -> Value {
        guard tree.isArray else { throw mismatch(tree, type, owner) }
        guard let items = types.nodes[type].items else { return tree.value }
        var elements: [Value] = []
        elements.reserveCapacity(tree.count)
        for (index, element) in tree.elements.enumerated() {
            path.append(.index(index))
            defer { path.removeLast() }
            // A null element is Go's zero value.
            elements.append(try read(element, items, owner: owner) ?? (types.nodes[items].type == .string ? "" : .emptyObject))
        }
        return .array(elements)
    }

    private func string(_ text: String, _ node: SchemaNode) throws(Mismatch) -> Value {
        switch node.format {
        case "date-time":
            guard let time = Timestamp(text) else {
                throw Mismatch(
                    message: "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
            }
            return .string(node.typeName == "meta.v1.MicroTime" ? time.microDescription : time.description)
        case "byte":
            if let offset = ObjectDecoder.badBase64(text) { throw Mismatch(message: "illegal base64 data at input byte \(offset)") }
            return .string(text)
        default: return .string(text)
        }
    }

    /// Amounts of resources are kept in thousandths at the finest.
    private static func roundedUp(_ value: Value) -> Value {
        guard let text = value.string, let quantity = Quantity(text) else { return value }
        let rest = quantity.nanos % 1_000_000
        if rest == 0 { return value }
        let rounded = quantity.nanos - rest + (rest > 0 ? 1_000_000 : -1_000_000)
        return .string(Quantity(nanos: rounded, format: quantity.format).description)
    }

    private func quantity(_ tree: Tree) throws(Mismatch) -> Value {
        let text = tree.string ?? (tree.double == nil ? "" : String(decoding: tree.bytes, as: UTF8.self))
        guard let kept = Quantity.kept(text) else {
            throw Mismatch(
                message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        }
        return .string(kept)
    }

    // MARK: - Facts of Go

    /// Empty strings, lists and maps, zeros and false are left out by omitempty, unless the field is written always (it has a default or
    /// is required) or is a pointer.
    private static func isKept(_ value: Value, _ key: String, _ field: SchemaNode, of owner: SchemaNode) -> Bool {
        var path: String { "\(owner.typeName).\(key)" }
        switch value {
        case .string(""):
            if field.default != nil { return !GoFields.omittedDefaults.contains(path) }
            return owner.required.contains(key) || GoFields.stringPointers.contains(path)
        // Stored as protobuf, an empty list is an absent one.
        case .array(let elements): return !elements.isEmpty
        case .object(let fields):
            return !fields.isEmpty || field.additionalProperties == nil || owner.required.contains(key)
        case .int(0), .bool(false):
            if field.default != nil { return !GoFields.omittedDefaults.contains(path) }
            return owner.required.contains(key) || !GoFields.omitsZero(owner.typeName, key)
        default: return true
        }
    }

    private func mismatch(_ tree: Tree, _ type: Int, _ owner: String) -> Mismatch {
        let goPath = goPath
        let schema = Schema(types: types, index: type)
        let given: String =
            if tree.isObject {
                "object"
            } else if tree.isArray {
                "array"
            } else if tree.string != nil {
                "string"
            } else if tree.bool != nil {
                "bool"
            } else {
                tree.int == nil || schema.type == .integer ? "number \(String(decoding: tree.bytes, as: UTF8.self))" : "number"
            }
        let wanted = ObjectDecoder.goType(schema)
        if goPath.isEmpty { return Mismatch(message: "json: cannot unmarshal \(given) into Go value of type \(wanted)") }
        return Mismatch(
            message: "json: cannot unmarshal \(given) into Go struct field \(owner).\(goPath.joined(separator: ".")) of type \(wanted)")
    }

    private static func goType(_ schema: Schema) -> String {
        let node = schema.node
        switch node.type {
        case .boolean: return "bool"
        case .integer: return node.format.isEmpty ? "int" : node.format
        case .number: return "float64"
        case .array: return "[]" + (schema.items.map(goType) ?? "interface {}")
        case .object:
            if node.typeName.isEmpty { return "map[string]" + (schema.values.map(goType) ?? "interface {}") }
            return node.typeName.split(separator: ".").suffix(2).joined(separator: ".")
        case .string: return node.format == "byte" ? "[]uint8" : "string"
        case .intOrString, .any: return "interface {}"
        }
    }

    /// Where padded standard base64 goes wrong, nil when it does not. Line ends are skipped, as Go does.
    private static func badBase64(_ text: String) -> Int? {
        var digits = 0
        var padding = 0
        for (offset, byte) in text.utf8.enumerated() {
            switch byte {
            case 0x0A, 0x0D: continue
            case UInt8(ascii: "="):
                padding += 1
                if digits % 4 < 2 || padding > 4 - digits % 4 { return offset }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "+"), UInt8(ascii: "/"):
                if padding > 0 { return offset }
                digits += 1
            default: return offset
            }
        }
        if (digits + padding) % 4 == 0 { return nil }
        // Where the group of four that is cut short begins.
        return text.utf8.count - (padding > 0 ? 0 : digits % 4)
    }
}

/// The fields of an object so far: of declared ones a bit each.
private struct SeenFields {
    private var declared: UInt128 = 0
    private var others: Set<String> = []

    /// Takes in a field by its place among the declared ones; true when it has been there.
    mutating func isRepeated(_ place: Int?, _ key: Tree) -> Bool {
        guard let place, place < 128 else { return !others.insert(key.string ?? "").inserted }
        defer { declared |= 1 << UInt128(place) }
        return declared & 1 << UInt128(place) != 0
    }
}
