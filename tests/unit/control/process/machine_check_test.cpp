#include "control/process/machine_check.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "base/system/file_lock.hpp"
#include "control/config/port_spec.hpp"
#include "control/process/cpu_check.hpp"
#include "control/process/machine_memory.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = 1U << 20;

/// A machine of files: 512 huge pages of 2 MB, of which 200 are free and 100 of them promised; a NIC that is
/// bound to vfio-pci and one that is not.
struct MachineCheck : testing::Test {
    TemporaryFolder root;
    Config config;

    MachineCheck() {
        write("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
        write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "200\n");
        write("sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "100\n");
        write("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
        write("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
        write("sys/devices/system/cpu/online", "0-1\n");
        write("proc/meminfo", "MemTotal:        2097152 kB\nMemFree:   1 kB\nMemAvailable:    1048576 kB\n");
        bind("0000:03:00.0", "vfio-pci");
        bind("0000:03:00.1", "igb");
        fs::create_directories(root.path() / "sys/bus/pci/devices/0000:04:00.0");
        config.outside = parse_port("vdev:net_null0").value();
        config.inside = parse_port("vdev:net_null1").value();
        config.honeypot_ports = {parse_port("vdev:net_null2").value()};
        config.control_socket = root.path() / "control.sock";
        config.workers = 0;
        config.lcores = fmt::format("{}", own_cpu());
    }
    static unsigned own_cpu() { return static_cast<unsigned>(sched_getcpu()); }
    void write(const char* name, const char* text) const {
        fs::create_directories((root.path() / name).parent_path());
        root.write(name, text);
    }
    void bind(const char* device, const char* driver) const {
        const auto drivers = root.path() / "sys/bus/pci/drivers" / driver;
        const auto folder = root.path() / "sys/bus/pci/devices" / device;
        fs::create_directories(drivers);
        fs::create_directories(folder);
        fs::create_directory_symlink(drivers, folder / "driver");
    }
    [[nodiscard]] MachineReport check(std::uint64_t megabytes = 1) const {
        return check_machine(config, megabytes * mebibyte, {root.path() / "sys", root.path() / "proc"});
    }
    /// The only sentence, and whether a restart can mend it.
    void expect_lack(const std::string& sentence, bool lasting, std::uint64_t megabytes = 1) const {
        const auto report = check(megabytes);
        ASSERT_EQ(report.lacks.size(), 1U);
        EXPECT_EQ(report.lacks[0].sentence, sentence);
        EXPECT_EQ(report.lacks[0].lasting, lasting);
    }
};

TEST_F(MachineCheck, FindsNothingWhereAllIsThere) {
    const auto report = check();
    for (const auto& lack : report.lacks) ADD_FAILURE() << lack.sentence;
    EXPECT_TRUE(report.notes.empty());
}

TEST_F(MachineCheck, NamesCpusThatCannotBeHad) {
    config.workers = 1;
    config.lcores = fmt::format("{},1023", own_cpu());
    expect_lack(
        fmt::format(
            "lcores '{},1023': CPU 1023 cannot be had; online are 0-1. What is not online, or belongs "
            "to another cpuset, cannot be used",
            own_cpu()),
        true);
}

TEST_F(MachineCheck, NamesWorkersThatHaveNoCpu) {
    config.workers = 1'000;
    config.lcores = "";
    const auto report = check();
    ASSERT_EQ(report.lacks.size(), 1U);
    EXPECT_TRUE(report.lacks[0].sentence.starts_with(
        "workers = 1000 takes the CPUs 0 to 1000, one for the control thread: CPU "))
        << report.lacks[0].sentence;
    EXPECT_TRUE(report.lacks[0].lasting);
}

TEST_F(MachineCheck, LetsTheProcessRunOnlyWhereItDidAfterwards) {
    cpu_set_t before, after;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(refused_cpus(std::vector<unsigned>{own_cpu(), 1'000, 1'001}),
              (std::vector<unsigned>{1'000, 1'001}));
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST_F(MachineCheck, CountsHugePagesThatNobodyWasPromised) {
    EXPECT_TRUE(check(200).lacks.empty());
    expect_lack(
        "the capacities need at least 201 MB of huge pages, and of 1024 MB 200 MB are free: reserve 1025 MB "
        "in all "
        "(tools/setup-hugepages --megabytes 1025), or lower them ([capacity] session_capacity and its like)",
        false, 201);
    expect_lack(
        "the capacities need at least 1025 MB of huge pages, and of 1024 MB 200 MB are free: reserve 1849 MB "
        "in all "
        "(tools/setup-hugepages --megabytes 1849), or lower them ([capacity] session_capacity and its like)",
        true, 1025);
}

TEST_F(MachineCheck, CountsOrdinaryMemoryWithoutHugePages) {
    config.no_huge = true;
    EXPECT_TRUE(check(1024).lacks.empty());
    expect_lack(
        "the capacities need at least 1025 MB of memory, and of 2048 MB 1024 MB are free: lower them "
        "([capacity] "
        "session_capacity and its like)",
        false, 1025);
}

TEST_F(MachineCheck, NamesNicsThatAreNotThereOrNotBound) {
    config.outside = parse_port("0000:03:00.0").value();
    EXPECT_TRUE(check().lacks.empty());
    config.outside = parse_port("0000:03:00.1").value();
    expect_lack(
        "port 0000:03:00.1: it is bound to igb, and DPDK needs vfio-pci: tools/bind-nics --bind 0000:03:00.1",
        false);
    config.outside = parse_port("0000:04:00.0").value();
    expect_lack(
        "port 0000:04:00.0: it is bound to no driver, and DPDK needs vfio-pci: tools/bind-nics --bind "
        "0000:04:00.0",
        false);
    config.outside = parse_port("0000:05:00.0").value();
    expect_lack("port 0000:05:00.0: there is no PCI device 0000:05:00.0; 'tools/bind-nics' lists the NICs",
                false);
}

TEST_F(MachineCheck, NamesInterfacesThatAreNotThere) {
    write("sys/class/net/lo/ifindex", "1\n");
    config.inside = parse_port("dev:lo").value();
    EXPECT_TRUE(check().lacks.empty());
    config.inside = parse_port("dev:nosuch").value();
    expect_lack("port dev:nosuch: there is no interface 'nosuch'; there are lo", false);
    config.inside = parse_port("vdev:net_af_xdp1,iface=nosuch").value();
    expect_lack("port vdev:net_af_xdp1,iface=nosuch: there is no interface 'nosuch'; there are lo", false);
}

TEST_F(MachineCheck, StartsWithoutPortsOfHoneypotsAlone) {
    config.outside = parse_port("0000:03:00.0").value();
    config.honeypot_ports = {parse_port("0000:03:00.0").value(), parse_port("0000:05:00.0").value()};
    auto report = check();
    EXPECT_TRUE(report.lacks.empty());
    ASSERT_EQ(report.absent.size(), 1U);
    EXPECT_EQ(report.absent[0].index, 3U);
    EXPECT_EQ(report.absent[0].sentence,
              "port 0000:05:00.0: there is no PCI device 0000:05:00.0; 'tools/bind-nics' lists the NICs; the "
              "switch starts without this port, and its honeypots are down");
    config.inside = parse_port("0000:05:00.0").value();
    EXPECT_EQ(check().lacks.size(), 1U);
}

TEST_F(MachineCheck, StartsWithoutALinkWhileAnotherIsWhole) {
    const auto there = parse_port("0000:03:00.0").value(), gone = parse_port("0000:05:00.0").value();
    config.honeypot_ports = {there};
    config.links = {{.name = "west", .outside = there, .inside = there},
                    {.name = "east", .outside = there, .inside = gone}};
    auto report = check();
    EXPECT_TRUE(report.lacks.empty());
    ASSERT_EQ(report.absent.size(), 1U);
    EXPECT_EQ(report.absent[0].index, 3U);
    EXPECT_TRUE(report.absent[0].sentence.ends_with(
        "; the switch starts without this port, and nothing passes on link east"))
        << report.absent[0].sentence;
    config.links[0].outside = gone;
    EXPECT_TRUE(check().absent.empty());
    EXPECT_EQ(check().lacks.size(), 2U) << "no link is whole";
}

TEST_F(MachineCheck, StartsWithoutAMirrorWhileSomethingElseIsWhole) {
    const auto there = parse_port("0000:03:00.0").value(), gone = parse_port("0000:05:00.0").value();
    config.honeypot_ports = {there};
    config.links = {{.name = "west", .outside = there, .inside = there},
                    {.name = "tap", .outside = {}, .inside = {}, .mirror = gone}};
    const auto report = check();
    EXPECT_TRUE(report.lacks.empty());
    ASSERT_EQ(report.absent.size(), 1U);
    EXPECT_EQ(report.absent[0].index, 2U);
    EXPECT_TRUE(report.absent[0].sentence.ends_with("and link tap is not observed"))
        << report.absent[0].sentence;
    config.links = {{.name = "tap", .outside = {}, .inside = {}, .mirror = gone}};
    EXPECT_EQ(check().lacks.size(), 1U) << "with mirrors alone, one has to be there";
    config.links.push_back({.name = "tap2", .outside = {}, .inside = {}, .mirror = there});
    EXPECT_TRUE(check().lacks.empty());
}

TEST_F(MachineCheck, SeesThatSysfsIsOfAnotherNetworkNamespace) {
    write("sys/class/net/elsewhere/ifindex", "7\n");
    config.inside = parse_port("dev:elsewhere").value();
    const auto report = check();
    ASSERT_EQ(report.lacks.size(), 1U);
    EXPECT_TRUE(report.lacks[0].sentence.contains("another network namespace")) << report.lacks[0].sentence;
}

TEST_F(MachineCheck, ARunningSwitchsMemoryIsNoLack) {
    write("sys/class/net/lo/ifindex", "1\n");
    config.inside = parse_port("dev:lo").value();
    const auto running = FileLock::take(root.path() / "sys/class/net/lo");
    ASSERT_TRUE(running);
    const auto report = check(1'000);
    EXPECT_TRUE(report.lacks.empty());
    EXPECT_EQ(report.notes, std::vector{"port dev:lo is in use by " + process_text(getpid())});
    expect_lack(
        "the capacities need at least 1025 MB of huge pages, and of 1024 MB 200 MB are free: reserve 1025 MB "
        "in all "
        "(tools/setup-hugepages --megabytes 1025), or lower them ([capacity] session_capacity and its like)",
        true, 1025);
}

TEST_F(MachineCheck, NamesDriversAndFoldersThatAreNotThere) {
    config.drivers = {"/nonexistent/x.so"};
    expect_lack("driver '/nonexistent/x.so': there is no such file", true);
    config.drivers = {"librte_net_ring.so"};
    config.control_socket = "/nonexistent/folder/s";
    expect_lack(
        "control_socket '/nonexistent/folder/s': there is no folder '/nonexistent/folder'; make it, or name "
        "another",
        true);
    config.control_socket = "/run/honeyswitch-is-not-there/s";
    EXPECT_TRUE(check().lacks.empty()) << "it is made";
    EXPECT_FALSE(fs::exists("/run/honeyswitch-is-not-there")) << "but not by a check";
}

TEST_F(MachineCheck, KnowsTheGroupsOfOperators) {
    config.control_group = "root";
    EXPECT_TRUE(check().lacks.empty());
    for (auto* const group : {&config.control_group, &config.read_group}) {
        *group = "no-such-group";
        const auto report = check();
        ASSERT_EQ(report.lacks.size(), 1U);
        EXPECT_TRUE(report.lacks[0].sentence.contains("no-such-group")) << report.lacks[0].sentence;
        EXPECT_TRUE(report.lacks[0].lasting);
        group->clear();
    }
}

TEST_F(MachineCheck, NotesAnAddressThatIsStillToCome) {
    config.listen_address = "127.0.0.1";
    EXPECT_TRUE(check().notes.empty());
    config.listen_address = "192.0.2.1";
    const auto report = check();
    EXPECT_TRUE(report.lacks.empty());
    EXPECT_EQ(report.notes,
              std::vector<std::string>{"listen_address 192.0.2.1 is no address of this machine yet; "
                                       "agents cannot reach it until it is"});
}

}  // namespace
}  // namespace honeyswitch::control
