import Glibc

/// Names of time zones as the IANA database has them. Source: https://data.iana.org/time-zones/theory.html, pkg/apis/batch/validation.
enum TimeZoneName {
    private static let directory = "/usr/share/zoneinfo"

    private static let regions: Set<String> = [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile", "Etc", "Europe",
        "Indian", "Mexico", "Pacific", "US", "GMT", "Japan", "Singapore", "Turkey", "Israel", "Iran", "Egypt", "Cuba", "PRC", "ROC",
        "ROK", "CET", "EET", "MET", "WET", "EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GB", "NZ", "UCT", "Zulu",
    ]

    /// What is wrong with a name, empty for nothing.
    static func problems(_ name: String) -> [String] {
        if name.isEmpty { return ["timeZone must be nil or non-empty string"] }
        let unknown = "unknown time zone \(name)"
        guard name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPart) else { return [unknown] }
        var problems: [String] = []
        if name.lowercased() == "local" {
            problems.append("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        }
        if name != "Local", !isKnown(name) { problems.append(unknown) }
        return problems
    }

    /// Whether the host knows the zone. Where it has no time zones, a name of a known region has to be believed.
    static func isKnown(_ name: String) -> Bool {
        if name == "UTC" || name.isEmpty { return true }
        guard access(directory, R_OK) == 0 else { return regions.contains(name.split(separator: "/").first.map(String.init) ?? "") }
        guard let file = fopen("\(directory)/\(name)", "re") else { return false }
        defer { fclose(file) }
        // Beside the zones stand tables about them.
        var magic = [UInt8](repeating: 0, count: 4)
        return fread(&magic, 1, 4, file) == 4 && magic.elementsEqual("TZif".utf8)
    }

    private static func isPart(_ part: Substring) -> Bool {
        guard 1...14 ~= part.utf8.count, part != ".", part != "..", !part.hasPrefix("-") else { return false }
        return part.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "A") < 26
                || ".-_+".utf8.contains(byte)
        }
    }
}
