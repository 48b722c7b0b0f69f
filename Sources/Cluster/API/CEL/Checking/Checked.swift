extension CEL {
    /// An expression whose names and types are known: what ``Program`` runs.
    struct Checked: Sendable {
        let source: Source
        let expression: Expression
        /// The types of its nodes by their ids.
        let types: [Int: TypeOf]
        let references: [Int: Reference]

        var type: TypeOf { types[expression.id] ?? .dyn }
    }

    /// What a name, or a call, was found to mean.
    enum Reference: Sendable {
        /// A variable or type, also one with dots in its name.
        case name(String)
        /// The overloads that fit; which one it is may only be known when it runs. `isQualified`: what looks like the target of a member
        /// is part of the function's name.
        case overloads([Overload], isQualified: Bool)
    }
}

extension CEL.Checked {
    /// Whether a variable is read.
    func uses(_ variable: String) -> Bool {
        references.values.contains { if case .name(variable) = $0 { true } else { false } }
    }
}
