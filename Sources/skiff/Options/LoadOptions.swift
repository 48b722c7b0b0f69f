import ArgumentParser
import Cluster

/// How much is done at a time, and how long events are kept: kube-apiserver's flags.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Reads that are worked on at a time; as many more wait.", valueName: "number"))
    var maxRequestsInflight = 400

    @Option(help: ArgumentHelp("Writes that are worked on at a time; as many more wait.", valueName: "number"))
    var maxMutatingRequestsInflight = 200

    @Option(help: ArgumentHelp("How long events are kept, e.g. 1h.", valueName: "time"))
    var eventTtl = DurationArgument(seconds: 3600)

    func validate() throws {
        guard 1...100_000 ~= maxRequestsInflight, 1...100_000 ~= maxMutatingRequestsInflight else {
            throw ValidationError("--max-requests-inflight and --max-mutating-requests-inflight: from 1 to 100000")
        }
    }

    func set(in configuration: inout EngineConfiguration) {
        configuration.mostReads = maxRequestsInflight
        configuration.mostWrites = maxMutatingRequestsInflight
        configuration.eventSeconds = eventTtl.seconds
    }
}
