import ArgumentParser
import Reconciler

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Say what differs live from the commit that was applied: field, manifest line, who and when.",
        discussion: """
            Exits with 0 when nothing has drifted, 1 when something has, 2 when it cannot be told. What was corrected is listed \
            below it.

            EXAMPLES
              skiff drift
              skiff drift -o json
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reporting(exit: 2) {
            let report = try await access.reconciler(source.required(access.directory)).driftReport()
            output.print(report.driftValue) { report.driftText }
            if !report.drifts.isEmpty { throw ExitCode(1) }
        }
    }
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say which commit runs, what of it is not healthy and why.",
        discussion: """
            EXAMPLES
              skiff status
              skiff status -o yaml
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reporting {
            let report = try await access.reconciler(source.required(access.directory)).statusReport()
            output.print(report.value) { report.text }
        }
    }
}

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the commits that were applied: time, result, changed objects, duration.",
        discussion: """
            EXAMPLES
              skiff history
              skiff history -o json
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reporting {
            let report = try await access.reconciler(source.required(access.directory)).statusReport()
            output.print(report.historyValue) { report.historyText }
        }
    }
}
