import ArgumentParser
import ClusterAPI
import ClusterObjects
import ManifestLoader

struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Say everything that is wrong with manifests, without a cluster.",
        discussion: """
            Exits with 0 when nothing is wrong, 1 when something is.

            EXAMPLES
              skiff validate                  the current folder
              skiff validate sample-repo      another one
              skiff validate web.yaml -o json one file, for a program
            """)

    @Argument(help: "A folder or file of manifests.")
    var path = "."

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let folder = try await reporting { try ManifestFolder(path) }
        let result = ManifestLoader.load(files: folder.files, ignore: folder.ignore, registry: .builtIn())
        output.print([
            "files": Value(folder.files.count), "objects": Value(result.objects.count),
            "problems": .array(result.problems.map(\.value)),
        ]) {
            let problems = result.problems.map(\.description)
            let count = "\(folder.files.count) files, \(result.objects.count) objects"
            let verdict = problems.isEmpty ? "\(count): nothing wrong" : "\(count), \(problems.count) problems"
            return (problems + [verdict]).joined(separator: "\n")
        }
        if !result.problems.isEmpty { throw ExitCode.failure }
    }
}
