import ClusterObjects
import Testing

@testable import ClusterControllers

struct CronScheduleTests {
    /// 2024-02-28T23:59:30Z, a Wednesday.
    private let now = Timestamp("2024-02-28T23:59:30Z") ?? Timestamp(seconds: 0)

    @Test(arguments: [
        ("* * * * *", "2024-02-29T00:00:00Z"), ("30 6 * * *", "2024-02-29T06:30:00Z"), ("*/15 9-17 * * mon-fri", "2024-02-29T09:00:00Z"),
        ("0 0 29 2 *", "2024-02-29T00:00:00Z"), ("0 12 1 * *", "2024-03-01T12:00:00Z"), ("0 0 13 * fri", "2024-03-01T00:00:00Z"),
        ("@hourly", "2024-02-29T00:00:00Z"), ("@every 1h30m", "2024-02-29T01:29:30Z"), ("5,10 0 * * 7", "2024-03-03T00:05:00Z"),
    ])
    func `the next moment of a schedule`(_ schedule: String, _ expected: String) {
        #expect(CronSchedule(schedule)?.next(after: now)?.description == expected)
    }

    @Test(arguments: ["", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "@never", "a b c d e"])
    func `what is no schedule is refused`(_ schedule: String) {
        #expect(CronSchedule(schedule) == nil)
    }

    @Test func `a zone moves the moment`() {
        #expect(CronSchedule("0 6 * * *")?.next(after: now, offset: 3600)?.description == "2024-02-29T05:00:00Z")
    }
}
