extension CEL.Library {
    static let conversions: [CEL.Function] = [
        .init("dyn", [.init("to_dyn", "(A) -> dyn")]),
        .init("type", [.init("type", "(A) -> type(A)")]),
        .init("bool", [.init("bool_to_bool", "(bool) -> bool"), .init("string_to_bool", "(string) -> bool")]),
        .init("bytes", [.init("bytes_to_bytes", "(bytes) -> bytes"), .init("string_to_bytes", "(string) -> bytes")]),
        .init(
            "double",
            [
                .init("double_to_double", "(double) -> double"), .init("int64_to_double", "(int) -> double"),
                .init("string_to_double", "(string) -> double"), .init("uint64_to_double", "(uint) -> double"),
            ]),
        .init(
            "duration",
            [
                .init("duration_to_duration", "(duration) -> duration"), .init("int64_to_duration", "(int) -> duration"),
                .init("string_to_duration", "(string) -> duration"),
            ]),
        .init(
            "int",
            [
                .init("int64_to_int64", "(int) -> int"), .init("double_to_int64", "(double) -> int"),
                .init("duration_to_int64", "(duration) -> int"), .init("string_to_int64", "(string) -> int"),
                .init("timestamp_to_int64", "(timestamp) -> int"), .init("uint64_to_int64", "(uint) -> int"),
            ]),
        .init(
            "string",
            [
                .init("string_to_string", "(string) -> string"), .init("bool_to_string", "(bool) -> string"),
                .init("bytes_to_string", "(bytes) -> string"), .init("double_to_string", "(double) -> string"),
                .init("duration_to_string", "(duration) -> string"), .init("int64_to_string", "(int) -> string"),
                .init("timestamp_to_string", "(timestamp) -> string"), .init("uint64_to_string", "(uint) -> string"),
            ]),
        .init(
            "timestamp",
            [
                .init("timestamp_to_timestamp", "(timestamp) -> timestamp"), .init("int64_to_timestamp", "(int) -> timestamp"),
                .init("string_to_timestamp", "(string) -> timestamp"),
            ]),
        .init(
            "uint",
            [
                .init("uint64_to_uint64", "(uint) -> uint"), .init("double_to_uint64", "(double) -> uint"),
                .init("int64_to_uint64", "(int) -> uint"), .init("string_to_uint64", "(string) -> uint"),
            ]),
    ]
}
