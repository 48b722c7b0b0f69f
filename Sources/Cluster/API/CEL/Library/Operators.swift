extension CEL.Library {
    private typealias Operator = CEL.Operator

    static let operators: [CEL.Function] = [
        .init(Operator.conditional, [.init("conditional", "(bool, A, A) -> A")]),
        .init(Operator.and, [.init("logical_and", "(bool, bool) -> bool")]),
        .init(Operator.or, [.init("logical_or", "(bool, bool) -> bool")]),
        .init(Operator.not, [.init("logical_not", "(bool) -> bool")]),
        .init(Operator.notStrictlyFalse, [.init("not_strictly_false", "(bool) -> bool")]),
        .init(Operator.equals, [.init("equals", "(A, A) -> bool")]),
        .init(Operator.notEquals, [.init("not_equals", "(A, A) -> bool")]),
        .init(
            Operator.add,
            [
                .init("add_bytes", "(bytes, bytes) -> bytes"), .init("add_double", "(double, double) -> double"),
                .init("add_duration_duration", "(duration, duration) -> duration"),
                .init("add_duration_timestamp", "(duration, timestamp) -> timestamp"),
                .init("add_timestamp_duration", "(timestamp, duration) -> timestamp"), .init("add_int64", "(int, int) -> int"),
                .init("add_list", "(list(A), list(A)) -> list(A)"), .init("add_string", "(string, string) -> string"),
                .init("add_uint64", "(uint, uint) -> uint"),
            ]),
        .init(
            Operator.subtract,
            [
                .init("subtract_double", "(double, double) -> double"),
                .init("subtract_duration_duration", "(duration, duration) -> duration"),
                .init("subtract_int64", "(int, int) -> int"),
                .init("subtract_timestamp_duration", "(timestamp, duration) -> timestamp"),
                .init("subtract_timestamp_timestamp", "(timestamp, timestamp) -> duration"),
                .init("subtract_uint64", "(uint, uint) -> uint"),
            ]),
        .init(Operator.multiply, arithmetic("multiply")),
        .init(Operator.divide, arithmetic("divide")),
        .init(Operator.modulo, [.init("modulo_int64", "(int, int) -> int"), .init("modulo_uint64", "(uint, uint) -> uint")]),
        .init(Operator.negate, [.init("negate_double", "(double) -> double"), .init("negate_int64", "(int) -> int")]),
        .init(
            Operator.index,
            [.init("index_list", "(list(A), int) -> A"), .init("index_map", "(map(A, B), A) -> B")]),
        .init(Operator.in, [.init("in_list", "(A, list(A)) -> bool"), .init("in_map", "(A, map(A, B)) -> bool")]),
    ]

    private static func arithmetic(_ name: String) -> [CEL.Overload] {
        [
            .init("\(name)_double", "(double, double) -> double"), .init("\(name)_int64", "(int, int) -> int"),
            .init("\(name)_uint64", "(uint, uint) -> uint"),
        ]
    }

    static let comparisons: [CEL.Function] = [
        (Operator.less, "less"), (Operator.lessEquals, "less_equals"), (Operator.greater, "greater"),
        (Operator.greaterEquals, "greater_equals"),
    ].map { name, id in
        // Numbers of different types are compared by their values.
        let pairs: [(String, String, String)] = [
            ("bool", "bool", "bool"), ("int64", "int", "int"), ("int64_double", "int", "double"), ("int64_uint64", "int", "uint"),
            ("uint64", "uint", "uint"), ("uint64_double", "uint", "double"), ("uint64_int64", "uint", "int"),
            ("double", "double", "double"), ("double_int64", "double", "int"), ("double_uint64", "double", "uint"),
            ("string", "string", "string"), ("bytes", "bytes", "bytes"), ("timestamp", "timestamp", "timestamp"),
            ("duration", "duration", "duration"),
        ]
        return CEL.Function(name, pairs.map { .init("\(id)_\($0.0)", "(\($0.1), \($0.2)) -> bool") })
    }
}
