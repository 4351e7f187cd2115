#pragma once
#include <microhttpd.h>
#include <stddef.h>

/// What the gate asks of a daemon.
struct lh5_daemon_options {
    int listen_socket;
    unsigned int connection_limit;
    /// Connections of one address at a time; 0 for no limit.
    unsigned int address_limit;
    /// Bytes a connection may use for its request head and buffers.
    size_t connection_memory;
    /// Seconds without a byte before a connection is closed.
    unsigned int idle_seconds;
    void *context;
    MHD_AccessHandlerCallback handle;
    /// Called with the raw request target before it is decoded; its result is the request's context.
    void *(*begin)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback complete;
    MHD_NotifyConnectionCallback notify;
    MHD_LogCallback log;
};

/// `MHD_start_daemon` is variadic, which Swift cannot call. The daemon runs in its caller's epoll loop.
static inline struct MHD_Daemon *lh5_start_daemon(const struct lh5_daemon_options *options) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, options->handle,
        options->context,
        // The logger comes first, so that it hears of the options' errors.
        MHD_OPTION_EXTERNAL_LOGGER, options->log, options->context,
        MHD_OPTION_LISTEN_SOCKET, options->listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->address_limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
        MHD_OPTION_URI_LOG_CALLBACK, options->begin, options->context,
        MHD_OPTION_NOTIFY_COMPLETED, options->complete, options->context,
        MHD_OPTION_NOTIFY_CONNECTION, options->notify, options->context,
        MHD_OPTION_END);
}

/// The daemon's epoll descriptor, or -1.
static inline int lh5_daemon_epoll(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

/// The connection's socket, or -1.
static inline int lh5_connection_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// Macros whose types Swift does not import.
static const uint64_t lh5_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t lh5_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;
static const ssize_t lh5_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;

/// Answers as HTTP/1.0 does: the end of the connection is the end of the body. `MHD_set_response_options` is variadic.
static inline void lh5_end_with_connection(struct MHD_Response *response) {
    if (response) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

/// The context that the connection's notification callback has set, or NULL.
static inline void *lh5_connection_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
