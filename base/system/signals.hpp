// Signals that a service has no use for.
#pragma once

namespace honeyswitch {

/// Ignores every signal that would end or stop the process by default and that nobody sends to do that:
/// SIGUSR1, SIGPIPE, SIGALRM, SIGTSTP, those of real time, and their like. SIGHUP, SIGINT, SIGTERM and
/// SIGQUIT stay as they are, and so does what tells of a fault of the process itself. Before other threads
/// are started.
void ignore_stray_signals();

}  // namespace honeyswitch
