import ArgumentParser
import Reconciler

struct RollBack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Undo commits: make the git reverts, with your identity, and push them.",
        discussion: """
            The cluster follows as it follows every push. Where the branch is checked out on this machine, the reverts are put there, too. \
            What cannot be done whole is not done at all.

            EXAMPLES
              skiff rollback                  the newest commit
              skiff rollback 1a2b3c4          an older one
              skiff rollback HEAD~3..HEAD     the newest three
            """)

    @Argument(help: "The commit to undo, or a range OLD..NEW: all after OLD (default: the newest).")
    var commit: String?

    @OptionGroup var state: StateOptions
    @OptionGroup var source: SourceArguments
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let rollback = try await reporting(doing: "rolling back") {
            try await GitSource(source.required(state.directory)).rollback(commit)
        }
        output.print(rollback.value) { rollback.text }
    }
}
