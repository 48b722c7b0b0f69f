extension CEL.Library {
    /// Types whose values have an order.
    private static let ordered = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]

    static let collections: [CEL.Function] = [
        .init(
            "size",
            ["bytes", "list(A)", "map(A, B)", "string"].flatMap { type -> [CEL.Overload] in
                let name = String(type.prefix { $0 != "(" })
                return [.init("size_\(name)", "(\(type)) -> int"), .init("\(name)_size", "\(type).() -> int")]
            }),
        // What the macros that make maps become.
        .init(
            "cel.@mapInsert",
            [
                .init("@mapInsert_map_key_value", "(map(K, V), K, V) -> map(K, V)"),
                .init("@mapInsert_map_map", "(map(K, V), map(K, V)) -> map(K, V)"),
            ]),
    ]

    static let lists: [CEL.Function] = [
        .init("isSorted", ordered.map { .init("list_\($0)_is_sorted_bool", "list(\($0)).() -> bool") }),
        .init(
            "sum", ["int", "uint", "double", "duration"].map { .init("list_\($0)_sum_\($0)", "list(\($0)).() -> \($0)") }),
        .init("max", ordered.map { .init("list_\($0)_max_\($0)", "list(\($0)).() -> \($0)") }),
        .init("min", ordered.map { .init("list_\($0)_min_\($0)", "list(\($0)).() -> \($0)") }),
        .init("indexOf", [.init("list_a_index_of_int", "list(A).(A) -> int")]),
        .init("lastIndexOf", [.init("list_a_last_index_of_int", "list(A).(A) -> int")]),
        .init("slice", [.init("list_slice", "list(T).(int, int) -> list(T)")]),
        .init(
            "flatten",
            [.init("list_flatten", "list(list(T)).() -> list(T)"), .init("list_flatten_int", "list(dyn).(int) -> list(dyn)")]),
        .init("sort", ordered.map { .init("list_\($0)_sort", "list(\($0)).() -> list(\($0))") }),
        .init(
            "@sortByAssociatedKeys", ordered.map { .init("list_\($0)_sortByAssociatedKeys", "list(T).(list(\($0))) -> list(T)") }),
        .init("lists.range", [.init("lists_range", "(int) -> list(int)")]),
        .init("reverse", [.init("list_reverse", "list(T).() -> list(T)")]),
        .init("distinct", [.init("list_distinct", "list(T).() -> list(T)")]),
        .init("first", [.init("list_first", "list(T).() -> optional(T)")]),
        .init("last", [.init("list_last", "list(T).() -> optional(T)")]),
    ]

    static let sets: [CEL.Function] = ["contains", "equivalent", "intersects"].map {
        .init("sets.\($0)", [.init("list_sets_\($0)_list", "(list(T), list(T)) -> bool")])
    }
}
