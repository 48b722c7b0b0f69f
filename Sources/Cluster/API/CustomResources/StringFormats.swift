import ClusterObjects

/// The formats of strings that a custom resource's schema may ask for. One that is not known accepts everything.
/// Source: k8s.io/kube-openapi/pkg/validation/strfmt, as far as CustomResourceDefinitions support it.
enum StringFormats {
    static func accepts(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time", "datetime": Timestamp(text) != nil
        case "date": matches(text, #"^\d{4}-\d{2}-\d{2}$"#) && Timestamp("\(text)T00:00:00Z") != nil
        case "ipv4": IPAddress(text) != nil && !text.contains(":")
        case "ipv6": IPAddress(text) != nil && text.contains(":")
        case "cidr": Formats.cidr(text).isEmpty
        case "uuid": isUUID(text, version: nil)
        case "uuid3": isUUID(text, version: "3")
        case "uuid4": isUUID(text, version: "4")
        case "uuid5": isUUID(text, version: "5")
        case "byte": matches(text, "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")
        case "email": matches(text, #"^[^@\s]+@[^@\s]+$"#)
        case "uri": matches(text, "^[A-Za-z][A-Za-z0-9+.-]*:.+$") || text.hasPrefix("/")
        case "hostname": matches(text, #"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$"#)
        case "mac": matches(text, "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5,7}$")
        case "duration":
            matches(
                text,
                #"^[-+]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$|^0$|^\d+ ?(nanoseconds?|ns|microseconds?|us|milliseconds?|ms|seconds?|s|minutes?|m|hours?|h|days?|d|weeks?|w)$"#
            )
        default: true
        }
    }

    private static func isUUID(_ text: String, version: Character?) -> Bool {
        guard matches(text, "^[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}$") else { return false }
        guard let version else { return true }
        let digits = text.filter { $0 != "-" }
        return digits[digits.index(digits.startIndex, offsetBy: 12)] == version
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard text.utf8.count <= 4096, let regex = try? Regex(pattern) else { return false }
        return text.contains(regex)
    }
}
