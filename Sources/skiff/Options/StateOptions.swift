import ArgumentParser
import Cluster

/// `--state-dir`.
struct StateOptions: ParsableArguments {
    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp("Where the cluster keeps everything (default: $XDG_STATE_HOME/skiff).", valueName: "folder"))
    var path: String?

    func validate() throws {
        // A variable that is not set, most likely: the current folder is not meant.
        if path?.isEmpty == true { throw ValidationError("--state-dir: is empty; name a folder") }
    }

    var directory: StateDirectory { path.map { StateDirectory($0) } ?? .standard }
}
