extension CEL.Library {
    static let strings: [CEL.Function] = [
        .init("contains", [.init("contains_string", "string.(string) -> bool")]),
        .init("endsWith", [.init("ends_with_string", "string.(string) -> bool")]),
        .init("startsWith", [.init("starts_with_string", "string.(string) -> bool")]),
        .init("matches", [.init("matches", "(string, string) -> bool"), .init("matches_string", "string.(string) -> bool")]),
    ]

    static let extendedStrings: [CEL.Function] = [
        .init("charAt", [.init("string_char_at_int", "string.(int) -> string")]),
        .init(
            "indexOf",
            [.init("string_index_of_string", "string.(string) -> int"), .init("string_index_of_string_int", "string.(string, int) -> int")]),
        .init(
            "lastIndexOf",
            [
                .init("string_last_index_of_string", "string.(string) -> int"),
                .init("string_last_index_of_string_int", "string.(string, int) -> int"),
            ]),
        .init("lowerAscii", [.init("string_lower_ascii", "string.() -> string")]),
        .init("upperAscii", [.init("string_upper_ascii", "string.() -> string")]),
        .init(
            "replace",
            [
                .init("string_replace_string_string", "string.(string, string) -> string"),
                .init("string_replace_string_string_int", "string.(string, string, int) -> string"),
            ]),
        .init(
            "split",
            [
                .init("string_split_string", "string.(string) -> list(string)"),
                .init("string_split_string_int", "string.(string, int) -> list(string)"),
            ]),
        .init(
            "substring",
            [
                .init("string_substring_int", "string.(int) -> string"), .init("string_substring_int_int", "string.(int, int) -> string"),
            ]),
        .init("trim", [.init("string_trim", "string.() -> string")]),
        .init("format", [.init("string_format", "string.(list(dyn)) -> string")]),
        .init("strings.quote", [.init("strings_quote", "(string) -> string")]),
        .init(
            "join", [.init("list_join", "list(string).() -> string"), .init("list_join_string", "list(string).(string) -> string")]),
    ]

    static let regex: [CEL.Function] = [
        .init("find", [.init("string_find_string", "string.(string) -> string")]),
        .init(
            "findAll",
            [
                .init("string_find_all_string", "string.(string) -> list(string)"),
                .init("string_find_all_string_int", "string.(string, int) -> list(string)"),
            ]),
    ]
}
