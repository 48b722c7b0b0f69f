import ClusterObjects

/// The forms of single values beyond names and labels, each with Kubernetes' words for what is wrong; empty for nothing.
/// Source: k8s.io/apimachinery/pkg/util/validation.
enum Formats {
    static func range(_ bounds: ClosedRange<Int>) -> String {
        "must be between \(bounds.lowerBound) and \(bounds.upperBound), inclusive"
    }

    static func portNumber(_ number: Int) -> [String] { 1...65535 ~= number ? [] : [range(1...65535)] }

    /// A user or group ID.
    static func identity(_ number: Int) -> [String] { 0...2_147_483_647 ~= number ? [] : [range(0...2_147_483_647)] }

    static func portName(_ name: String) -> [String] {
        var problems: [String] = []
        let bytes = Array(name.utf8)
        if bytes.count > 15 { problems.append("must be no more than 15 characters") }
        let dash = UInt8(ascii: "-")
        if bytes.isEmpty || !bytes.allSatisfy({ isLowerOrDigit($0) || $0 == dash }) {
            problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: { $0 &- UInt8(ascii: "a") < 26 }) { problems.append("must contain at least one letter (a-z)") }
        if name.contains("--") { problems.append("must not contain consecutive hyphens") }
        if bytes.first == dash || bytes.last == dash { problems.append("must not begin or end with a hyphen") }
        return problems
    }

    static func configKey(_ key: String) -> [String] {
        var problems: [String] = []
        if key.utf8.count > 253 { problems.append("must be no more than 253 characters") }
        if key.isEmpty || !key.utf8.allSatisfy(isKeyByte) {
            problems.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                    + "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
        }
        switch key {
        case ".", "..": problems.append("must not be '\(key)'")
        case _ where key.hasPrefix(".."): problems.append("must not start with '..'")
        default: break
        }
        return problems
    }

    /// An environment variable's name: printable ASCII without `=`.
    static func environmentName(_ name: String) -> [String] {
        if name.isEmpty { return ["environment variable name must be non-empty"] }
        if name.utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7e && $0 != UInt8(ascii: "=") }) { return [] }
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    static func headerName(_ name: String) -> [String] {
        if !name.isEmpty, name.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) { return [] }
        return [
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is "
                + "'[-A-Za-z0-9]+')"
        ]
    }

    static func ip(_ text: String) -> [String] {
        IPAddress(text) == nil ? ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"] : []
    }

    static func cidr(_ text: String) -> [String] {
        IPRange(text) == nil ? ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"] : []
    }

    /// The address of an interface, with the length of its network's prefix.
    static func interfaceAddress(_ text: String) -> [String] {
        guard let range = IPRange(text) else {
            return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"]
        }
        let canonical = "\(range.address.text)/\(range.length)"
        return canonical == text ? [] : ["must be in canonical form (\"\(canonical)\")"]
    }

    static func wildcardSubdomain(_ text: String) -> [String] {
        if text.hasPrefix("*."), NameFormats.subdomain(String(text.dropFirst(2))).isEmpty { return [] }
        return [
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
                + "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for "
                + #"validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
        ]
    }

    /// `25%` as 25; nil for anything else.
    static func percent(_ text: String) -> Int? {
        guard text.hasSuffix("%"), let number = Int(text.dropLast()), text.utf8.first != UInt8(ascii: "+"), number >= 0,
            text.utf8.first != UInt8(ascii: "-")
        else { return nil }
        return number
    }

    static let notPercent =
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is "
        + "'[0-9]+%')"

    /// A path that stays below where it starts.
    static func descendingPath(_ path: String) -> [String] {
        (path.hasPrefix("/") ? ["must be a relative path"] : []) + noBacksteps(path)
    }

    /// A path of letters, digits and what RFC 3986 allows in the segments of one.
    static func urlPath(_ path: String) -> [String] {
        let marks = Set("/-._~%!$&'()*+,;=:".utf8)
        if !path.isEmpty, path.utf8.allSatisfy({ isLetterOrDigit($0) || marks.contains($0) }) { return [] }
        return [#"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#]
    }

    static func noBacksteps(_ path: String) -> [String] {
        path.split(separator: "/").contains("..") ? ["must not contain '..'"] : []
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || byte &- UInt8(ascii: "A") < 26 }
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
