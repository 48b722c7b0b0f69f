extension CEL {
    /// What type parameters have been found to stand for. Source: cel-go's checker, types.go.
    struct Substitutions: Sendable {
        private var found: [TypeOf: TypeOf] = [:]

        subscript(parameter: TypeOf) -> TypeOf? {
            get { found[parameter] }
            set { found[parameter] = newValue }
        }

        /// Types nest no deeper than this; a parameter that would stand for something that holds it is found by its depth.
        private static let deepest = 200

        /// A type with its parameters replaced by what they stand for.
        /// - Parameter freeIsDyn: parameters that stand for nothing yet become dyn.
        func apply(to type: TypeOf, freeIsDyn: Bool = false, depth: Int = 0) -> TypeOf {
            if depth > Substitutions.deepest { return .dyn }
            if let known = found[type] { return apply(to: known, freeIsDyn: freeIsDyn, depth: depth + 1) }
            if case .parameter = type { return freeIsDyn ? .dyn : type }
            return type.mapParts { apply(to: $0, freeIsDyn: freeIsDyn, depth: depth + 1) }
        }

        /// Whether a value of one type may stand where the other is wanted; what parameters must stand for is then remembered.
        mutating func assign(_ from: TypeOf, to: TypeOf) -> Bool {
            let before = self
            if assignable(from, to, 0) { return true }
            self = before
            return false
        }

        mutating func assign(_ from: [TypeOf], to: [TypeOf]) -> Bool {
            let before = self
            if assignable(from, to, 0) { return true }
            self = before
            return false
        }

        private mutating func assignable(_ from: [TypeOf], _ to: [TypeOf], _ depth: Int) -> Bool {
            guard from.count == to.count else { return false }
            for (one, other) in zip(from, to) where !assignable(one, other, depth) { return false }
            return true
        }

        private mutating func assignable(_ from: TypeOf, _ to: TypeOf, _ depth: Int) -> Bool {
            if depth > Substitutions.deepest { return true }
            if case .parameter = to {
                let (isValid, isKnown) = substitute(from, for: to, depth)
                if isValid { return true }
                if isKnown { return false }
            }
            if case .parameter = from { return substitute(to, for: from, depth).isValid }
            if from.isDynOrError || to.isDynOrError { return true }
            if from == .null { return Substitutions.takesNull(to) }
            if to == .null { return Substitutions.takesNull(from) }
            switch (from, to) {
            case (.type, .type): return true
            case (.list(let one), .list(let other)): return assignable(one, other, depth + 1)
            case (.map(let key, let value), .map(let otherKey, let otherValue)):
                return assignable([key, value], [otherKey, otherValue], depth + 1)
            case (.opaque(let name, let parameters), .opaque(let otherName, let others)):
                return name == otherName && assignable(parameters, others, depth + 1)
            default: return from == to
            }
        }

        private static func takesNull(_ type: TypeOf) -> Bool {
            switch type {
            case .opaque(let name, _): name != "optional_type"
            case .timestamp, .duration, .object, .null: true
            default: false
            }
        }

        /// Has a parameter stand for a type, or for the more general of that and what it stood for.
        private mutating func substitute(_ type: TypeOf, for parameter: TypeOf, _ depth: Int) -> (isValid: Bool, isKnown: Bool) {
            if type == parameter { return (true, true) }
            if let known = found[parameter] {
                if type == known { return (true, true) }
                guard assignable(type, known, depth + 1) else { return (false, true) }
                let general = Substitutions.isEqualOrLessSpecific(type, known) ? type : known
                if !occurs(parameter, in: general, 0) { found[parameter] = general }
                return (true, true)
            }
            guard !occurs(parameter, in: type, 0) else { return (false, false) }
            found[parameter] = type
            return (true, false)
        }

        private func occurs(_ parameter: TypeOf, in type: TypeOf, _ depth: Int) -> Bool {
            if type == parameter || depth > Substitutions.deepest { return true }
            if case .parameter = type { return found[type].map { occurs(parameter, in: $0, depth + 1) } ?? false }
            return type.parts.contains { occurs(parameter, in: $0, depth + 1) }
        }

        /// Whether the first says no more than the second, by being dyn where that is something.
        static func isEqualOrLessSpecific(_ one: TypeOf, _ other: TypeOf) -> Bool {
            if one.isDyn { return true }
            if case .parameter = one { return true }
            if other.isDyn { return false }
            if case .parameter = other { return false }
            switch (one, other) {
            case (.type, .type): return true
            case (.list(let first), .list(let second)): return isEqualOrLessSpecific(first, second)
            case (.map(let key, let value), .map(let otherKey, let otherValue)):
                return isEqualOrLessSpecific(key, otherKey) && isEqualOrLessSpecific(value, otherValue)
            case (.opaque(let name, let parameters), .opaque(let otherName, let others)):
                return name == otherName && parameters.count == others.count
                    && zip(parameters, others).allSatisfy { isEqualOrLessSpecific($0, $1) }
            default: return one == other
            }
        }
    }
}
