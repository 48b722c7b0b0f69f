import ArgumentParser

/// The command line. A file a command; what commands do is in the rooms.
@main
struct Skiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skiff", abstract: "A Kubernetes-compatible cluster that lives in a git repository.",
        discussion: """
            EXAMPLES
              skiff up --repo URL           run what a repository says, and keep it so
              skiff validate manifests      say everything that is wrong with a folder of manifests
              skiff render manifests        print them as they would be applied

            Colours and progress are for terminals alone; NO_COLOR turns colours off.
            """,
        version: SkiffVersion.text,
        subcommands: [
            Up.self, Down.self, Reconcile.self, Plan.self, Diff.self, Drift.self, Status.self, History.self, RollBack.self, Validate.self,
            Render.self, Backup.self, Restore.self, Check.self, PrintKubeconfig.self, Version.self,
        ])
}

/// What this build is.
enum SkiffVersion {
    static let text = "0.1.0"
    /// The Kubernetes whose API it serves.
    static let kubernetes = "v1.36.2"
}
