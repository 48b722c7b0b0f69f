/// The forms that names, label keys and label values must have, each with Kubernetes' words for what is wrong; nil for nothing.
/// Source: k8s.io/apimachinery/pkg/util/validation.
public enum NameFormats {
    /// What is wrong with the name of an object of most kinds.
    public static func subdomain(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 253 { problems.append("must be no more than 253 characters") }
        if !isSubdomain(text) {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
                    + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#)
        }
        return problems
    }

    /// A domain that names are looked for in: a subdomain in whose labels underscores may stand.
    static func searchDomain(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 253 { problems.append("must be no more than 253 characters") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = parts.allSatisfy { part in
            let rest = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
            guard let first = rest.first, let last = rest.last, isLower(first), isLower(last) else { return false }
            return rest.allSatisfy { isLower($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        if !isSound {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and "
                    + "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + #"'_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"#)
        }
        return problems
    }

    static func label(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append("must be no more than 63 characters") }
        if !isLabel(text) {
            problems.append(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                    + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
        }
        return problems
    }

    static func label1035(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append("must be no more than 63 characters") }
        let startsWithLetter = text.utf8.first.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") } ?? false
        if !startsWithLetter || !isLabel(text) {
            problems.append(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
                    + "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
                    + "'[a-z]([-a-z0-9]*[a-z0-9])?')")
        }
        return problems
    }

    static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        return ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
    }

    static func qualifiedName(_ text: String) -> [String] {
        // Nearly all are right.
        if isQualifiedName(text) { return [] }
        let rule =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let name = parts.last else {
            return ["a valid label key \(rule) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        }
        var problems: [String] = []
        if parts.count == 2 {
            problems += parts[0].isEmpty ? ["prefix part must be non-empty"] : subdomain(parts[0]).map { "prefix part \($0)" }
        }
        if name.isEmpty { problems.append("name part must be non-empty") }
        if name.utf8.count > 63 { problems.append("name part must be no more than 63 characters") }
        if !isLabelText(name) { problems.append("name part \(rule)") }
        return problems
    }

    static func labelValue(_ text: String) -> [String] {
        var problems: [String] = []
        if text.utf8.count > 63 { problems.append("must be no more than 63 characters") }
        if !text.isEmpty, !isLabelText(text) {
            problems.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                    + "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                    + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        }
        return problems
    }

    // MARK: - By bytes, once through: every object has many of them

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func isQualifiedName(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return bytes.count <= 63 && isLabelText(bytes) }
            let (prefix, name) = (Bytes(rebasing: bytes[..<slash]), Bytes(rebasing: bytes[(slash + 1)...]))
            return prefix.count <= 253 && name.count <= 63 && isLabelText(name) && isSubdomain(prefix)
        }
    }

    private static func isSubdomain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8(isSubdomain)
    }

    private static func isLabel(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isSubdomain($0) && !$0.contains(UInt8(ascii: ".")) }
    }

    private static func isLabelText(_ text: String) -> Bool {
        var text = text
        return text.withUTF8(isLabelText)
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || byte &- UInt8(ascii: "A") < 26 }

    /// Labels with dots between: each begins and ends with a letter or digit.
    private static func isSubdomain(_ text: Bytes) -> Bool {
        var previous = UInt8(ascii: ".")
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): if previous == UInt8(ascii: ".") { return false }
            case UInt8(ascii: "."): if !isLower(previous) { return false }
            default: if !isLower(byte) { return false }
            }
            previous = byte
        }
        return isLower(previous)
    }

    private static func isLabelText(_ text: Bytes) -> Bool {
        guard let first = text.first, let last = text.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): continue
            default: if !isAlphanumeric(byte) { return false }
            }
        }
        return true
    }
}
