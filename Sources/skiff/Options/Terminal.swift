import Glibc

/// What stands at the other end of a descriptor.
enum Terminal {
    /// Somebody who watches: a terminal that can take a line away again.
    static func isInteractive(_ file: Int32) -> Bool { isatty(file) == 1 && !["", "dumb"].contains(variable("TERM")) }

    /// Colours are for terminals, and not wanted where NO_COLOR says anything (https://no-color.org).
    static func isColoured(_ file: Int32) -> Bool { isInteractive(file) && variable("NO_COLOR").isEmpty }

    /// Columns of a line; 80 where nobody knows.
    static func width(_ file: Int32) -> Int {
        var size = winsize()
        guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}
