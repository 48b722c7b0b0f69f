import ArgumentParser
import ClusterAPI
import ClusterObjects
import ManifestLoader

struct Render: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the objects of a folder in the order they would be applied, without a cluster.",
        discussion: """
            Exits with 1, naming every problem, when the manifests do not load.

            EXAMPLES
              skiff render sample-repo
              skiff render sample-repo -o json
            """)

    @Argument(help: "A folder or file of manifests.")
    var path = "."

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let folder = try await reporting { try ManifestFolder(path) }
        let result = ManifestLoader.load(files: folder.files, ignore: folder.ignore, registry: .builtIn())
        guard result.problems.isEmpty else {
            for problem in result.problems { Console.complain("\(problem)") }
            throw ExitCode.failure
        }
        let objects = result.objects.map(\.value)
        switch output.output {
        case .json:
            print((["apiVersion": "v1", "kind": "List", "items": .array(objects)] as Value).jsonText)
        case .text, .yaml:
            print(objects.map(YAMLWriter.text).joined(separator: "---\n"), terminator: "")
        }
    }
}
