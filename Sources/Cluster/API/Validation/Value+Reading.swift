import ClusterObjects

/// Reading fields of drafts the way Go's structs read: what is absent, null or of another type is the zero value.
extension Value {
    func text(_ key: String) -> String { self[key]?.string ?? "" }
    func list(_ key: String) -> [Value] { self[key]?.array ?? [] }
    func map(_ key: String) -> Fields { self[key]?.object ?? Fields() }
    func number(_ key: String) -> Int { self[key]?.int ?? 0 }
    func flag(_ key: String) -> Bool { self[key]?.bool ?? false }

    /// Whether the field is there and not null.
    func has(_ key: String) -> Bool { self[key].map { !$0.isNull } ?? false }

    /// The field unless absent or null.
    func part(_ key: String) -> Value? { self[key].flatMap { $0.isNull ? nil : $0 } }

    /// Whether this is what Go reads an absent field as.
    var isZero: Bool {
        switch self {
        case .null, .string(""), .bool(false), .int(0): true
        case .array(let elements): elements.isEmpty
        case .object(let fields): fields.isEmpty
        default: false
        }
    }

    /// The amount held, as `"100m"`.
    var quantity: Quantity? { string.flatMap { Quantity($0) } }

    /// Whether a status holds a condition of a type that is true.
    func holds(_ condition: String) -> Bool {
        list("conditions").contains { $0.text("type") == condition && $0.text("status") == "True" }
    }
}
