import ClusterObjects

/// How devices, their drivers, pools and attributes are named. Source: pkg/apis/resource/validation.
enum DeviceNames {
    private static let longestPool = 253
    private static let longestIdentifier = 32

    /// Subdomains with slashes between.
    static func pool(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { return problems.append(.required(path)) }
        if name.utf8.count > longestPool { problems.append(.tooLong(path, most: longestPool)) }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) { problems.subdomain(String(part), path) }
    }

    /// An identifier, with or without a domain before it.
    static func qualified(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: identifier(name, path, &problems)
        case 2:
            if parts[0].isEmpty {
                problems.append(.invalid(path, "", "the domain must not be empty"))
            } else {
                CSIRules.driverName(parts[0], path, &problems)
            }
            if parts[1].isEmpty {
                problems.append(.invalid(path, "", "the name must not be empty"))
            } else {
                identifier(parts[1], path, &problems)
            }
        // Kubernetes takes these.
        default: break
        }
    }

    static func fullyQualified(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        qualified(name, path, &problems)
        if !name.contains("/") {
            problems.append(
                .invalid(path, .string(name), "a fully qualified name must be a domain and a name separated by a slash"))
        }
    }

    private static func identifier(_ text: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if text.utf8.count > longestIdentifier { problems.append(.tooLong(path, most: longestIdentifier)) }
        func isLetter(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || (byte | 0x20) &- UInt8(ascii: "a") < 26 }
        let isSound =
            text.utf8.first.map(isLetter) ?? false && text.utf8.allSatisfy { isLetter($0) || $0 &- UInt8(ascii: "0") < 10 }
        guard !isSound else { return }
        problems.append(
            .invalid(
                path, .string(text),
                "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or "
                    + "'_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"))
    }

    /// A share of a device that several claims have.
    static func share(_ uid: String, _ path: FieldPath, _ problems: inout [Problem]) {
        let groups = uid.split(separator: "-", omittingEmptySubsequences: false)
        if uid.utf8.count != 36 {
            problems.append(
                .invalid(path, .string(uid), "error validating uid: invalid UUID length: \(uid.utf8.count)"))
        } else if groups.map(\.utf8.count) != [8, 4, 4, 4, 12] || !groups.joined().allSatisfy { $0.isASCII && $0.isHexDigit } {
            problems.append(.invalid(path, .string(uid), "error validating uid: invalid UUID format"))
        } else if uid != uid.lowercased() {
            problems.append(
                .invalid(
                    path, .string(uid),
                    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"
                ))
        }
    }
}
