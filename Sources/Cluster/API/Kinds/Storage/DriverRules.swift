import ClusterObjects

/// How classes name the driver of their volumes, and what they tell it. Source: pkg/apis/storage/validation.
enum DriverRules {
    /// Parameters of a class, and their bytes.
    private static let (most, mostBytes) = (512, 256 << 10)

    static func name(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { return problems.append(.required(path)) }
        problems.add(path, name, NameFormats.qualifiedName(name.lowercased()))
    }

    static func parameters(_ parameters: Fields, _ path: FieldPath, _ problems: inout [Problem]) {
        // Too many are not looked at one by one.
        if parameters.count > most { return problems.append(.tooLong(path, most: most)) }
        if parameters[""] != nil { problems.append(.invalid(path, "", "field can not be empty.")) }
        let size = parameters.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        if size > mostBytes { problems.append(.tooLong(path, most: mostBytes)) }
    }
}
