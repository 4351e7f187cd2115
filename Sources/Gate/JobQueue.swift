/// Jobs in the order of their coming; taking the first costs the same however many wait.
struct JobQueue {
    private var jobs: [(any WorkerJob)?] = []
    private var first = 0

    var count: Int { jobs.count - first }

    var all: [any WorkerJob] { jobs[first...].compactMap(\.self) }

    mutating func append(_ job: any WorkerJob) {
        jobs.append(job)
    }

    mutating func popFirst() -> (any WorkerJob)? {
        guard first < jobs.count else { return nil }
        let job = jobs[first]
        jobs[first] = nil
        first += 1
        if first == jobs.count || first > 1024 && first * 2 > jobs.count {
            jobs.removeFirst(first)
            first = 0
        }
        return job
    }
}
