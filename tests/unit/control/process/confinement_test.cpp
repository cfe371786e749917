#include "control/process/confinement.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/config/port_spec.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

/// A machine with cards whose drivers in the kernel a test chooses.
class Machine {
  public:
    void card(const std::string& address, const std::string& driver) {
        const auto device = folder_.path() / "bus/pci/devices" / address;
        fs::create_directories(device);
        if (!driver.empty()) fs::create_symlink("../../drivers/" + driver, device / "driver");
    }
    [[nodiscard]] ConfinementNeeds needs(const std::string& port, KernelIo io = KernelIo::af_xdp,
                                         bool physical = false) const {
        Config config;
        config.kernel_io = io;
        config.outside = config.inside = parse_port(port).value();
        config.honeypot_ports = {config.outside};
        return needs_of(config, physical, folder_.path());
    }

  private:
    TemporaryFolder folder_;
};

constexpr CapabilitySet always = capability(CAP_IPC_LOCK) | capability(CAP_DAC_OVERRIDE);
constexpr CapabilitySet networks = capability(CAP_NET_ADMIN) | capability(CAP_NET_RAW);

TEST(Confinement, CardsBehindAnIommuNeedNothingMore) {
    Machine machine;
    machine.card("0000:03:00.0", "vfio-pci");
    EXPECT_EQ(capabilities_for(machine.needs("0000:03:00.0")), always);
    EXPECT_EQ(capabilities_for(machine.needs("0000:03:00.0", KernelIo::af_xdp, true)),
              always | capability(CAP_SYS_ADMIN) | capability(CAP_SYS_RAWIO))
        << "without one, DPDK asks where memory lies";
}

TEST(Confinement, CardsThatTheKernelDrivesTooNeedItsNetworks) {
    Machine machine;
    machine.card("0000:03:00.0", "mlx5_core");
    machine.card("0000:04:00.0", "");
    EXPECT_EQ(capabilities_for(machine.needs("0000:03:00.0")), always | networks);
    EXPECT_EQ(capabilities_for(machine.needs("0000:04:00.0")), always | networks) << "not known for sure";
}

TEST(Confinement, InterfacesOfTheKernelNeedBpfWhereTheyHaveAProgram) {
    const Machine machine;
    EXPECT_EQ(capabilities_for(machine.needs("dev:eth0", KernelIo::af_packet)), always | networks);
    EXPECT_EQ(capabilities_for(machine.needs("dev:eth0")), always | networks | capability(CAP_BPF));
    EXPECT_EQ(capabilities_for(machine.needs("vdev:net_tap0", KernelIo::af_packet)),
              always | networks | capability(CAP_BPF));
}

/// What a process that is confined may still do: each is tried in one of its own, by a thread that was there
/// before. Returns errno of it, 0 if it is allowed, -1 if the process could not be confined.
template <typename Try>
int tried(Try attempt) {
    const pid_t child = fork();
    if (child == 0) {
        const auto confined = confine({.networks = false, .bpf = false, .physical_memory = false});
        errno = 0;
        _exit(!confined ? 255 : attempt() < 0 ? errno : 0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

TEST(Confinement, NothingIsExecutedTracedOrMountedAnyMore) {
    if (geteuid() != 0) GTEST_SKIP() << "a process without capabilities may lower none";
    EXPECT_EQ(tried([] { return execl("/bin/true", "true", nullptr); }), EPERM);
    EXPECT_EQ(tried([] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), EPERM);
    EXPECT_EQ(tried([] { return mount("none", "/mnt", "tmpfs", 0, nullptr); }), EPERM);
    EXPECT_EQ(tried([] { return unshare(CLONE_NEWNET); }), EPERM);
}

TEST(Confinement, FilesThreadsAndSocketsGoOn) {
    if (geteuid() != 0) GTEST_SKIP() << "a process without capabilities may lower none";
    EXPECT_EQ(tried([] { return std::ifstream("/proc/self/status").good() ? 0 : -1; }), 0);
    EXPECT_EQ(tried([] {
                  int seen = 0;
                  std::thread([&] { seen = 1; }).join();
                  return seen - 1;
              }),
              0);
    EXPECT_EQ(tried([] { return socket(AF_INET, SOCK_DGRAM, 0); }), 0);
}

}  // namespace
}  // namespace honeyswitch::control
