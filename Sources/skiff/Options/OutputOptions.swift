import ArgumentParser
import ClusterObjects
import ManifestLoader

/// `-o`: text for people, JSON or YAML for programs.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, yaml
    }

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("How to print.", valueName: "text|json|yaml"))
    var output = Format.text

    /// Prints a document in the chosen format; `text` is asked for only when it is for people.
    func print(_ document: Value, _ paint: Paint = .plain, text: () -> String) {
        switch output {
        case .text:
            let text = text()
            if !text.isEmpty { Console.line(text, paint) }
        case .json: Swift.print(document.jsonText)
        case .yaml: Swift.print(YAMLWriter.text(document), terminator: "")
        }
    }
}
