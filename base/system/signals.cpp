#include "base/system/signals.hpp"

#include <csignal>
#include <initializer_list>

namespace honeyswitch {

void ignore_stray_signals() {
    for (const int number : {SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT,
                             SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU})
        std::signal(number, SIG_IGN);
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) std::signal(number, SIG_IGN);
}

}  // namespace honeyswitch
