import ClusterObjects

extension ApplyShape {
    /// What makes an applied object unfit for its schema, worded as structured-merge-diff words it; nil when nothing does.
    func problem(in value: Value, _ type: TypeReference) -> String? {
        var problems: [String] = []
        check(value, type, nil, &problems)
        guard let first = problems.first else { return nil }
        return problems.count == 1 ? first : "errors:\n" + problems.map { "  " + $0 }.joined(separator: "\n")
    }

    /// The way down to a value, of which a text is made when there is something to say.
    private final class Trail {
        let element: PathElement
        let before: Trail?

        init(_ element: PathElement, after before: Trail?) {
            self.element = element
            self.before = before
        }

        var text: String { (before?.text ?? "") + element.description }
    }

    private func check(_ value: Value, _ type: TypeReference, _ trail: Trail?, _ problems: inout [String]) {
        func report(_ message: String) { problems.append(trail.map { "\($0.text): \(message)" } ?? message) }
        let shape = shape(type, value)
        if value.isNull { return }
        switch shape {
        case .scalar:
            if let message = scalarProblem(value, type) { report(message) }
        case .map, .atomicMap:
            guard case .object(let fields) = value else { return report("expected map, got &{\(value.goText)}") }
            for (name, child) in fields {
                guard let (childType, _, element) = field(name, of: type) else {
                    problems.append("\(Trail(.field(name), after: trail).text): field not declared in schema")
                    continue
                }
                check(child, childType, Trail(element, after: trail), &problems)
            }
        case .set, .keyed, .atomicList:
            guard case .array(let elements) = value else { return report("expected list, got &{\(value.goText)}") }
            let items = items(of: type)
            var seen: Set<PathElement> = []
            for (index, child) in elements.enumerated() {
                if case .atomicList = shape {
                    check(child, items, Trail(.index(index), after: trail), &problems)
                    continue
                }
                do throws(ShapeError) {
                    let element = try element(shape, items, child)
                    if !seen.insert(element).inserted { report("duplicate entries for key \(element)") }
                    check(child, items, Trail(element, after: trail), &problems)
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
