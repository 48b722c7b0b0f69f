import ArgumentParser
import Cluster

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read the whole store and say what is damaged, also while the cluster runs.",
        discussion: """
            Exit status: 0 all is well, 1 something is damaged or cannot be read.

            EXAMPLES
              skiff check
              skiff check --state-dir /tmp/try
            """)

    @OptionGroup var state: StateOptions

    func run() async throws {
        try await reporting(doing: "checking") {
            let found = try Engine.check(state.directory)
            for problem in found.problems { Console.line(problem) }
            if found.problems.isEmpty {
                Console.line("\(found.summary): all is well")
            } else {
                Console.complain("\(found.summary), \(found.problems.count) problems: restore a backup with `skiff restore`")
                throw ExitCode.failure
            }
        }
    }
}
