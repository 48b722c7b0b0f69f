import ArgumentParser
import Cluster

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a cluster into one file, also while it runs.",
        discussion: """
            The copy is of one moment. It holds every object, Secrets too, and the private keys of the cluster: the file \
            gets mode 0600, and belongs where you keep such things.

            EXAMPLES
              skiff backup /backups/home-monday.skiff
              skiff backup --state-dir /tmp/try try.skiff
            """)

    @OptionGroup var state: StateOptions

    @Argument(help: "The file to make; it must not be there yet.")
    var file: String

    func run() async throws {
        try await reporting(doing: "copying") { Console.line(try Engine.backUp(state.directory, to: file)) }
    }
}
