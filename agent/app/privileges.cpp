#include "agent/app/privileges.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <cap-ng.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace honeyswitch::agent {
namespace {

/// All that the agent asks of the kernel once it runs.
constexpr std::array allowed_calls{
    // The event loop.
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(restart_syscall),
    // Sockets: packet, UDP, netlink, status.
    SCMP_SYS(socket),
    SCMP_SYS(bind),
    SCMP_SYS(connect),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ioctl),
    SCMP_SYS(shutdown),
    // Lease files and static lists, and the socket's own file at the end.
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(unlink),
    // Memory, signals, threads of the C library, and the end.
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield),
    SCMP_SYS(uname),
};

std::unexpected<Error> failed(std::string object, std::string reason) {
    return std::unexpected(Error{"drop privileges to", std::move(object), std::move(reason)});
}

}  // namespace

std::expected<void, Error> drop_privileges(const std::string& user) {
    const passwd* const account = user.empty() ? nullptr : getpwnam(user.c_str());
    if (!user.empty() && account == nullptr) return failed(user, "no such user");

    capng_get_caps_process();
    const bool has_raw = capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW) == 1;
    capng_clear(CAPNG_SELECT_BOTH);
    if (has_raw && (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_NET_RAW) != 0 ||
                    capng_update(CAPNG_ADD, CAPNG_PERMITTED, CAP_NET_RAW) != 0))
        return failed("CAP_NET_RAW", "libcap-ng refuses");
    if (account != nullptr) {
        // Also leaves the supplementary groups, and keeps the capability across the change.
        const int failure = capng_change_id(static_cast<int>(account->pw_uid),
                                            static_cast<int>(account->pw_gid), CAPNG_DROP_SUPP_GRP);
        if (failure != 0) return failed(user, "capng_change_id says " + std::to_string(failure));
    } else if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
        return failed("CAP_NET_RAW", "the kernel refuses the capability set");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs", std::strerror(errno));
    return {};
}

std::expected<void, Error> restrict_system_calls() {
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                   seccomp_release);
    const auto refused = [] {
        return std::unexpected(Error{"restrict", "the system calls", "libseccomp or the kernel refuses"});
    };
    if (filter == nullptr) return refused();
    for (const int call : allowed_calls)
        if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return refused();
    if (seccomp_load(filter.get()) != 0) return refused();
    return {};
}

}  // namespace honeyswitch::agent
