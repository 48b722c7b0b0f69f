import ArgumentParser
import Foundation

struct PrintKubeconfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print the kubeconfig of the cluster in a state directory.",
        discussion: """
            Exits with 1 while there is none.

            EXAMPLES
              skiff kubeconfig > ~/.kube/config
              kubectl --kubeconfig <(skiff kubeconfig) get nodes
            """)

    @OptionGroup var state: StateOptions

    func run() async throws {
        let path = state.directory.kubeconfig
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            Console.complain("\(path): no kubeconfig yet; `skiff up` makes one")
            throw ExitCode.failure
        }
        print(text, terminator: "")
    }
}
