import ClusterTransport

/// What a client wants of a command or of an attachment: kubelet's parameters.
struct CommandOptions: Sendable {
    var command: [String] = []
    var takesInput = false
    var wantsOutput = false
    var wantsErrors = false
    var isTerminal = false

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// - Throws: ``Problem`` when no stream is asked for.
    init(_ query: String) throws(Problem) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? Percent.decode(parts[1]) : ""
            switch parts[0] {
            case "command": command.append(value)
            case "input": takesInput = value == "1"
            case "output": wantsOutput = value == "1"
            case "error": wantsErrors = value == "1"
            case "tty": isTerminal = value == "1"
            default: continue
            }
        }
        // A terminal has one stream for both.
        if isTerminal { wantsErrors = false }
        guard takesInput || wantsOutput || wantsErrors else {
            throw Problem(description: "you must specify at least 1 of stdin, stdout, stderr")
        }
    }
}
