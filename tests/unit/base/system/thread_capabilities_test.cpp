#include "base/system/thread_capabilities.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

namespace honeyswitch {
namespace {

/// What the kernel says of each thread of this process: its permitted and its effective set.
std::vector<CapabilitySet> sets_of_all_threads() {
    std::vector<CapabilitySet> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(task.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("CapPrm:") || line.starts_with("CapEff:"))
                found.push_back(std::stoull(line.substr(line.find('\t') + 1), nullptr, 16));
    }
    return found;
}

/// Runs in a process of its own, as nothing of this can be taken back. True: `works` returned true there.
template <typename Works>
bool elsewhere(Works works) {
    const pid_t child = fork();
    if (child == 0) _exit(works() ? 7 : 1);
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

class ThreadCapabilities : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root has capabilities to give up";
    }
    static constexpr CapabilitySet some = capability(CAP_NET_RAW) | capability(CAP_DAC_OVERRIDE);
};

TEST_F(ThreadCapabilities, AreGivenUpByAllThreadsWhateverTheyDo) {
    EXPECT_TRUE(elsewhere([] {
        std::latch end(1);
        std::atomic<bool> busy{true};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i) threads.emplace_back([&] { end.wait(); });
            threads.emplace_back([&] {
                while (busy) {
                }
            });
            const bool done = keep_capabilities(some).has_value();
            const auto sets = sets_of_all_threads();
            busy = false;
            end.count_down();
            if (!done || sets.size() != 2 * 6) return false;
            for (const CapabilitySet set : sets)
                if (set != some) return false;
        }
        return true;
    }));
}

TEST_F(ThreadCapabilities, AreGoneForThreadsThatBeginLaterToo) {
    EXPECT_TRUE(elsewhere([] {
        if (!keep_capabilities(some)) return false;
        bool gone = false;
        std::thread([&] { gone = sets_of_all_threads() == std::vector<CapabilitySet>(4, some); }).join();
        return gone;
    }));
}

TEST_F(ThreadCapabilities, ThatNobodyHasAreNotGained) {
    EXPECT_TRUE(elsewhere([] {
        return keep_capabilities(some) && keep_capabilities(some | capability(CAP_SYS_ADMIN)) &&
               sets_of_all_threads() == std::vector<CapabilitySet>(2, some);
    }));
}

TEST_F(ThreadCapabilities, OfAThreadThatDoesNotAnswerAreAnError) {
    EXPECT_TRUE(elsewhere([] {
        std::latch begun(1), end(1);
        const std::jthread deaf([&] {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_BLOCK, &all, nullptr);
            begun.count_down();
            end.wait();
        });
        begun.wait();
        const auto done = keep_capabilities(some);
        end.count_down();
        return !done && done.error().message().contains("it does not answer");
    }));
}

}  // namespace
}  // namespace honeyswitch
