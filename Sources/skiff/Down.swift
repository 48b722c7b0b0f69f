import ArgumentParser
import Cluster

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Stop the engine of a state directory and its pods in order, also when the engine is dead.",
        discussion: """
            EXAMPLES
              skiff down
              skiff down --state-dir /tmp/try
            """)

    @OptionGroup var state: StateOptions

    @Option(help: ArgumentHelp("How long to wait for the engine to stop, e.g. 30s.", valueName: "time"))
    var timeout = DurationArgument(seconds: 120)

    func run() async throws {
        try await reporting(doing: "stopping") { Console.line(try await Engine.down(state.directory, seconds: Int(timeout.seconds))) }
    }
}
