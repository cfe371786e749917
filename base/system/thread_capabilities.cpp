#include "base/system/thread_capabilities.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace honeyswitch {
namespace {

/// What a thread is told by the signal, and what it says: a handler has nothing else.
std::atomic<CapabilitySet> kept_by_all{0};
std::atomic<pid_t> answered{0};
std::atomic<int> failure{0};
static_assert(std::atomic<CapabilitySet>::is_always_lock_free);

/// Of the calling thread. 0, or an errno. Only system calls, as a handler calls it.
int lower_own(CapabilitySet kept) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (syscall(SYS_capget, &header, sets.data()) != 0) return errno;
    constexpr unsigned bits = 32;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto mask = static_cast<std::uint32_t>(kept >> (bits * i));
        sets.at(i).permitted &= mask;
        sets.at(i).effective &= mask;
        sets.at(i).inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets.data()) == 0 ? 0 : errno;
}

void answer(int) {
    const int before = errno;
    if (const int reason = lower_own(kept_by_all.load()); reason != 0) failure.store(reason);
    answered.store(gettid());
    errno = before;
}

std::unexpected<Error> failed(const std::string& whose, const std::string& reason) {
    return std::unexpected(Error{"give up the capabilities of", whose, reason});
}

std::set<pid_t> threads() {
    std::set<pid_t> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", none))
        found.insert(static_cast<pid_t>(std::stol(entry.path().filename().string())));
    return found;
}

/// Until it has answered, or is no more. False: it does neither.
bool ask(pid_t thread) {
    constexpr std::chrono::milliseconds between_looks{1};
    constexpr std::chrono::seconds patience{1};
    if (syscall(SYS_tgkill, getpid(), thread, SIGRTMAX) != 0) return errno == ESRCH;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (answered.load() != thread) {
        if (std::chrono::steady_clock::now() > end) return false;
        if (syscall(SYS_tgkill, getpid(), thread, 0) != 0) return true;
        std::this_thread::sleep_for(between_looks);
    }
    return true;
}

/// Those that begin while others are asked are found by the next look.
std::expected<void, Error> ask_all_others() {
    std::set<pid_t> asked{gettid()};
    for (bool any = true; any;) {
        any = false;
        for (const pid_t thread : threads()) {
            if (!asked.insert(thread).second) continue;
            any = true;
            if (!ask(thread)) return failed("thread " + std::to_string(thread), "it does not answer");
        }
    }
    if (const int reason = failure.load(); reason != 0) return failed("a thread", std::strerror(reason));
    return {};
}

}  // namespace

std::expected<void, Error> keep_capabilities(CapabilitySet kept) {
    kept_by_all.store(kept);
    failure.store(0);
    answered.store(0);
    struct sigaction told{}, before{};
    told.sa_handler = answer;
    told.sa_flags = SA_RESTART;
    if (sigaction(SIGRTMAX, &told, &before) != 0) return failed("all threads", std::strerror(errno));
    if (const int reason = lower_own(kept); reason != 0) failure.store(reason);
    auto done = ask_all_others();
    (void)sigaction(SIGRTMAX, &before, nullptr);
    return done;
}

}  // namespace honeyswitch
