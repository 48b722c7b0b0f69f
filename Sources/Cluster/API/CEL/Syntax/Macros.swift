extension CEL.Parser {
    typealias Expression = CEL.Expression
    private typealias Operator = CEL.Operator

    /// Where a loop gathers its result: a name that no text can spell.
    static let accumulator = "@result"
    private static let unused = "#unused"

    /// A macro's arguments do not have its form.
    private struct Misuse: Error {
        var position: Int
        var message: String
    }

    /// What a call of a macro's form stands for; nil when it is none.
    mutating func expandMacro(_ name: String, _ target: Expression?, _ arguments: [Expression], _ position: Int) -> Expression? {
        do throws(Misuse) {
            guard let target else {
                return name == "has" && arguments.count == 1 ? try has(arguments[0], position) : nil
            }
            switch (name, arguments.count) {
            case ("all", 2), ("all", 3), ("exists", 2), ("exists", 3), ("exists_one", 2), ("exists_one", 3), ("existsOne", 3):
                return try quantifier(name, target, arguments, position)
            case ("map", 2), ("map", 3): return try map(target, arguments, position)
            case ("filter", 2): return try filter(target, arguments, position)
            case ("transformList", 3), ("transformList", 4), ("transformMap", 3), ("transformMap", 4), ("transformMapEntry", 3),
                ("transformMapEntry", 4):
                return try transform(name, target, arguments, position)
            case ("optMap", 2), ("optFlatMap", 2): return try optionalMap(name, target, arguments, position)
            case ("sortBy", 2): return try sortBy(target, arguments, position)
            default: return nil
            }
        } catch {
            return wrong(error.position, error.message)
        }
    }

    // MARK: - Parts

    private func variable(_ argument: Expression, _ message: String) throws(Misuse) -> String {
        guard case .name(let name) = argument.kind else { throw Misuse(position: argument.position, message: message) }
        if name == CEL.Parser.accumulator || name == "__result__" {
            throw Misuse(position: argument.position, message: "iteration variable overwrites accumulator variable")
        }
        return name
    }

    /// The variables of a macro over elements: one, or two with an index or key.
    private func variables(_ arguments: [Expression], _ count: Int, _ message: String) throws(Misuse) -> (String, String?) {
        let first = try variable(arguments[0], message)
        if count == 1 { return (first, nil) }
        let second = try variable(arguments[1], message)
        if first == second { throw Misuse(position: arguments[1].position, message: "duplicate variable name: \(first)") }
        return (first, second)
    }

    private mutating func plainCall(
        _ position: Int, _ name: String, _ arguments: [Expression], on target: Expression? = nil
    ) -> Expression {
        node(position, .call(function: name, target: target, arguments: arguments))
    }

    private mutating func result(_ position: Int) -> Expression { node(position, .name(CEL.Parser.accumulator)) }

    /// The same expression again, as nodes of their own.
    private mutating func copy(_ expression: Expression) -> Expression {
        let kind: Expression.Kind
        switch expression.kind {
        case .unspecified, .literal, .name: kind = expression.kind
        case .select(let operand, let field, let test): kind = .select(copy(operand), field: field, test: test)
        case .call(let function, let target, let arguments):
            kind = .call(function: function, target: target.map { copy($0) }, arguments: arguments.map { copy($0) })
        case .list(let elements, let optional): kind = .list(elements.map { copy($0) }, optional: optional)
        case .map(let entries):
            kind = .map(
                entries.map {
                    Expression.Entry(
                        id: nextID(), position: $0.position, key: copy($0.key), value: copy($0.value), isOptional: $0.isOptional)
                })
        case .message(let name, let fields):
            kind = .message(
                name,
                fields.map {
                    Expression.Field(id: nextID(), position: $0.position, name: $0.name, value: copy($0.value), isOptional: $0.isOptional)
                })
        case .comprehension(let loop):
            kind = .comprehension(
                Expression.Comprehension(
                    range: copy(loop.range), variable: loop.variable, second: loop.second, accumulator: loop.accumulator,
                    initial: copy(loop.initial), condition: copy(loop.condition), step: copy(loop.step), result: copy(loop.result)))
        }
        return node(expression.position, kind)
    }

    // MARK: - Macros

    private mutating func has(_ argument: Expression, _ position: Int) throws(Misuse) -> Expression {
        guard case .select(let operand, let field, _) = argument.kind else {
            throw Misuse(position: argument.position, message: "invalid argument to has() macro")
        }
        return node(position, .select(operand, field: field, test: true))
    }

    private mutating func quantifier(
        _ name: String, _ target: Expression, _ arguments: [Expression], _ position: Int
    ) throws(Misuse) -> Expression {
        let (first, second) = try variables(arguments, arguments.count - 1, "argument must be a simple name")
        let predicate = arguments[arguments.count - 1]
        let (initial, condition, step): (Expression, Expression, Expression)
        var end = result(position)
        switch name {
        case "all":
            initial = node(position, .literal(.bool(true)))
            condition = plainCall(position, Operator.notStrictlyFalse, [result(position)])
            step = plainCall(position, Operator.and, [result(position), predicate])
        case "exists":
            initial = node(position, .literal(.bool(false)))
            condition = plainCall(position, Operator.notStrictlyFalse, [plainCall(position, Operator.not, [result(position)])])
            step = plainCall(position, Operator.or, [result(position), predicate])
        default:
            initial = node(position, .literal(.int(0)))
            condition = node(position, .literal(.bool(true)))
            let more = plainCall(position, Operator.add, [result(position), node(position, .literal(.int(1)))])
            step = plainCall(position, Operator.conditional, [predicate, more, result(position)])
            end = plainCall(position, Operator.equals, [result(position), node(position, .literal(.int(1)))])
        }
        return node(
            position,
            .comprehension(
                Expression.Comprehension(
                    range: target, variable: first, second: second, accumulator: CEL.Parser.accumulator, initial: initial,
                    condition: condition, step: step, result: end)))
    }

    /// A loop that adds to a list or map what passes a filter.
    private mutating func gathering(
        _ target: Expression, _ variables: (String, String?), from initial: Expression, filter: Expression?, step: Expression,
        _ position: Int
    ) -> Expression {
        let step = filter.map { plainCall(position, Operator.conditional, [$0, step, result(position)]) } ?? step
        return node(
            position,
            .comprehension(
                Expression.Comprehension(
                    range: target, variable: variables.0, second: variables.1, accumulator: CEL.Parser.accumulator, initial: initial,
                    condition: node(position, .literal(.bool(true))), step: step, result: result(position))))
    }

    private mutating func appending(_ element: Expression, _ position: Int) -> Expression {
        plainCall(position, Operator.add, [result(position), node(position, .list([element], optional: []))])
    }

    private mutating func map(_ target: Expression, _ arguments: [Expression], _ position: Int) throws(Misuse) -> Expression {
        let name = try variable(arguments[0], "argument is not an identifier")
        return gathering(
            target, (name, nil), from: node(position, .list([], optional: [])), filter: arguments.count == 3 ? arguments[1] : nil,
            step: appending(arguments[arguments.count - 1], position), position)
    }

    private mutating func filter(_ target: Expression, _ arguments: [Expression], _ position: Int) throws(Misuse) -> Expression {
        let name = try variable(arguments[0], "argument is not an identifier")
        return gathering(
            target, (name, nil), from: node(position, .list([], optional: [])), filter: arguments[1],
            step: appending(arguments[0], position), position)
    }

    private mutating func transform(
        _ name: String, _ target: Expression, _ arguments: [Expression], _ position: Int
    ) throws(Misuse) -> Expression {
        let variables = try variables(arguments, 2, "argument must be a simple name")
        let filter = arguments.count == 4 ? arguments[2] : nil
        let value = arguments[arguments.count - 1]
        if name == "transformList" {
            return gathering(
                target, variables, from: node(position, .list([], optional: [])), filter: filter, step: appending(value, position),
                position)
        }
        let insert = "cel.@mapInsert"
        let step =
            name == "transformMap"
            ? plainCall(position, insert, [result(position), node(position, .name(variables.0)), value])
            : plainCall(position, insert, [result(position), value])
        return gathering(target, variables, from: node(position, .map([])), filter: filter, step: step, position)
    }

    /// A name for a value in an expression: a loop that never runs.
    private mutating func bound(_ name: String, _ value: Expression, _ body: Expression, _ position: Int) -> Expression {
        node(
            position,
            .comprehension(
                Expression.Comprehension(
                    range: node(position, .list([], optional: [])), variable: CEL.Parser.unused, accumulator: name, initial: value,
                    condition: node(position, .literal(.bool(false))), step: node(position, .name(name)), result: body)))
    }

    private mutating func optionalMap(
        _ name: String, _ target: Expression, _ arguments: [Expression], _ position: Int
    ) throws(Misuse) -> Expression {
        guard case .name(let variable) = arguments[0].kind else {
            throw Misuse(position: arguments[0].position, message: "\(name)() variable name must be a simple identifier")
        }
        let value = plainCall(position, "value", [], on: copy(target))
        let mapped = bound(variable, value, arguments[1], position)
        return plainCall(
            position, Operator.conditional,
            [
                plainCall(position, "hasValue", [], on: target),
                name == "optMap" ? plainCall(position, "optional.of", [mapped]) : mapped, plainCall(position, "optional.none", []),
            ])
    }

    private mutating func sortBy(_ target: Expression, _ arguments: [Expression], _ position: Int) throws(Misuse) -> Expression {
        switch target.kind {
        case .list, .select, .name, .comprehension, .call: break
        default:
            throw Misuse(
                position: target.position,
                message: "sortBy can only be applied to a list, identifier, comprehension, call or select expression")
        }
        let input = "@__sortBy_input__"
        let keys = try map(node(position, .name(input)), arguments, position)
        return bound(input, target, plainCall(position, "@sortByAssociatedKeys", [keys], on: node(position, .name(input))), position)
    }
}
