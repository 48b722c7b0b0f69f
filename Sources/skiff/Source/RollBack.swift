import ArgumentParser
import Reconciler

struct RollBack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Undo a commit: make the git revert, with your identity, and push it.",
        discussion: """
            EXAMPLES
              skiff rollback            the newest commit
              skiff rollback 1a2b3c4    an older one
            """)

    @Argument(help: "The commit to undo (default: the newest).")
    var commit: String?

    @OptionGroup var state: StateOptions
    @OptionGroup var source: SourceArguments

    func run() async throws {
        try await reporting {
            let rollback = try await GitSource(source.required(state.directory)).rollback(commit)
            Console.line(rollback.text)
        }
    }
}
