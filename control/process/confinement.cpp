#include "control/process/confinement.hpp"

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "control/config/port_spec.hpp"

namespace honeyswitch::control {
namespace {

using Calls = std::initializer_list<int>;

/// Files of lists, logs, state and history, and what the kernel shows in /proc and /sys.
constexpr Calls files{
    SCMP_SYS(access),
    SCMP_SYS(chmod),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(creat),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(fchown),
    SCMP_SYS(fcntl),
    SCMP_SYS(fdatasync),
    SCMP_SYS(flock),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fsync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents),
    SCMP_SYS(getdents64),
    SCMP_SYS(inotify_add_watch),
    SCMP_SYS(inotify_init),
    SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_rm_watch),
    SCMP_SYS(lseek),
    SCMP_SYS(lstat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(preadv2),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(pwritev2),
    SCMP_SYS(read),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(readv),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(rmdir),
    SCMP_SYS(sendfile),
    SCMP_SYS(stat),
    SCMP_SYS(statfs),
    SCMP_SYS(statx),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(umask),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(utimensat),
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

/// Notices, operators, netlink, packet and XDP sockets; what drivers ask of their devices.
constexpr Calls sockets_and_devices{
    SCMP_SYS(accept),      SCMP_SYS(accept4),     SCMP_SYS(bind),       SCMP_SYS(connect),
    SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(ioctl),
    SCMP_SYS(listen),      SCMP_SYS(recvfrom),    SCMP_SYS(recvmmsg),   SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),    SCMP_SYS(sendmsg),     SCMP_SYS(sendto),     SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),    SCMP_SYS(socket),      SCMP_SYS(socketpair),
};

constexpr Calls waiting{
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(pipe2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pselect6),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(select),
    SCMP_SYS(signalfd4),
    SCMP_SYS(time),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(times),
};

/// A reload allocates, and DPDK takes huge pages as it needs them.
constexpr Calls memory{
    SCMP_SYS(brk),           SCMP_SYS(get_mempolicy), SCMP_SYS(madvise),    SCMP_SYS(mbind),
    SCMP_SYS(membarrier),    SCMP_SYS(memfd_create),  SCMP_SYS(mincore),    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),        SCMP_SYS(mmap),          SCMP_SYS(move_pages), SCMP_SYS(mprotect),
    SCMP_SYS(mremap),        SCMP_SYS(msync),         SCMP_SYS(munlock),    SCMP_SYS(munmap),
    SCMP_SYS(set_mempolicy),
};

/// Threads begin for a reload, a comparison and each file of state.
constexpr Calls threads_and_signals{
    SCMP_SYS(arch_prctl),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(getcpu),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getpriority),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(prctl),
    SCMP_SYS(prlimit64),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(setpriority),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo),
    SCMP_SYS(tgkill),
    SCMP_SYS(uname),
};

/// Drivers of cards that have no memory but ports, bound without an IOMMU.
constexpr Calls port_io{SCMP_SYS(ioperm), SCMP_SYS(iopl)};
constexpr Calls bpf_programs{SCMP_SYS(bpf)};

/// A card that is DPDK's alone. Others, as Mellanox's, go on through their driver in the kernel.
bool is_handed_over(const std::filesystem::path& sysfs, const std::string& device) {
    std::error_code unbound;
    const auto driver = std::filesystem::read_symlink(sysfs / "bus/pci/devices" / device / "driver", unbound)
                            .filename()
                            .string();
    return !unbound && (driver == "vfio-pci" || driver == "igb_uio" || driver == "uio_pci_generic");
}

std::unexpected<Error> refused(int code) {
    return std::unexpected(Error{"restrict", "the system calls", std::strerror(-code)});
}

std::expected<void, Error> restrict_system_calls(const ConfinementNeeds& needs) {
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                   seccomp_release);
    if (filter == nullptr) return refused(-ENOMEM);
    // Of all threads at once, those of DPDK among them.
    if (const int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); code != 0)
        return refused(code);
    const auto allow = [&](Calls calls) {
        int failure = 0;
        for (const int call : calls)
            if (const int code = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0); code != 0)
                failure = code;
        return failure;
    };
    for (const auto& calls : {files, sockets_and_devices, waiting, memory, threads_and_signals})
        if (const int code = allow(calls); code != 0) return refused(code);
    if (needs.bpf)
        if (const int code = allow(bpf_programs); code != 0) return refused(code);
    if (needs.physical_memory)
        if (const int code = allow(port_io); code != 0) return refused(code);
    if (const int code = seccomp_load(filter.get()); code != 0) return refused(code);
    return {};
}

}  // namespace

ConfinementNeeds needs_of(const Config& config, bool physical_memory, const std::filesystem::path& sysfs) {
    ConfinementNeeds needs{.networks = false, .bpf = false, .physical_memory = physical_memory};
    for (const PortSpec* const port : ports_of(config)) {
        const bool pci = port->kind == PortSpec::Kind::pci;
        needs.networks = needs.networks || !pci || !is_handed_over(sysfs, port->device);
        needs.bpf =
            needs.bpf || port->kind == PortSpec::Kind::vdev || (!pci && config.kernel_io == KernelIo::af_xdp);
    }
    return needs;
}

CapabilitySet capabilities_for(const ConfinementNeeds& needs) {
    // Huge pages and what cards reach are locked memory; lists and logs may be other users' files.
    CapabilitySet kept = capability(CAP_IPC_LOCK) | capability(CAP_DAC_OVERRIDE);
    if (needs.networks) kept |= capability(CAP_NET_ADMIN) | capability(CAP_NET_RAW);
    if (needs.bpf) kept |= capability(CAP_BPF);
    if (needs.physical_memory) kept |= capability(CAP_SYS_ADMIN) | capability(CAP_SYS_RAWIO);
    return kept;
}

std::expected<void, Error> confine(const ConfinementNeeds& needs) {
    auto kept = keep_capabilities(capabilities_for(needs));
    // The one does not need the other: what can be given up is.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return std::unexpected(Error{"set", "no_new_privs", std::strerror(errno)});
    if (auto restricted = restrict_system_calls(needs); !restricted) return restricted;
    return kept;
}

}  // namespace honeyswitch::control
