import ClusterObjects
import ClusterStore

/// Follows a collection without a task of its own: asked, it tells what has changed since it was asked last. So an index made of it
/// costs nothing while nobody asks, and is never behind when somebody does.
struct CollectionCursor: Sendable {
    enum News {
        /// Everything anew: this is all there is.
        case all(Snapshot)
        case changed(StoreEvent)
    }

    let collection: GroupResource
    private var watch: StoreWatch?
    private var position: Revision = 0

    init(_ collection: GroupResource) { self.collection = collection }

    /// Costs a look at the collection's history when nothing has changed.
    mutating func catchUp(_ store: any Store, _ take: (News) -> Void) {
        if let watch {
            do throws(StoreError) {
                while let batch = try watch.poll(after: position) {
                    position = batch.revision
                    if batch.events.isEmpty { return }
                    for event in batch.events { take(.changed(event)) }
                }
                return
            } catch {
                // Too much has happened since: all of it again.
                self.watch = nil
            }
        }
        let snapshot = store.snapshot(collection)
        guard let started = try? store.watch(collection, namespace: nil, after: snapshot.revision) else { return }
        watch = started
        position = snapshot.revision
        take(.all(snapshot))
    }
}
