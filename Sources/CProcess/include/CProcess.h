// What the kernel offers and Swift cannot import: variadic calls, descriptors over sockets, and a worker's jail.
// Every function returns -1 and sets errno on failure unless it says otherwise.
#pragma once
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// Open flags that Swift does not see.
extern const int lh5_open_path;
extern const int lh5_open_unnamed;

/// Opens `path` below the directory `root`, refusing every way out of it (openat2 with RESOLVE_BENEATH).
int lh5_open_beneath(int root, const char *path, int flags);

/// The nanoseconds that tell futimens(2) to leave a time as it is.
extern const long lh5_omit_time;

/// Renames, and fails with EEXIST where the new name is taken (renameat2 with RENAME_NOREPLACE).
int lh5_rename_new(int from, const char *name, int to, const char *new_name);

/// An unnamed file in memory, closed on exec.
int lh5_memory_file(const char *name);

/// Makes `target` a copy of `source` that shares its blocks (FICLONE).
int lh5_reflink(int target, int source);

/// Copies up to `size` bytes at `*offset` of one file to the same place of another, and moves `*offset` on.
ssize_t lh5_copy(int source, int target, off_t *offset, size_t size);

/// A descriptor of the process `pid` that becomes readable when it has ended.
int lh5_process_descriptor(pid_t pid);

/// Sends `signal` to the process of a process descriptor.
int lh5_signal_process(int process, int signal);

/// Makes a process that is to be started in a process group of its own the terminal's foreground before it runs.
int lh5_give_terminal(posix_spawn_file_actions_t *actions, int terminal);

/// Asks for SIGKILL when the thread that made this process ends.
int lh5_die_with_parent(void);

/// The type of the file system that holds an open file, as statfs(2) numbers them.
long lh5_file_system(int file);

/// Reads what is in the page cache, and never waits for a disk: the count may be short, or -1 with EAGAIN.
ssize_t lh5_read_cached(int file, void *bytes, size_t size, off_t offset);

/// Makes `malloc` keep memory that every request takes and frees again.
void lh5_keep_memory(void);

/// Makes `malloc` give memory that is zero.
void lh5_zero_allocations(void);

/// Sends one message of `size` bytes with `count` descriptors (at most 8).
ssize_t lh5_send(int socket, const void *bytes, size_t size, const int *descriptors, int count, int flags);

/// Receives one message; `*count` is the capacity of `descriptors` and then how many came.
ssize_t lh5_receive(int socket, void *bytes, size_t size, int *descriptors, int *count, int flags);

/// The limits of a jailed worker.
struct lh5_jail {
    /// Bytes of address space (RLIMIT_AS).
    uint64_t memory;
    /// Open descriptors (RLIMIT_NOFILE).
    uint64_t descriptors;
};

/// Takes from this process everything a worker does not need: names of files, the network, new programs and
/// processes. Returns 0, or -1 with the failing step in `*step`.
int lh5_enter_jail(const struct lh5_jail *limits, const char **step);

/// Ends the process with `status` and `text` on standard error where the calling thread crashes, until it is forgotten,
/// which comes before it is told anew.
int lh5_tell_crash(const char *text, int status);
void lh5_forget_crash(void);
