import ArgumentParser
import ClusterObjects
import ManifestLoader

struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Say everything that is wrong with manifests, without a cluster.",
        discussion: """
            Exits with 0 when nothing is wrong, 1 when something is.

            EXAMPLES
              skiff validate                       the current folder
              skiff validate web.yaml -o json      one file, for a program
              skiff validate HEAD~1                a commit of the repository here
              skiff validate main:clusters/home --repo ~/deploy.git
            """)

    @OptionGroup var manifests: OfflineManifests
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (fileCount, result) = try await reporting(doing: "reading manifests") { try manifests.load() }
        output.print(
            [
                "files": Value(fileCount), "objects": Value(result.objects.count), "problems": .array(result.problems.map(\.value)),
            ], result.problems.isEmpty ? .green : .red
        ) {
            let problems = result.problems.map(\.description)
            let count = "\(counted(fileCount, "file")), \(counted(result.objects.count, "object"))"
            let verdict = problems.isEmpty ? "\(count): nothing wrong" : "\(count), \(counted(problems.count, "problem"))"
            return (problems + [verdict]).joined(separator: "\n")
        }
        if !result.problems.isEmpty { throw ExitCode.failure }
    }

    private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}
