import ArgumentParser
import Cluster

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of a cluster that does not run.",
        discussion: """
            What was there is kept in the state directory, in a folder before-restore-TIME. Pods that the restored cluster \
            does not know are stopped when it starts.

            EXAMPLES
              skiff down && skiff restore /backups/home-monday.skiff
              skiff restore --state-dir /tmp/try try.skiff
            """)

    @OptionGroup var state: StateOptions

    @Argument(help: "A file that `skiff backup` made.")
    var file: String

    func run() async throws {
        try await reporting(doing: "restoring") { Console.line(try Engine.restore(state.directory, from: file)) }
    }
}
