extension CEL {
    /// What only the values of literals show to be wrong: durations and times that are none, patterns that do not parse, lists and maps of
    /// mixed types. Source: cel-go's validators, as Kubernetes has them on.
    struct LiteralCheck {
        private let checked: Checked
        private var issues: Issues

        static func issues(in checked: Checked) -> Issues {
            var check = LiteralCheck(checked: checked, issues: Issues(checked.source))
            check.visit(checked.expression)
            return check.issues
        }

        private init(checked: Checked, issues: Issues) {
            self.checked = checked
            self.issues = issues
        }

        private func type(of expression: Expression) -> TypeOf { checked.types[expression.id] ?? .dyn }

        private mutating func visit(_ expression: Expression) {
            switch expression.kind {
            case .unspecified, .literal, .name: break
            case .select(let operand, _, _): visit(operand)
            case .call(let function, let target, let arguments):
                checkArgument(function, arguments)
                // What is formatted may be of any types.
                let isFormat = function == "format" && target != nil
                if let target { visit(target) }
                for argument in arguments {
                    if isFormat, case .list(let elements, _) = argument.kind { elements.forEach { visit($0) } } else { visit(argument) }
                }
            case .list(let elements, let optional):
                checkAlike(elements.enumerated().map { ($1, unwrapped(type(of: $1), optional.contains($0))) })
                elements.forEach { visit($0) }
            case .map(let entries):
                checkAlike(entries.map { ($0.key, type(of: $0.key)) })
                checkAlike(entries.map { ($0.value, unwrapped(type(of: $0.value), $0.isOptional)) })
                for entry in entries {
                    visit(entry.key)
                    visit(entry.value)
                }
            case .message(_, let fields): for field in fields { visit(field.value) }
            case .comprehension(let loop):
                for part in [loop.range, loop.initial, loop.condition, loop.step, loop.result] { visit(part) }
            }
        }

        private func unwrapped(_ type: TypeOf, _ isOptional: Bool) -> TypeOf { isOptional ? type.wrapped ?? type : type }

        private mutating func checkAlike(_ elements: [(Expression, TypeOf)]) {
            guard let first = elements.first?.1, let other = elements.first(where: { $0.1 != first }) else { return }
            issues.add(at: other.0.position, "expected type '\(first.shown)' but found '\(other.1.shown)'")
        }

        private mutating func checkArgument(_ function: String, _ arguments: [Expression]) {
            guard let argument = arguments.first, case .literal(.string(let text)) = argument.kind else { return }
            let isRight: Bool
            switch function {
            case "duration": isRight = Span(text) != nil
            case "timestamp": isRight = Moment(text) != nil
            default: return
            }
            if !isRight { issues.add(at: argument.position, "invalid \(function) argument") }
        }
    }
}
