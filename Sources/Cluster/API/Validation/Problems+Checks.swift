import ClusterObjects

/// The checks that every kind's validation is made of. Each adds what is wrong, and nothing when all is well.
/// Source: k8s.io/apimachinery/pkg/api/validation, pkg/apis/core/validation.
extension [Problem] {
    static let immutable = "field is immutable"
    static let negative = "must be greater than or equal to 0"
    static let notPositive = "must be greater than zero"

    mutating func add(_ path: FieldPath, _ text: String, _ details: [String]) {
        for detail in details { append(.invalid(path, .string(text), detail)) }
    }

    mutating func label(_ text: String, _ path: FieldPath) { add(path, text, NameFormats.label(text)) }
    mutating func subdomain(_ text: String, _ path: FieldPath) { add(path, text, NameFormats.subdomain(text)) }
    mutating func qualifiedName(_ text: String, _ path: FieldPath) { add(path, text, NameFormats.qualifiedName(text)) }
    mutating func configKey(_ text: String, _ path: FieldPath) { add(path, text, Formats.configKey(text)) }
    mutating func environmentName(_ text: String, _ path: FieldPath) { add(path, text, Formats.environmentName(text)) }
    mutating func ip(_ text: String, _ path: FieldPath) { add(path, text, Formats.ip(text)) }
    mutating func cidr(_ text: String, _ path: FieldPath) { add(path, text, Formats.cidr(text)) }

    /// `example.com/path`: a domain, and a path as it may stand in a URL.
    mutating func prefixedPath(_ text: String, _ path: FieldPath) {
        if text.isEmpty { return append(.required(path)) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return append(.invalid(path, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")"))
        }
        subdomain(parts[0], path)
        add(path, parts[1], Formats.urlPath(parts[1]))
    }

    /// `example.com/key`: a label's key with a domain before it.
    mutating func prefixedKey(_ text: String, _ path: FieldPath) {
        if text.isEmpty { return append(.required(path)) }
        let wrong = NameFormats.qualifiedName(text)
        add(path, text, wrong)
        if wrong.isEmpty, !text.contains("/") {
            append(.invalid(path, .string(text), "must be a domain-prefixed key (such as \"acme.io/foo\")"))
        }
    }

    /// How long a service account's token is good for, in seconds.
    mutating func tokenDuration(_ seconds: Int, _ path: FieldPath) {
        if seconds < 600 { append(.invalid(path, Value(seconds), "may not specify a duration less than 10 minutes")) }
        if seconds > 1 << 32 { append(.invalid(path, Value(seconds), "may not specify a duration larger than 2^32 seconds")) }
    }

    /// The field must be a string that is not empty.
    mutating func required(_ object: Value, _ key: String, _ path: FieldPath, _ detail: String = "") {
        if object.text(key).isEmpty { append(.required(path / key, detail)) }
    }

    /// A name in a field, required unless `optional`.
    mutating func name(_ object: Value, _ key: String, _ path: FieldPath, optional: Bool = false) {
        let text = object.text(key)
        if !text.isEmpty { subdomain(text, path / key) } else if !optional { append(.required(path / key)) }
    }

    /// A word in a field that can stand in a path, required unless `optional`.
    mutating func pathSegment(_ object: Value, _ key: String, _ path: FieldPath, optional: Bool = false) {
        let text = object.text(key)
        if !text.isEmpty { add(path / key, text, NameFormats.pathSegment(text)) } else if !optional { append(.required(path / key)) }
    }

    /// A whole number that is not negative, where it is set.
    mutating func nonnegative(_ object: Value, _ key: String, _ path: FieldPath) {
        if let number = object[key]?.int, number < 0 { append(.invalid(path / key, Value(number), Self.negative)) }
    }

    /// A whole number within bounds, where it is set.
    mutating func range(_ object: Value, _ key: String, _ bounds: ClosedRange<Int>, _ path: FieldPath) {
        if let number = object[key]?.int, !bounds.contains(number) {
            append(.invalid(path / key, Value(number), Formats.range(bounds)))
        }
    }

    mutating func port(_ number: Int, _ path: FieldPath) {
        for detail in Formats.portNumber(number) { append(.invalid(path, Value(number), detail)) }
    }

    /// A port by number or by name.
    mutating func portOrName(_ value: Value?, _ path: FieldPath) {
        if let name = value?.string { add(path, name, Formats.portName(name)) } else { port(value?.int ?? 0, path) }
    }

    /// One of a few words, listed in order of the alphabet; `""` counts as missing.
    mutating func oneOf(_ object: Value, _ key: String, _ words: [String], _ path: FieldPath) {
        let word = object.text(key)
        if word.isEmpty {
            append(.required(path / key))
        } else if !words.contains(word) {
            append(.notSupported(path / key, .string(word), words))
        }
    }

    /// The same where an empty word is one that is not supported.
    mutating func word(_ object: Value, _ key: String, _ words: [String], _ path: FieldPath) {
        if !words.contains(object.text(key)) { append(.notSupported(path / key, .string(object.text(key)), words)) }
    }

    /// The same where the field is set.
    mutating func oneOfIfSet(_ object: Value, _ key: String, _ words: [String], _ path: FieldPath) {
        guard let value = object.part(key) else { return }
        if !words.contains(value.string ?? "") { append(.notSupported(path / key, value, words)) }
    }

    /// One of a few words, listed in the order given; `""` counts as missing.
    mutating func oneOf(_ object: Value, _ key: String, inOrder words: [String], _ path: FieldPath) {
        let word = object.text(key)
        if word.isEmpty {
            append(.required(path / key))
        } else if !words.contains(word) {
            append(.notSupported(path / key, .string(word), inOrder: words))
        }
    }

    /// The field must not change. `shown` is how the new value is printed where it is no plain value.
    mutating func immutable(_ new: Value?, _ old: Value?, _ path: FieldPath, shown: ((Value) -> String)? = nil) {
        guard !Self.same(new, old) else { return }
        let value = new ?? .null
        append(.invalid(path, shown: shown?(value) ?? Problem.shown(value), Self.immutable))
    }

    /// Whether two values mean the same: absent, null and empty are one (Go's semantic equality).
    static func same(_ left: Value?, _ right: Value?) -> Bool {
        func normal(_ value: Value?) -> Value? {
            switch value {
            case nil, .null: nil
            case .array(let elements) where elements.isEmpty: nil
            case .object(let fields) where fields.isEmpty: nil
            default: value
            }
        }
        return normal(left) == normal(right)
    }

    mutating func labels(_ labels: Value?, _ path: FieldPath) {
        for (key, value) in labels?.object ?? Fields() {
            qualifiedName(key, path)
            add(path, value.string ?? "", NameFormats.labelValue(value.string ?? ""))
        }
    }

    mutating func annotations(_ annotations: Value?, _ path: FieldPath) {
        var size = 0
        for (key, value) in annotations?.object ?? Fields() {
            add(path, key, NameFormats.qualifiedName(key.lowercased()))
            size += key.utf8.count + (value.string?.utf8.count ?? 0)
        }
        if size > 256 << 10 { append(.tooLong(path, most: 256 << 10)) }
    }
}
