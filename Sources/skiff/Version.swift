import ArgumentParser
import ClusterObjects

struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of skiff and of the API it serves.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        output.print(["skiff": .string(SkiffVersion.text), "kubernetes": .string(SkiffVersion.kubernetes)]) {
            "skiff \(SkiffVersion.text) (Kubernetes \(SkiffVersion.kubernetes))"
        }
    }
}
