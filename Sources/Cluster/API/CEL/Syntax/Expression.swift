extension CEL {
    /// A parsed expression: a node of the tree.
    struct Expression: Sendable {
        /// Unique in its tree, from 1: what is found out about a node is kept under it.
        let id: Int
        /// Where it is told of: code points of the source.
        let position: Int
        let kind: Kind

        indirect enum Kind: Sendable {
            /// What could not be read.
            case unspecified
            case literal(Literal)
            case name(String)
            /// A field; `test` asks only whether it is there.
            case select(Expression, field: String, test: Bool)
            case call(function: String, target: Expression?, arguments: [Expression])
            /// Elements at `optional` places are left out when they are empty optional values.
            case list([Expression], optional: Set<Int>)
            case map([Entry])
            case message(String, [Field])
            case comprehension(Comprehension)
        }

        enum Literal: Sendable, Hashable {
            case null
            case bool(Bool)
            case int(Int64)
            case uint(UInt64)
            case double(Double)
            case string(String)
            case bytes([UInt8])
        }

        struct Entry: Sendable {
            let id: Int
            let position: Int
            let key: Expression
            let value: Expression
            let isOptional: Bool
        }

        struct Field: Sendable {
            let id: Int
            let position: Int
            let name: String
            let value: Expression
            let isOptional: Bool
        }

        /// What the macros over lists and maps become: a loop that gathers a result in an accumulator.
        struct Comprehension: Sendable {
            let range: Expression
            let variable: String
            /// With it ``variable`` is the index or key and this the value.
            var second: String?
            let accumulator: String
            let initial: Expression
            /// While true.
            let condition: Expression
            let step: Expression
            let result: Expression
        }
    }

    /// The names of functions that operators stand for.
    enum Operator {
        static let conditional = "_?_:_"
        static let and = "_&&_"
        static let or = "_||_"
        static let not = "!_"
        static let negate = "-_"
        static let index = "_[_]"
        static let optionalIndex = "_[?_]"
        static let optionalSelect = "_?._"
        static let `in` = "@in"
        static let add = "_+_"
        static let subtract = "_-_"
        static let multiply = "_*_"
        static let divide = "_/_"
        static let modulo = "_%_"
        static let equals = "_==_"
        static let notEquals = "_!=_"
        static let less = "_<_"
        static let lessEquals = "_<=_"
        static let greater = "_>_"
        static let greaterEquals = "_>=_"
        static let notStrictlyFalse = "@not_strictly_false"

        static let byToken: [Token.Kind: String] = [
            .plus: add, .minus: subtract, .star: multiply, .slash: divide, .percent: modulo, .equals: equals, .notEquals: notEquals,
            .less: less, .lessEquals: lessEquals, .greater: greater, .greaterEquals: greaterEquals, .in: `in`,
        ]
    }
}
