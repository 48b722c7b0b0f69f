import ClusterObjects

/// What probes and lifecycle handlers must be.
enum ProbeRules {
    static func probe(_ container: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let probe = container.part(key) else { return }
        let here = path / key
        handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], here, grace: nil, &problems)
        for number in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            problems.nonnegative(probe, number, here)
        }
        let grace = probe["terminationGracePeriodSeconds"]?.int
        if let grace, grace <= 0 {
            problems.append(.invalid(here / "terminationGracePeriodSeconds", Value(grace), "must be greater than 0"))
        }
        if key == "readinessProbe" {
            if let grace {
                problems.append(
                    .invalid(here / "terminationGracePeriodSeconds", Value(grace), "must not be set for readinessProbes"))
            }
        } else if probe.number("successThreshold") != 1 {
            problems.append(.invalid(here / "successThreshold", Value(probe.number("successThreshold")), "must be 1"))
        }
    }

    /// Exactly one way to act, of `kinds` in their order.
    static func handler(_ handler: Value, _ kinds: [String], _ path: FieldPath, grace: Int?, _ problems: inout [Problem]) {
        var isTaken = false
        for kind in kinds {
            guard let action = handler.part(kind) else { continue }
            if isTaken {
                problems.append(.forbidden(path / kind, "may not specify more than 1 handler type"))
                continue
            }
            isTaken = true
            validate(action, kind, path / kind, grace: grace, &problems)
        }
        if !isTaken { problems.append(.required(path, "must specify a handler type")) }
    }

    private static func validate(_ action: Value, _ kind: String, _ path: FieldPath, grace: Int?, _ problems: inout [Problem]) {
        switch kind {
        case "exec":
            if action.list("command").isEmpty { problems.append(.required(path / "command")) }
        case "httpGet":
            problems.required(action, "path", path)
            problems.portOrName(action["port"], path / "port")
            let scheme = action.text("scheme")
            if !["HTTP", "HTTPS"].contains(scheme) {
                problems.append(.notSupported(path / "scheme", .string(scheme), ["HTTP", "HTTPS"]))
            }
            for header in action.list("httpHeaders") {
                problems.add(path / "httpHeaders", header.text("name"), Formats.headerName(header.text("name")))
            }
        case "sleep":
            let seconds = action.number("seconds")
            if let grace, seconds < 0 || seconds > grace {
                problems.append(
                    .invalid(
                        path, Value(seconds),
                        "must be non-negative and less than terminationGracePeriodSeconds (\(grace))"))
            }
        default:
            problems.portOrName(action["port"], path / "port")
        }
    }
}
