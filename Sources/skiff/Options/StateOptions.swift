import ArgumentParser
import Cluster

/// `--state-dir`.
struct StateOptions: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp("Where the cluster keeps everything (default: $XDG_STATE_HOME/skiff).", valueName: "folder"))
    var path: String?

    var directory: StateDirectory { path.map { StateDirectory($0) } ?? .standard }
}
