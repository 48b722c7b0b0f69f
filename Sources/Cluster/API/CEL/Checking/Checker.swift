extension CEL {
    /// Finds the types of an expression's parts, and what its names mean. Source: cel-go's checker.
    struct Checker {
        private(set) var environment: Environment
        var issues: Issues
        var substitutions = Substitutions()
        private var types: [Int: TypeOf] = [:]
        private var references: [Int: Reference] = [:]
        private var parameters = 0
        /// The variables of comprehensions, the innermost last.
        private var scopes: [[String: TypeOf]] = []

        /// Parses and checks.
        /// - Throws: all that is wrong with it.
        static func check(_ text: String, in environment: Environment) throws(Issues) -> Checked {
            try check(try Parser.parse(text), Source(text), in: environment)
        }

        static func check(_ expression: Expression, _ source: Source, in environment: Environment) throws(Issues) -> Checked {
            var checker = Checker(environment: environment, issues: Issues(source))
            checker.check(expression)
            guard checker.issues.isEmpty else { throw checker.issues }
            let checked = Checked(
                source: source, expression: expression,
                types: checker.types.mapValues { checker.substitutions.apply(to: $0, freeIsDyn: true) },
                references: checker.references)
            let wrong = LiteralCheck.issues(in: checked)
            guard wrong.isEmpty else { throw wrong }
            return checked
        }

        private init(environment: Environment, issues: Issues) {
            self.environment = environment
            self.issues = issues
        }

        // MARK: - What is known

        func type(of expression: Expression) -> TypeOf { types[expression.id] ?? .error }

        mutating func set(_ expression: Expression, _ type: TypeOf) { types[expression.id] = type }
        mutating func set(_ expression: Expression, _ reference: Reference) { references[expression.id] = reference }
        mutating func tell(_ expression: Expression, _ message: String) { issues.add(at: expression.position, message) }

        mutating func newParameter() -> TypeOf {
            defer { parameters += 1 }
            return .parameter("_var\(parameters)")
        }

        mutating func undeclared(_ expression: Expression, _ name: String) {
            set(expression, .error)
            tell(expression, "undeclared reference to '\(name)' (in container '')")
        }

        /// What a name means; a leading dot says that no scope is meant.
        func lookUp(_ name: String) -> (name: String, type: TypeOf)? {
            let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
            for scope in scopes.reversed() { if let type = scope[plain] { return (plain, type) } }
            return environment.type(of: plain).map { (plain, $0) }
        }

        /// `a.b.c` of names and selections alone.
        static func qualifiedName(_ expression: Expression) -> String? {
            switch expression.kind {
            case .name(let name): name
            case .select(let operand, let field, test: false): qualifiedName(operand).map { "\($0).\(field)" }
            default: nil
            }
        }

        // MARK: - Nodes

        mutating func check(_ expression: Expression) {
            switch expression.kind {
            case .unspecified: set(expression, .error)
            case .literal(let literal): set(expression, literal.type)
            case .name(let name):
                guard let found = lookUp(name) else { return undeclared(expression, name) }
                set(expression, found.type)
                set(expression, .name(found.name))
            case .select(let operand, let field, let test): checkSelection(expression, operand, field, test)
            case .call(let function, let target, let arguments): checkCall(expression, function, target, arguments)
            case .list(let elements, let optional): checkList(expression, elements, optional)
            case .map(let entries): checkMap(expression, entries)
            case .message(let name, let fields): checkMessage(expression, name, fields)
            case .comprehension(let loop): checkComprehension(expression, loop)
            }
        }

        private mutating func checkSelection(_ expression: Expression, _ operand: Expression, _ field: String, _ test: Bool) {
            if !test, let name = Checker.qualifiedName(expression), let found = lookUp(name) {
                set(expression, found.type)
                set(expression, .name(found.name))
                return
            }
            let type = fieldType(expression, operand, field, isOptional: false)
            set(expression, test ? .bool : substitutions.apply(to: type))
        }

        /// The type of a field of an operand, which is checked first.
        mutating func fieldType(_ expression: Expression, _ operand: Expression, _ field: String, isOptional: Bool) -> TypeOf {
            check(operand)
            let whole = substitutions.apply(to: type(of: operand))
            let target = whole.wrapped ?? whole
            var result = TypeOf.error
            switch target {
            case .map(_, let value): result = value
            case .object(let name):
                if let found = declaredField(expression.position, name, field) { result = found }
            case .parameter:
                // It must not later be taken for a type without fields.
                _ = substitutions.assign(.dyn, to: target)
                result = .dyn
            default:
                if !target.isDynOrError { tell(expression, "type '\(target.shown)' does not support field selection") }
                result = .dyn
            }
            return isOptional || whole.wrapped != nil ? .optional(result) : result
        }

        private mutating func declaredField(_ position: Int, _ structure: String, _ field: String) -> TypeOf? {
            guard let declared = environment.structures[structure] else {
                issues.add(at: position, "unexpected failed resolution of '\(structure)'")
                return nil
            }
            if let type = declared.fields[field] { return type }
            issues.add(at: position, "undefined field '\(field)'")
            return nil
        }

        // MARK: - Lists, maps, messages

        /// The type that elements have in common so far, this one included.
        private mutating func join(_ expression: Expression, _ previous: TypeOf?, _ current: TypeOf) -> TypeOf {
            guard let previous else { return current }
            if substitutions.assign(previous, to: current) {
                return Substitutions.isEqualOrLessSpecific(previous, current) ? previous : current
            }
            mismatch(expression, previous, current)
            return .error
        }

        mutating func mismatch(_ expression: Expression, _ expected: TypeOf, _ found: TypeOf) {
            tell(expression, "expected type '\(expected.shown)' but found '\(found.shown)'")
        }

        /// The type of an element that is there if its optional value is.
        private mutating func unwrapped(_ expression: Expression, _ isOptional: Bool) -> TypeOf {
            let type = type(of: expression)
            guard isOptional else { return type }
            if let wrapped = type.wrapped { return wrapped }
            if !type.isDyn { mismatch(expression, .optional(type), type) }
            return type
        }

        private mutating func checkList(_ expression: Expression, _ elements: [Expression], _ optional: Set<Int>) {
            var common: TypeOf?
            for (index, element) in elements.enumerated() {
                check(element)
                common = join(element, common, unwrapped(element, optional.contains(index)))
            }
            set(expression, .list(common ?? newParameter()))
        }

        private mutating func checkMap(_ expression: Expression, _ entries: [Expression.Entry]) {
            var (keys, values): (TypeOf?, TypeOf?)
            for entry in entries {
                check(entry.key)
                keys = join(entry.key, keys, type(of: entry.key))
                check(entry.value)
                values = join(entry.value, values, unwrapped(entry.value, entry.isOptional))
            }
            set(expression, .map(keys ?? newParameter(), values ?? newParameter()))
        }

        private mutating func checkMessage(_ expression: Expression, _ name: String, _ fields: [Expression.Field]) {
            guard let found = lookUp(name) else { return undeclared(expression, name) }
            set(expression, .name(found.name))
            var result = TypeOf.error
            if case .type(let of) = found.type {
                if case .object? = of { result = of ?? .error } else { tell(expression, "'\(of?.shown ?? name)' is not a message type") }
            } else if found.type != .error {
                tell(expression, "'\(found.type.shown)' is not a type")
            }
            set(expression, result)
            for field in fields {
                check(field.value)
                guard case .object(let structure) = result else { continue }
                let declared = declaredField(field.position, structure, field.name) ?? .error
                let value = unwrapped(field.value, field.isOptional)
                if !substitutions.assign(declared, to: value) {
                    issues.add(
                        at: field.position,
                        "expected type of field '\(field.name)' is '\(declared.shown)' but provided type is '\(value.shown)'")
                }
            }
        }

        // MARK: - Comprehensions

        private mutating func checkComprehension(_ expression: Expression, _ loop: Expression.Comprehension) {
            check(loop.range)
            check(loop.initial)
            let range = substitutions.apply(to: type(of: loop.range))
            let accumulated = type(of: loop.initial)
            scopes.append([loop.accumulator: accumulated])
            let (first, second): (TypeOf, TypeOf)
            switch range {
            case .list(let element): (first, second) = loop.second == nil ? (element, element) : (.int, element)
            case .map(let key, let value): (first, second) = (key, value)
            case .dyn, .error, .parameter, .any:
                _ = substitutions.assign(.dyn, to: range)
                (first, second) = (.dyn, .dyn)
            default:
                tell(
                    loop.range,
                    "expression of type '\(range.shown)' cannot be range of a comprehension (must be list, map, or dynamic)")
                (first, second) = (.error, .error)
            }
            var variables = [loop.variable: first]
            if let name = loop.second { variables[name] = second }
            scopes.append(variables)
            check(loop.condition)
            require(loop.condition, .bool)
            check(loop.step)
            require(loop.step, accumulated)
            scopes.removeLast()
            check(loop.result)
            scopes.removeLast()
            set(expression, substitutions.apply(to: type(of: loop.result)))
        }

        private mutating func require(_ expression: Expression, _ wanted: TypeOf) {
            let type = type(of: expression)
            if !substitutions.assign(wanted, to: type) { mismatch(expression, wanted, type) }
        }
    }
}

extension CEL.Expression.Literal {
    var type: CEL.TypeOf {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        }
    }
}
