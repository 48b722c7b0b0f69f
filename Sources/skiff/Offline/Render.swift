import ArgumentParser
import ClusterObjects
import ManifestLoader
import Reconciler

struct Render: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the objects of manifests in the order they would be applied, without a cluster.",
        discussion: """
            A Secret's values are stars, so that what is printed may be kept. Exits with 1, naming every problem, when the manifests do \
            not load.

            EXAMPLES
              skiff render sample-repo
              skiff render HEAD~1 -o json
              skiff render main:clusters/home --repo ~/deploy.git
            """)

    @OptionGroup var manifests: OfflineManifests
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (_, result) = try await reporting(doing: "reading manifests") { try manifests.load() }
        guard result.problems.isEmpty else {
            for problem in result.problems { Console.complain("\(problem)") }
            throw ExitCode.failure
        }
        let objects = result.objects.map(SecretMask.shown)
        switch output.output {
        case .json:
            print((["apiVersion": "v1", "kind": "List", "items": .array(objects)] as Value).jsonText)
        case .text, .yaml:
            print(objects.map(YAMLWriter.text).joined(separator: "---\n"), terminator: "")
        }
    }
}
