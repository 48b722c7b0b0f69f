import ClusterObjects

/// Addresses that endpoints may have.
enum AddressRules {
    static func nonSpecial(_ text: String, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let address = IPAddress(text) else {
            return problems.append(.invalid(path, .string(text), "must be a valid IP address"))
        }
        let wrong = [
            (address.isUnspecified, "may not be unspecified (\(text))"),
            (address.isLoopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
            (address.isLinkLocalUnicast, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
            (address.isLinkLocalMulticast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
        ]
        for (_, detail) in wrong.filter(\.0) { problems.append(.invalid(path, .string(text), detail)) }
    }
}
