import ClusterAPI
import ClusterClient
import ClusterObjects
import ManifestLoader

/// What a commit would change, for `skiff plan` and `skiff diff`.
public struct Preview: Sendable {
    public struct Change: Sendable {
        public var entry: InventoryEntry
        /// Where the manifest is; empty for what would be deleted.
        public var file: String
        public var line: Int
        public var kind: SyncRecord.Change.Kind
        /// The unified diff of live against what would be live; Secrets' values are masked.
        public var diff: String
    }

    public var commit: String
    /// In the order in which they would be made; what would not change is left out.
    public var changes: [Change]
    public var unchanged: Int
    public var problems: [LoadProblem]
    public var failures: [ObjectFailure]

    /// As `kubectl diff`: 0 no difference, 1 some, 2 an error.
    public var diffExitCode: Int32 { isFailed ? 2 : changes.isEmpty ? 0 : 1 }
    /// As `terraform plan -detailed-exitcode`: 0 nothing to do, 1 an error, 2 changes.
    public var planExitCode: Int32 { isFailed ? 1 : changes.isEmpty ? 0 : 2 }
    public var isFailed: Bool { !problems.isEmpty || !failures.isEmpty }

    public var diffText: String { changes.map(\.diff).joined() }

    public var text: String {
        var lines = problems.map(\.description) + failures.map(\.description)
        lines += changes.map { change in
            let verb =
                switch change.kind {
                case .created: "create"
                case .pruned: "delete"
                case .configured, .unchanged: "change"
                }
            return "\(verb) \(change.entry.id)" + (change.file.isEmpty ? "" : " (\(change.file):\(change.line))")
        }
        lines.append("\(changes.count) to change, \(unchanged) as they should be")
        return lines.joined(separator: "\n")
    }

    public var value: Value {
        [
            "commit": .string(commit), "unchanged": Value(unchanged), "problems": .array(problems.map(\.value)),
            "failures": .array(failures.map(\.value)),
            "changes": .array(
                changes.map {
                    [
                        "object": .string($0.entry.id.description), "file": .string($0.file), "line": Value($0.line),
                        "change": .string($0.kind.rawValue), "diff": .string($0.diff),
                    ]
                }),
        ]
    }
}

extension Reconciler {
    /// What applying the source's newest commit would change. Changes nothing.
    /// - Throws: ``GitError`` when there is no commit to look at; ``APIError`` when the cluster does not answer.
    public func preview() async throws -> Preview {
        status = try await sync.read().status
        say.yield(.doing("fetching \(options.source.shownRepository)"))
        let fetched = try await source.fetch()
        var lent = ManifestLoader(registry: registry)
        _ = try await source.load(fetched, from: "", into: &lent)
        let result = lent.result()
        var preview = Preview(commit: fetched, changes: [], unchanged: 0, problems: result.problems, failures: [])
        guard result.problems.isEmpty else { return preview }
        say.yield(.doing("comparing \(Reconciler.objects(result.objects.count))"))
        let live = await live(result.objects)
        var asked: [LoadedObject] = []
        for object in result.objects {
            if let found = live[object.id], wouldStay(object, found) { preview.unchanged += 1 } else { asked.append(object) }
        }
        let answers = await applier.apply(asked, dryRun: true)
        let byID = Dictionary(answers.map { ($0.object.id, $0.result) }, uniquingKeysWith: { first, _ in first })
        let namespaces = Set(result.objects.filter { Plan.rank($0.id) == 1 }.map(\.name))
        let definitions = result.objects.contains { Plan.rank($0.id) == 0 }
        for object in asked {
            let before = live[object.id]?.draft
            switch byID[object.id] {
            case .success(let after): preview.add(object, before: before, after: after.draft)
            case .failure(let error) where error.isNotFound && (namespaces.contains(object.namespace) || definitions):
                // What it stands in or is of is made by the same commit.
                preview.add(object, before: nil, after: object.value)
            case .failure(let error):
                preview.failures.append(ObjectFailure(object, error))
            case nil: break
            }
        }
        await addPrunes(to: &preview, desired: result.objects)
        return preview
    }

    private func addPrunes(to preview: inout Preview, desired: [LoadedObject]) async {
        for entry in Plan(desired: desired, applied: [:], inventory: status.inventory.entries).prunes.joined() {
            guard let object = try? await client.get(entry.resource, namespace: entry.namespace, name: entry.id.name),
                status.inventory.has(entry, object)
            else { continue }
            let diff = ObjectDiff.text(entry, before: object.draft, after: nil)
            preview.changes.append(Preview.Change(entry: entry, file: "", line: 0, kind: .pruned, diff: diff))
        }
    }

    /// Whether applying would change nothing, found without asking: what apply merges is what is there.
    private func wouldStay(_ object: LoadedObject, _ live: APIObject) -> Bool {
        guard let resource = registry.resource(object.gvk), Applier.isApplied(live) else { return false }
        var stored = live.draft
        stored["apiVersion"] = .string(object.gvk.apiVersion)
        stored["kind"] = .string(object.gvk.kind)
        let merged = try? FieldManager(resource).apply(
            object.value, live: stored, manager: Applier.manager, force: true, now: clock().wholeSeconds)
        return merged == stored
    }
}

extension Preview {
    mutating func add(_ object: LoadedObject, before: Value?, after: Value) {
        let entry = InventoryEntry(object)
        let diff = ObjectDiff.text(entry, before: before, after: after)
        guard !diff.isEmpty else {
            unchanged += 1
            return
        }
        changes.append(
            Change(entry: entry, file: object.file, line: object.line, kind: before == nil ? .created : .configured, diff: diff))
    }
}
