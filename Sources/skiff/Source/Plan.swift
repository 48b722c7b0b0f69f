import ArgumentParser
import Reconciler

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what applying the repository's newest commit would change. Changes nothing.",
        discussion: """
            Exits with 0, or 1 on an error; with --detailed-exitcode 0 nothing to do, 2 changes, 1 an error.

            EXAMPLES
              skiff plan
              skiff plan --ref feature --detailed-exitcode
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    @Flag(help: "Tell by the exit code whether there are changes, as terraform does.")
    var detailedExitcode = false

    func run() async throws {
        let preview = try await access.ask(source) { try await $0.preview() }
        output.print(preview.value, .plan) { preview.text }
        if detailedExitcode || preview.isFailed, preview.planExitCode != 0 { throw ExitCode(preview.planExitCode) }
    }
}

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print a unified diff of the cluster against the repository's newest commit.",
        discussion: """
            Exits as kubectl diff: 0 no difference, 1 some, more than 1 an error. A Secret's values are never shown.

            EXAMPLES
              skiff diff
              skiff diff --ref feature
            """)

    @OptionGroup var access: ClusterAccess
    @OptionGroup var source: SourceArguments

    func run() async throws {
        let preview = try await access.ask(source, exit: 2) { try await $0.preview() }
        for line in preview.problems.map(\.description) + preview.failures.map(\.description) { Console.complain(line) }
        // It ends with a line break of its own.
        if !preview.diffText.isEmpty { Console.line(String(preview.diffText.dropLast()), .diff) }
        if preview.diffExitCode != 0 { throw ExitCode(preview.diffExitCode) }
    }
}
