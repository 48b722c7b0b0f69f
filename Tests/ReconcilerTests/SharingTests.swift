import ClusterObjects
import Foundation
import ManifestLoader
import Programs
import Testing

@testable import Reconciler

private func entry(_ name: String) -> InventoryEntry {
    InventoryEntry(
        resource: GroupVersionResource("", "v1", "configmaps"), id: ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: name)
    )
}

private func inventory(_ names: String...) -> Inventory {
    var inventory = Inventory()
    inventory.add(names.map(entry))
    return inventory
}

private func record(_ commit: String, at seconds: Double) -> SyncRecord {
    SyncRecord(
        commit: commit, subject: "", author: "", time: Timestamp(seconds: 1_700_000_000) + seconds, result: .synced, duration: 0,
        changes: [],
        failures: [])
}

/// What one reconciler keeps of what another has written to the same Sync.
@Suite struct `A Sync is shared` {
    @Test func `each adds what it changed to what the other wrote`() {
        var base = SyncStatus()
        base.lastAppliedRevision = "one"
        base.inventory = inventory("kept", "pruned-by-them", "pruned-by-us", "made-anew")
        base.history = [record("one", at: 1)]
        base.corrections = ["old"]
        var ours = base
        ours.corrections = ["ours", "old"]
        ours.inventory = inventory("kept", "pruned-by-them", "ours", "made-anew")
        let isNews = [ours.inventory.set(entry("made-anew"), uid: "2"), ours.inventory.set(entry("made-anew"), uid: "2")]
        #expect(isNews == [true, false])
        ours.unreachableSince = Timestamp(seconds: 5)
        var theirs = base
        theirs.lastAppliedRevision = "two"
        theirs.inventory = inventory("kept", "pruned-by-us", "theirs", "made-anew")
        theirs.history = [record("two", at: 2), record("one", at: 1)]
        theirs.corrections = ["theirs", "old"]
        let merged = ours.merged(since: base, onto: theirs)
        #expect(merged.lastAppliedRevision == "two")
        let prefix = "/v1/configmaps/ConfigMap/default"
        #expect(merged.inventory.lines == ["\(prefix)/kept", "\(prefix)/made-anew/2", "\(prefix)/ours", "\(prefix)/theirs"])
        #expect(Inventory(lines: merged.inventory.lines) == merged.inventory)
        #expect(merged.history.map(\.commit) == ["two", "one"])
        #expect(merged.corrections == ["ours", "theirs", "old"])
        #expect(merged.unreachableSince == Timestamp(seconds: 5))
        // What both changed is as the one who writes last has it; a history is in order whoever wrote first.
        ours.lastAppliedRevision = "three"
        ours.history = [record("three", at: 1.5), record("one", at: 1)]
        let both = ours.merged(since: base, onto: theirs)
        #expect(both.lastAppliedRevision == "three")
        #expect(both.history.map(\.commit) == ["two", "three", "one"])
        #expect(base.merged(since: base, onto: theirs) == theirs)
    }

    @Test func `a pass is waited for while its process runs, for a minute`() throws {
        let now = Timestamp.system().wholeSeconds
        let own = PassMark.own(since: now)
        #expect(own.isOver(at: now), "nobody waits for himself")
        #expect(PassMark(own.value) == own)
        let sleeper = try Child(["/bin/sleep", "100"])
        let other = PassMark(boot: own.boot, pid: sleeper.pid, startTime: startTime(sleeper.pid), since: now)
        #expect(!other.isOver(at: now + 59))
        #expect(other.isOver(at: now + 61))
        #expect(other.isOver(at: now + -61), "the clock was set back")
        sleeper.end()
        #expect(other.isOver(at: now), "it has ended")
        let elsewhere = PassMark(boot: "another machine", pid: 1, startTime: 1, since: now)
        #expect(!elsewhere.isOver(at: now + 10))
        #expect(PassMark(["pid": 5]) == nil)
    }

    /// Field 22 of /proc/PID/stat.
    private func startTime(_ pid: Int32) -> UInt64 {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last.flatMap { UInt64($0.split(separator: " ").dropFirst(19).first ?? "") } ?? 0
    }
}

/// What a server does not take of a manifest, in words for the person who wrote it.
@Suite struct `Failures say where and what` {
    @Test(arguments: [
        ("spec.ports[0].name", [PathStep.field("spec"), .field("ports"), .index(0), .field("name")]),
        ("data[tls.crt]", [.field("data"), .field("tls.crt")]), ("metadata.annotations[a/b].c", nil),
    ])
    func `a field is found as it is written`(text: String, path: [PathStep]?) {
        #expect([PathStep](fieldText: text)?.fieldText == text)
        if let path { #expect([PathStep](fieldText: text) == path) }
    }

    @Test(arguments: ["spec..name", "a[0", "."]) func `what is no field is none`(text: String) {
        #expect([PathStep](fieldText: text) == nil)
    }

    @Test func `a long value is left out, what stands behind it is not`() {
        let long = "{\"a\":\"\(String(repeating: "x}\\\"", count: 50))\",\"b\":[1,{}]}"
        let message =
            "Job.batch \"a\" is invalid: [spec.template: Invalid value: \(long): field is immutable, b: Invalid value: {\"c\":1}: no]"
        #expect(
            ObjectFailure.withoutLongValues(message)
                == "Job.batch \"a\" is invalid: [spec.template: Invalid value: {…}: field is immutable, b: Invalid value: {\"c\":1}: no]")
        for same in ["Invalid value: \"x\": no", "Invalid value: {never closed", "Invalid value: ", "nothing"] {
            #expect(ObjectFailure.withoutLongValues(same) == same)
        }
    }
}
