extension CEL.Library {
    /// Values that may be absent.
    static let optionals: [CEL.Function] = [
        .init("optional.of", [.init("optional_of", "(V) -> optional(V)")]),
        .init("optional.ofNonZeroValue", [.init("optional_ofNonZeroValue", "(V) -> optional(V)")]),
        .init("optional.none", [.init("optional_none", "() -> optional(V)")]),
        .init("optional.unwrap", [.init("optional_unwrap", "(list(optional(V))) -> list(V)")]),
        .init("unwrapOpt", [.init("optional_unwrapOpt", "list(optional(V)).() -> list(V)")]),
        .init("value", [.init("optional_value", "optional(V).() -> V")]),
        .init("hasValue", [.init("optional_hasValue", "optional(V).() -> bool")]),
        .init("or", [.init("optional_or_optional", "optional(V).(optional(V)) -> optional(V)")]),
        .init("orValue", [.init("optional_orValue_value", "optional(V).(V) -> V")]),
        .init(
            CEL.Operator.optionalIndex,
            [
                .init("list_optindex_optional_int", "(list(V), int) -> optional(V)"),
                .init("optional_list_optindex_optional_int", "(optional(list(V)), int) -> optional(V)"),
                .init("map_optindex_optional_value", "(map(K, V), K) -> optional(V)"),
                .init("optional_map_optindex_optional_value", "(optional(map(K, V)), K) -> optional(V)"),
            ]),
        .init(
            CEL.Operator.index,
            [
                .init("optional_list_index_int", "(optional(list(V)), int) -> optional(V)"),
                .init("optional_map_index_value", "(optional(map(K, V)), K) -> optional(V)"),
            ]),
    ]
}
