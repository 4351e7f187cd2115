/// What several commands' help says.
enum Help {
    static let address = """
        A PATH goes on inside a file: DIR/FILE.h5/GROUP/DATASET. The first regular file on the way is the file. At a server \
        it is http://HOST:PORT/DIR/FILE.h5/GROUP/DATASET, percent-encoded, or any URL of its interface (/v1/...).
        """
}
