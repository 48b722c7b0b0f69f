extension CEL.Checker {
    private typealias TypeOf = CEL.TypeOf

    mutating func checkCall(
        _ expression: CEL.Expression, _ function: String, _ target: CEL.Expression?, _ arguments: [CEL.Expression]
    ) {
        if function == CEL.Operator.optionalSelect { return checkOptionalSelection(expression, target, arguments) }
        for argument in arguments { check(argument) }
        guard let target else {
            let plain = function.hasPrefix(".") ? String(function.dropFirst()) : function
            guard let found = environment.function(plain) else { return undeclared(expression, function) }
            return resolve(expression, found, nil, arguments, isQualified: false)
        }
        // `a.b.c()` is the function `a.b.c`, or `c` of `a.b`.
        if let prefix = CEL.Checker.qualifiedName(target) {
            let name = "\(prefix).\(function)"
            if let found = environment.function(name.hasPrefix(".") ? String(name.dropFirst()) : name) {
                return resolve(expression, found, nil, arguments, isQualified: true)
            }
        }
        check(target)
        guard let found = environment.function(function) else { return undeclared(expression, function) }
        resolve(expression, found, target, arguments, isQualified: false)
    }

    private mutating func checkOptionalSelection(
        _ expression: CEL.Expression, _ target: CEL.Expression?, _ arguments: [CEL.Expression]
    ) {
        guard target == nil, arguments.count == 2, case .literal(.string(let field)) = arguments[1].kind else {
            set(expression, TypeOf.error)
            return tell(expression, "unsupported optional field selection: incorrect signature. argument count: \(arguments.count)")
        }
        let type = fieldType(expression, arguments[0], field, isOptional: true)
        set(expression, substitutions.apply(to: type))
    }

    /// Finds the overloads that fit the arguments. Several may, as long as types are not known.
    private mutating func resolve(
        _ expression: CEL.Expression, _ function: CEL.Function, _ target: CEL.Expression?, _ arguments: [CEL.Expression],
        isQualified: Bool
    ) {
        let given = ((target.map { [$0] } ?? []) + arguments).map { type(of: $0) }
        if function.name == CEL.Operator.and || function.name == CEL.Operator.or {
            return resolveLogical(expression, function, arguments)
        }
        var result: TypeOf?
        var fitting: [CEL.Overload] = []
        for overload in function.overloads where overload.isMember == (target != nil) {
            var fresh = CEL.Substitutions()
            for name in overload.typeParameters { fresh[.parameter(name)] = newParameter() }
            guard substitutions.assign(given, to: overload.parameters.map { fresh.apply(to: $0) }) else { continue }
            fitting.append(overload)
            let type = substitutions.apply(to: fresh.apply(to: overload.result))
            if let known = result {
                if !known.isDyn, known != type { result = .dyn }
            } else {
                result = type
            }
        }
        guard let result else {
            set(expression, TypeOf.error)
            let shown = given.map { substitutions.apply(to: $0, freeIsDyn: true) }
            return tell(
                expression,
                "found no matching overload for '\(function.name)' applied to '\(TypeOf.signature(shown, isMember: target != nil))'")
        }
        set(expression, result)
        set(expression, .overloads(fitting, isQualified: isQualified))
    }

    /// Of a logical operator every operand is told of by itself.
    private mutating func resolveLogical(_ expression: CEL.Expression, _ function: CEL.Function, _ arguments: [CEL.Expression]) {
        var isWrong = false
        for argument in arguments {
            let type = type(of: argument)
            if !substitutions.assign(type, to: .bool) {
                mismatch(argument, .bool, type)
                isWrong = true
            }
        }
        set(expression, isWrong ? TypeOf.error : .bool)
        if !isWrong { set(expression, .overloads(function.overloads, isQualified: false)) }
    }
}
