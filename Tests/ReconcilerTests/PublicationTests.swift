import ClusterObjects
import Testing

@testable import Reconciler

/// When status is committed, by a clock that is set.
@Suite struct `Status is committed` {
    private func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: 1_700_000_000) + seconds }

    /// Commits made when asked every second, of events at some of them.
    private func commits(
        of publication: inout Publication, through seconds: Int, health: (Int) -> Bool = { _ in true },
        _ events: (Int, inout Publication) -> Void
    ) -> [Int] {
        var times: [Int] = []
        for second in 0...seconds {
            events(second, &publication)
            if health(second) { publication.healthNoted(at: at(Double(second))) }
            guard publication.isDue(at(Double(second)), isHealthy: health(second)) else { continue }
            publication.done(at(Double(second)), isHealthy: health(second))
            times.append(second)
        }
        return times
    }

    @Test func `at once for every revision that is healthy, however near they come`() {
        var publication = Publication()
        let times = commits(of: &publication, through: 300) { second, publication in
            if [0, 1, 5, 6, 100].contains(second) { publication.revisionNoted(at: at(Double(second))) }
        }
        #expect(times == [0, 1, 5, 6, 100])
        #expect(publication.due(at(300)) == nil)
    }

    @Test func `after ten seconds for one that is not, and once more when it has become so, a minute later at the soonest`() {
        var publication = Publication()
        let slow = commits(of: &publication, through: 300, health: { $0 >= 30 }) { second, publication in
            if second == 0 { publication.revisionNoted(at: at(0)) }
        }
        #expect(slow == [10, 70])
        publication = Publication()
        let slower = commits(of: &publication, through: 300, health: { $0 >= 200 }) { second, publication in
            if second == 0 { publication.revisionNoted(at: at(0)) }
        }
        #expect(slower == [10, 200])
        // Health that comes and goes afterwards is no news.
        publication = Publication()
        let flapping = commits(of: &publication, through: 600, health: { $0 % 7 != 0 }) { second, publication in
            if second == 1 { publication.revisionNoted(at: at(1)) }
        }
        #expect(flapping == [1])
    }

    @Test func `at most once a minute for drift, the first at once`() {
        var publication = Publication()
        let times = commits(of: &publication, through: 400) { second, publication in
            if second <= 300 { publication.driftChanged(at: at(Double(second))) }
        }
        #expect(times == [0, 60, 120, 180, 240, 300])
    }

    @Test func `a revision does not wait for drift's minute, and drift waits for one after it`() {
        var publication = Publication()
        let times = commits(of: &publication, through: 300) { second, publication in
            if [0, 35].contains(second) { publication.driftChanged(at: at(Double(second))) }
            if second == 30 { publication.revisionNoted(at: at(30)) }
        }
        #expect(times == [0, 30, 90])
    }

    @Test func `what could not be pushed is tried again in a minute, and nothing is due when nothing happens`() {
        var publication = Publication()
        #expect(publication.due(at(0)) == nil)
        #expect(!publication.isDue(at(0), isHealthy: true))
        publication.revisionNoted(at: at(0))
        publication.failed(at(0))
        #expect(publication.due(at(0)) == at(60))
        #expect(!publication.isDue(at(59), isHealthy: true))
        #expect(publication.isDue(at(60), isHealthy: true))
    }

    @Test func `at once when the clock was set back since it began to wait`() {
        var publication = Publication()
        publication.revisionNoted(at: at(10_000))
        #expect(publication.isDue(at(0), isHealthy: false))
        publication.done(at(10_000), isHealthy: true)
        publication.driftChanged(at: at(10_001))
        #expect(publication.isDue(at(0), isHealthy: true))
        publication.done(at(0), isHealthy: true)
        publication.driftChanged(at: at(1))
        #expect(!publication.isDue(at(59), isHealthy: true))
        #expect(publication.isDue(at(60), isHealthy: true))
    }
}
