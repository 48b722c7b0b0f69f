import ClusterObjects

extension ApplyShape {
    /// What makes an applied object unfit for its schema, worded as structured-merge-diff words it; nil when nothing does.
    func problem(in value: Value, _ type: TypeReference) -> String? {
        var problems: [String] = []
        check(value, type, "", &problems)
        guard let first = problems.first else { return nil }
        return problems.count == 1 ? first : "errors:\n" + problems.map { "  " + $0 }.joined(separator: "\n")
    }

    private func check(_ value: Value, _ type: TypeReference, _ path: String, _ problems: inout [String]) {
        func report(_ message: String) { problems.append(path.isEmpty ? message : "\(path): \(message)") }
        let shape = shape(type, value)
        if value.isNull { return }
        switch shape {
        case .scalar:
            if let message = scalarProblem(value, type) { report(message) }
        case .map, .atomicMap:
            guard case .object(let fields) = value else { return report("expected map, got &{\(value.goText)}") }
            for (name, child) in fields {
                let below = path + PathElement.field(name).description
                guard let (childType, _) = field(name, of: type) else {
                    problems.append("\(below): field not declared in schema")
                    continue
                }
                check(child, childType, below, &problems)
            }
        case .set, .keyed, .atomicList:
            guard case .array(let elements) = value else { return report("expected list, got &{\(value.goText)}") }
            let items = items(of: type)
            var seen: Set<PathElement> = []
            for (index, child) in elements.enumerated() {
                if case .atomicList = shape {
                    check(child, items, path + PathElement.index(index).description, &problems)
                    continue
                }
                do throws(ShapeError) {
                    let element = try element(shape, items, child)
                    if !seen.insert(element).inserted { report("duplicate entries for key \(element)") }
                    check(child, items, path + element.description, &problems)
                } catch {
                    report("element \(index): \(error.message)")
                }
            }
        }
    }

    private func scalarProblem(_ value: Value, _ type: TypeReference) -> String? {
        guard case .node(let index) = type else { return nil }
        switch types.nodes[index].type {
        case .integer, .number:
            switch value {
            case .int, .double: return nil
            default: return "expected numeric (int or float), got \(value.goTypeName)"
            }
        case .boolean:
            if case .bool = value { return nil }
            return "expected boolean, got &{\(value.goText)}"
        case .string where types.nodes[index].format.isEmpty || types.nodes[index].format == "byte":
            if case .string = value { return nil }
            return "expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}"
        default:
            switch value {
            case .object, .array: return "expected any scalar, got &{\(value.goText)}"
            default: return nil
            }
        }
    }
}

extension Value {
    /// The value as Go's `%#v` prints what encoding/json decoded.
    fileprivate var goSyntax: String {
        switch self {
        case .string: jsonText
        case .array(let elements): "[]interface {}{" + elements.map(\.goSyntax).joined(separator: ", ") + "}"
        case .object(let fields):
            "map[string]interface {}{" + fields.map { "\(Value.string($0.key).jsonText):\($0.value.goSyntax)" }.joined(separator: ", ")
                + "}"
        default: goText
        }
    }
}
