import ClusterObjects

/// What ConfigMaps and Secrets have in common: a size, and that they may be made to stay as they are.
enum DataRules {
    static let most = 1 << 20
    private static let unchangeable = "field is immutable when `immutable` is set"

    static func unchanged(_ new: Value, _ old: Value, _ keys: [String]) -> [Problem] {
        guard old.flag("immutable") else { return [] }
        var problems: [Problem] = []
        if !new.flag("immutable") { problems.append(.forbidden(FieldPath("immutable"), unchangeable)) }
        for key in keys where ![Problem].same(new[key], old[key]) {
            problems.append(.forbidden(FieldPath(key), unchangeable))
        }
        return problems
    }

    static func decodedSize(_ value: Value) -> Int {
        let bytes = (value.string ?? "").utf8
        return bytes.count / 4 * 3 - bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
    }
}
