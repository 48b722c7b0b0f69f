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
        let report = try await access.ask(source, exit: 2) { try await $0.driftReport() }
        output.print(report.driftValue, .drift) { report.driftText }
        if !report.drifts.isEmpty { throw ExitCode(1) }
    }
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say which commit runs, what of it is not healthy and why, and what the cluster does not enforce.",
        discussion: """
            EXAMPLES
              skiff status
              skiff status -o yaml
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await access.ask(source) { reconciler in
            var report = try await reconciler.statusReport()
            report.unenforced = try await reconciler.unenforced()
            return report
        }
        output.print(report.value, .status) { report.text }
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
        let report = try await access.ask(source) { try await $0.statusReport() }
        output.print(report.historyValue, .history) { report.historyText }
    }
}
