import ClusterObjects
import ManifestLoader

/// An object that has been applied, and what is known of its live state. Holds no live object.
struct Tracked {
    var object: LoadedObject
    /// Of the live state that the rest was found in.
    var resourceVersion: Int
    /// What the server makes of some fields whatever it is told: no drift.
    var accepted: [[PathStep]: Value?] = [:]
    var drift: ObjectDrift?
    var health: Health
    var backoff = Backoff()

    /// Right after an apply: whatever differs now is the server's doing.
    init(applied object: LoadedObject, live: APIObject) {
        self.object = object
        resourceVersion = Int(live.resourceVersion) ?? 0
        health = Health.of(live)
        let found = Comparison.differences(
            desired: object.value, live: live.tree, schema: object.schema, isSecret: SecretMask.isSecret(object.id))
        for difference in found { accepted.updateValue(difference.live, forKey: difference.path) }
    }

    /// An object that an earlier run applied, as it is found now. `live` nil: gone.
    init(found object: LoadedObject, live: APIObject?, commit: String, now: Timestamp) {
        self.object = object
        resourceVersion = live.flatMap { Int($0.resourceVersion) } ?? 0
        health = Health.of(live)
        drift = ObjectDrift.find(object, live: live, commit: commit, now: now)
    }

    /// Takes in a live state; true when the drift is another than before.
    mutating func observe(_ live: APIObject?, version: Int, commit: String, now: Timestamp) -> Bool {
        resourceVersion = version
        health = Health.of(live)
        var found = ObjectDrift.find(object, live: live, commit: commit, accepted: accepted, now: now)
        found?.takeOver(drift)
        guard found != drift else { return false }
        drift = found
        return true
    }
}

/// When drift that comes back again and again is put right next.
struct Backoff {
    private(set) var count = 0
    private(set) var last: Timestamp?

    /// The first few are put right at once, then 2, 4, … 60 seconds apart; a quiet minute forgets them.
    func due(_ now: Timestamp) -> Timestamp {
        // A clock that was set back makes the last time one to come.
        guard let last, last <= now, count >= 5, now - last < 120 else { return now }
        return last + min(60, Double(1 << min(count - 4, 6)))
    }

    mutating func note(_ now: Timestamp) {
        count = last.map { now - $0 < 60 } ?? false ? count + 1 : 1
        last = now
    }
}
