#include "base/system/signals.hpp"

#include <csignal>
#include <cstring>
#include <initializer_list>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace honeyswitch {
namespace {

/// Signals whose default is the end, and that are meant so, or tell of a fault.
bool meant(int number) {
    for (const int fatal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGKILL, SIGSTOP, SIGILL, SIGTRAP, SIGABRT,
                            SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGXCPU})
        if (number == fatal) return true;
    return number > SIGSYS && number < SIGRTMIN;  // glibc's own
}

TEST(Signals, StrayOnesEndNothing) {
    for (int number = 1; number <= SIGRTMAX; ++number) {
        if (meant(number)) continue;
        const pid_t child = fork();
        if (child == 0) {
            ignore_stray_signals();
            raise(number);
            _exit(7);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << strsignal(number);
        if (WIFSTOPPED(status)) kill(child, SIGKILL);
    }
}

TEST(Signals, ThatAskToStopStillDo) {
    for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGSEGV}) {
        const pid_t child = fork();
        if (child == 0) {
            std::signal(number, SIG_DFL);  // whoever started the test may ignore it, as nohup(1) does
            ignore_stray_signals();
            raise(number);
            _exit(7);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << strsignal(number);
    }
}

}  // namespace
}  // namespace honeyswitch
