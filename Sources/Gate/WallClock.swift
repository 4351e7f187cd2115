import Glibc

/// The time of day, for what is told to people; everything that waits goes by the event loop's clock.
package enum WallClock {
    /// Nanoseconds since 1970.
    package static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
