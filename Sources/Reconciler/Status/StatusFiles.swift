import ClusterObjects

/// The files of the status branch: `status.md`, `status.json`, `drift.md`, `drift.json`, `history.json`. Pure: equal reports make
/// equal files, so that nothing is committed when nothing changed.
enum StatusFiles {
    static func of(_ report: StatusReport) -> [String: [UInt8]] {
        [
            "status.md": Array(status(report).utf8), "status.json": report.value.json + [0x0A],
            "drift.md": Array(drift(report).utf8), "drift.json": report.driftValue.json + [0x0A],
            "history.json": report.historyValue.json + [0x0A],
        ]
    }

    /// The first line of the commit.
    static func message(_ report: StatusReport) -> String {
        let state = report.isSynced ? "in sync" : "not in sync"
        let drift = report.drifts.isEmpty ? "" : ", \(report.drifts.count) drifted"
        return "\(report.cluster): \(report.observedRevision.prefix(10)) \(state)\(drift)\n"
    }

    private static func status(_ report: StatusReport) -> String {
        var text = "# Cluster \(escaped(report.cluster))\n\n"
        text += report.isSynced ? "In sync with `\(report.revision.prefix(10))`" : "**Not in sync**"
        if !report.isSynced, !report.revision.isEmpty { text += "; running `\(report.revision.prefix(10))`" }
        text += ", \(report.objects.count) objects, \(report.objects.count - report.unhealthy.count) healthy"
        text += ", \(report.drifts.count) drifted.\n"
        if !report.problems.isEmpty { text += "\n## Problems\n\n" + report.problems.map { "- \(escaped($0))\n" }.joined() }
        if !report.unhealthy.isEmpty {
            text += "\n## Not healthy\n\n| object | state | reason | manifest |\n|---|---|---|---|\n"
            for object in report.unhealthy {
                text += "| \(escaped(object.id.description)) | \(object.health.state.rawValue) | \(escaped(object.health.reason)) "
                text += "| \(escaped(object.file)):\(object.line) |\n"
            }
        }
        text += "\n## History\n\n| time | commit | result | changed | took | subject |\n|---|---|---|---|---|---|\n"
        for record in report.history.prefix(20) {
            text += "| \(record.time) | `\(record.commit.prefix(10))` | \(record.result.rawValue) | \(record.changeCount) "
            text += "| \(StatusReport.seconds(record.duration)) | \(escaped(record.subject)) |\n"
        }
        return text
    }

    private static func drift(_ report: StatusReport) -> String {
        var text = "# Drift of \(escaped(report.cluster))\n\n"
        if report.drifts.isEmpty {
            text += "None.\n"
        } else {
            text += "| object | field | git says | live | by | when | manifest | changed in |\n|---|---|---|---|---|---|---|---|\n"
            for drift in report.drifts { text += rows(drift) }
        }
        if !report.corrections.isEmpty {
            text += "\n## Put right\n\n" + report.corrections.map { "- \(escaped($0))\n" }.joined()
        }
        return text
    }

    private static func rows(_ drift: ObjectDrift) -> String {
        let id = escaped(drift.id.description)
        guard !drift.isDeleted else {
            let (by, time) = (drift.deletion?.user ?? "", drift.deletion?.time ?? drift.noticed.wholeSeconds)
            return "| \(id) | | | deleted | \(escaped(by)) | \(time) | \(escaped(drift.file)):\(drift.line) | \(cell(drift.origin)) |\n"
        }
        return drift.fields.map { field in
            let live = field.live.map { "`\(escaped(ObjectDrift.shown($0)))`" } ?? "nothing"
            return "| \(id) | \(escaped(field.field)) | `\(escaped(ObjectDrift.shown(field.desired)))` | \(live) "
                + "| \(escaped(field.manager)) | \(field.time ?? drift.noticed.wholeSeconds) "
                + "| \(escaped(drift.file)):\(field.line) | \(cell(field.origin)) |\n"
        }.joined()
    }

    private static func cell(_ origin: LineOrigin?) -> String {
        origin.map { "`\($0.commit.prefix(10))` \(escaped($0.subject)), \(escaped($0.author))" } ?? ""
    }

    /// Text that may stand in a cell of a table.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "|": result += "\\|"
            case "\n", "\r\n": result += " "
            case "<": result += "&lt;"
            default: result.append(character)
            }
        }
        return result
    }
}
